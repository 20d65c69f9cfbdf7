using Posthorn.Core;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Commands;

/// <summary>DELETE: removes a mailbox with its messages.</summary>
/// <remarks>RFC 9051 §6.3.5: refused while mailboxes are inside it.</remarks>
internal sealed record Delete(string Mailbox) : IImapCommand<Delete>
{
    // delete = "DELETE" SP mailbox     RFC 9051 §9
    public static Delete Parse(ref ImapReader reader)
    {
        reader.Space();
        return new Delete(reader.Mailbox());
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        Result<Done> done = await session.Services.Mailboxes.DeleteAsync(session.Actor!, session.Account!.Id, Mailbox, cancel);
        if (!done.TryGet(out _, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        if (session.Selected is { } selected && selected.View.Mailbox.Name == MailboxName.Normalize(Mailbox)
            && !(await session.Services.Mailboxes.GetAsync(session.Actor!, session.Account!.Id, selected.Id, cancel)).IsOk)
        {
            // Other sessions that have it open are told BYE; this one knows.
            session.CloseMailbox();
            session.Writer.Status("OK"u8, ResponseCode.Closed, "The selected mailbox was deleted");
        }

        return ImapResult.Completed;
    }
}
