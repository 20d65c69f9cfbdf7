using Posthorn.Core;

namespace Posthorn.Server.Imap.Commands;

/// <summary>SUBSCRIBE: remembers a name, whether or not there is such a mailbox.</summary>
/// <remarks>RFC 9051 §6.3.7.</remarks>
internal sealed record Subscribe(string Mailbox) : IImapCommand<Subscribe>
{
    // subscribe = "SUBSCRIBE" SP mailbox     RFC 9051 §9
    public static Subscribe Parse(ref ImapReader reader)
    {
        reader.Space();
        return new Subscribe(reader.Mailbox());
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel) => ChangeAsync(session, Mailbox, subscribed: true, cancel);

    public static async ValueTask<ImapResult> ChangeAsync(ImapSession session, string mailbox, bool subscribed, CancellationToken cancel)
    {
        Result<Done> done = await session.Services.Mailboxes.SubscribeAsync(session.Actor!, session.Account!.Id, mailbox, subscribed, cancel);
        if (done.Refusal is { } refusal)
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        session.Notifications?.Watch?.Own.Subscribed(mailbox, subscribed);
        return ImapResult.Completed;
    }
}
