namespace Posthorn.Server.Imap.Commands;

/// <summary>NOOP: the loop tells what changed, there is nothing else to do.</summary>
/// <remarks>RFC 9051 §6.1.2.</remarks>
internal sealed record Noop : IImapCommand<Noop>
{
    private static readonly Noop Instance = new();

    // command-any = "CAPABILITY" / "LOGOUT" / "NOOP"     RFC 9051 §9
    public static Noop Parse(ref ImapReader reader) => Instance;

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel) => new(ImapResult.Completed);
}
