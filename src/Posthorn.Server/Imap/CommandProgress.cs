using System.Text;

namespace Posthorn.Server.Imap;

/// <summary>Tells a client that waits long how far its command has come.</summary>
/// <remarks>RFC 9585 §4. To be called where no response is half written.</remarks>
internal sealed class CommandProgress(ImapSession session)
{
    /// <summary>Between two of them, and before the first: seldom enough to cost nothing, often enough that nobody gives the connection up.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private long _told;

    /// <summary>A command begins.</summary>
    public void Begin(long now) => _told = now;

    /// <summary>Says it where it is time to.</summary>
    /// <param name="done">Less than <paramref name="goal"/>.</param>
    /// <param name="goal">How many there are.</param>
    /// <param name="cancel">Ends the sending.</param>
    public ValueTask TellAsync(int done, int goal, CancellationToken cancel) =>
        session.Services.Time.GetElapsedTime(_told) < Interval ? ValueTask.CompletedTask : WriteAsync(done, goal, cancel);

    // resp-text-code =/ "INPROGRESS" [SP "(" inprogress-tag SP inprogress-state ")"]     RFC 9585 §5
    private async ValueTask WriteAsync(int done, int goal, CancellationToken cancel)
    {
        _told = session.Services.Time.GetTimestamp();
        string tag = Encoding.ASCII.GetString(session.Tag);
        // "]" in a response code would end it for many a client.
        string quoted = tag.Contains(']', StringComparison.Ordinal) ? "NIL" : $"\"{tag}\"";
        session.Writer.Status("OK"u8, new ResponseCode(FormattableString.Invariant($"INPROGRESS ({quoted} {done} {goal})")), FormattableString.Invariant($"{done} of {goal} messages"));
        await session.Writer.FlushAsync(cancel);
    }
}
