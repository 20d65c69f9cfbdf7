namespace Posthorn.Server.Imap.Commands;

/// <summary>CHECK: everything is on disk already, so it is NOOP in a selected mailbox.</summary>
/// <remarks>RFC 3501 §6.4.1; gone from RFC 9051 (appendix E).</remarks>
internal sealed record Check : IImapCommand<Check>
{
    private static readonly Check Instance = new();

    public static Check Parse(ref ImapReader reader) => Instance;

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel) => new(ImapResult.Completed);
}
