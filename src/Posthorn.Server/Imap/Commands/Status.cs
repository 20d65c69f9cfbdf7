using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Commands;

/// <summary>STATUS: counters of a mailbox without opening it.</summary>
/// <remarks>RFC 9051 §6.3.11; HIGHESTMODSEQ: RFC 7162 §3.1.7.</remarks>
internal sealed record Status(string Mailbox, StatusItems Items) : IImapCommand<Status>
{
    // status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"     RFC 9051 §9
    public static Status Parse(ref ImapReader reader)
    {
        reader.Space();
        string mailbox = reader.Mailbox();
        reader.Space();
        return new Status(mailbox, StatusResponse.ReadItems(ref reader));
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        Result<Mailbox> found = await session.Services.Mailboxes.ResolveAsync(session.Actor!, Mailbox, cancel);
        if (!found.TryGet(out Mailbox? mailbox, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        if (Items.HasFlag(StatusItems.HighestModSeq))
        {
            session.EnableCondStore();
        }

        return await StatusResponse.WriteAsync(session, mailbox, Items, cancel) is { } denied
            ? ResponseCode.Refuse(denied, ResponseCode.Nonexistent)
            : ImapResult.Completed;
    }
}
