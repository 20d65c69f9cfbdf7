using Posthorn.Core;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Commands;

/// <summary>RENAME: gives a mailbox, and all inside it, another name; INBOX gives its messages away and stays.</summary>
/// <remarks>RFC 9051 §6.3.6.</remarks>
internal sealed record Rename(string From, string To) : IImapCommand<Rename>
{
    // rename = "RENAME" SP mailbox SP mailbox     RFC 9051 §9
    public static Rename Parse(ref ImapReader reader)
    {
        reader.Space();
        string from = reader.Mailbox();
        reader.Space();
        return new Rename(from, reader.Mailbox());
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        Mailboxes mailboxes = session.Services.Mailboxes;
        if (!(await mailboxes.PlaceAsync(session.Actor!, From, cancel)).TryGet(out MailboxPlace? from, out Refusal? absent)
            || !(await mailboxes.PlaceAsync(session.Actor!, To, cancel)).TryGet(out MailboxPlace? to, out absent))
        {
            return ResponseCode.Refuse(absent, ResponseCode.Nonexistent);
        }

        if (from.Account != to.Account)
        {
            return ImapResult.No(ResponseCode.Cannot, "A mailbox stays in its account; its messages can be moved");
        }

        Result<Mailbox> renamed = await mailboxes.RenameAsync(session.Actor!, from.Account, from.Name, to.Name, cancel);
        if (renamed.Refusal is { } refusal)
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        session.Notifications?.Watch?.Own.Renamed(From, To);
        return ImapResult.Completed;
    }
}
