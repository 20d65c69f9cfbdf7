namespace Posthorn.Server.Imap.Commands;

/// <summary>UNSELECT: closes the mailbox and removes nothing.</summary>
/// <remarks>RFC 9051 §6.4.2.</remarks>
internal sealed record Unselect : IImapCommand<Unselect>
{
    private static readonly Unselect Instance = new();

    public static Unselect Parse(ref ImapReader reader) => Instance;

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        session.CloseMailbox();
        return new(ImapResult.Completed);
    }
}
