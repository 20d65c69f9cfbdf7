using Posthorn.Standards;

namespace Posthorn.Server.Imap.Commands;

/// <summary>IDLE: tells changes as they are committed, until the client says DONE.</summary>
/// <remarks>
/// RFC 9051 §6.3.13, RFC 2177. Waits in one read: what the account's feed signals wakes that read. Nothing polls; while it waits, the session holds no
/// buffer and one timer.
/// </remarks>
internal sealed record Idle : IImapCommand<Idle>
{
    private const int MaxDoneBytes = 256;

    private static readonly Idle Instance = new();

    // idle = "IDLE" CRLF "DONE"     RFC 9051 §9
    public static Idle Parse(ref ImapReader reader) => Instance;

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        TimeProvider time = session.Services.Time;
        long started = time.GetTimestamp();
        session.Writer.Continue("idling"u8);
        while (true)
        {
            if (session.HearsChanges)
            {
                // Armed before it looks: a commit in between wakes the read.
                session.WakeOnChange();
                await session.TellUpdatesAsync(expunges: true, cancel);
            }

            if (session.End is not null)
            {
                return ImapResult.Replied;
            }

            ImapFrame frame = await session.Commands.ReadLineAsync(MaxDoneBytes, session.Timeout - time.GetElapsedTime(started), cancel);
            if (frame.Status == ImapFrameStatus.Command)
            {
                return IsDone(frame) ? ImapResult.Completed : ImapResult.Bad("IDLE ends with DONE");
            }

            if (frame.Status != ImapFrameStatus.Woken)
            {
                return session.Leave(frame.Status);
            }
        }
    }

    private static bool IsDone(in ImapFrame frame)
    {
        Span<byte> line = stackalloc byte[4];
        if (frame.Bytes.Length != line.Length)
        {
            return false;
        }

        System.Buffers.BuffersExtensions.CopyTo(frame.Bytes, line);
        return Ascii.EqualsIgnoreCase(line, "DONE"u8);
    }
}
