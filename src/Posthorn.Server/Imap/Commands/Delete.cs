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
        if (!(await session.Services.Mailboxes.PlaceAsync(session.Actor!, Mailbox, cancel)).TryGet(out MailboxPlace? place, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        Result<Done> done = await session.Services.Mailboxes.DeleteAsync(session.Actor!, place.Account, place.Name, cancel);
        if (!done.TryGet(out _, out refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        session.Notifications?.Watch?.Own.Deleted(Mailbox);
        if (session.Selected is { } selected && selected.Account == place.Account && selected.View.Mailbox.Name == place.Name
            && !(await session.Services.Mailboxes.GetAsync(session.Actor!, selected.Account, selected.Id, cancel)).IsOk)
        {
            // Other sessions that have it open are told BYE; this one knows.
            session.CloseMailbox();
            session.Writer.Status("OK"u8, ResponseCode.Closed, "The selected mailbox was deleted");
        }

        return ImapResult.Completed;
    }
}
