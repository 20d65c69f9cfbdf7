namespace Posthorn.Server.Imap.Commands;

/// <summary>UNSUBSCRIBE: forgets a name; one that was not subscribed is forgotten already.</summary>
/// <remarks>RFC 9051 §6.3.8.</remarks>
internal sealed record Unsubscribe(string Mailbox) : IImapCommand<Unsubscribe>
{
    // unsubscribe = "UNSUBSCRIBE" SP mailbox     RFC 9051 §9
    public static Unsubscribe Parse(ref ImapReader reader)
    {
        reader.Space();
        return new Unsubscribe(reader.Mailbox());
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel) =>
        Subscribe.ChangeAsync(session, Mailbox, subscribed: false, cancel);
}
