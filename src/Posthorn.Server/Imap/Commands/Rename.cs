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
        Result<Mailbox> renamed = await session.Services.Mailboxes.RenameAsync(session.Actor!, session.Account!.Id, From, To, cancel);
        return renamed.TryGet(out _, out Refusal? refusal) ? ImapResult.Completed : ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
    }
}
