using Posthorn.Server.Connections;

namespace Posthorn.Server.Imap.Commands;

/// <summary>LOGOUT.</summary>
/// <remarks>RFC 9051 §6.1.3. Messages marked \Deleted stay: only CLOSE and EXPUNGE remove them.</remarks>
internal sealed record Logout : IImapCommand<Logout>
{
    private static readonly Logout Instance = new();

    public static Logout Parse(ref ImapReader reader) => Instance;

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        session.CloseMailbox();
        session.Writer.Status("BYE"u8, default, "Goodbye");
        session.End = EndReason.Quit;
        return new(ImapResult.Completed);
    }
}
