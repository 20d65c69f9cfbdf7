namespace Posthorn.Server.Imap.Commands;

/// <summary>UNAUTHENTICATE: the connection goes back to before the login, for another account to come.</summary>
/// <remarks>RFC 8437 §2: what ENABLE turned on is off again, the mailbox is closed and nothing of it expunged; TLS stays.</remarks>
internal sealed record Unauthenticate : IImapCommand<Unauthenticate>
{
    private static readonly Unauthenticate Instance = new();

    public static Unauthenticate Parse(ref ImapReader reader) => Instance;

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (session.Connection.IsCompressed)
        {
            // Deviates from RFC 8437 §2: compression would have to end with the login. Where the client's stream ends cannot be told before what follows was read as compressed.
            return ValueTask.FromResult(ImapResult.No(ResponseCode.Cannot, "Not while COMPRESS is on; make a new connection"));
        }

        session.LogOut();
        return ValueTask.FromResult(ImapResult.Completed);
    }
}
