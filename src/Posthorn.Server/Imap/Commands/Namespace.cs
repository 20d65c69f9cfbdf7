namespace Posthorn.Server.Imap.Commands;

/// <summary>NAMESPACE: one's own mailboxes have no prefix; there are no others.</summary>
/// <remarks>RFC 9051 §6.3.10, RFC 2342 §5.</remarks>
internal sealed record Namespace : IImapCommand<Namespace>
{
    private static readonly Namespace Instance = new();

    // namespace-command = "NAMESPACE"     RFC 9051 §9
    public static Namespace Parse(ref ImapReader reader) => Instance;

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        session.Writer.Line("* NAMESPACE ((\"\" \"/\")) NIL NIL"u8);
        return new(ImapResult.Completed);
    }
}
