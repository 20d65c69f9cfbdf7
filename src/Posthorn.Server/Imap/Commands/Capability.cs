namespace Posthorn.Server.Imap.Commands;

/// <summary>CAPABILITY: what this server can do for this session now.</summary>
/// <remarks>RFC 9051 §6.1.1. The list is in <see cref="ImapCapabilities"/>.</remarks>
internal sealed record Capability : IImapCommand<Capability>
{
    private static readonly Capability Instance = new();

    public static Capability Parse(ref ImapReader reader) => Instance;

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        session.Writer.Write("* CAPABILITY "u8);
        session.Writer.Line(ImapCapabilities.Of(session));
        return new(ImapResult.Completed);
    }
}
