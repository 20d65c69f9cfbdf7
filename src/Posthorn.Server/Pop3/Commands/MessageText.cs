using System.Buffers;
using Posthorn.Core.Bodies;

namespace Posthorn.Server.Pop3.Commands;

/// <summary>Sends a message, or its top, as a multi-line answer (RFC 1939 §3).</summary>
internal static class MessageText
{
    private const int PieceBytes = 32 * 1024;

    public static async ValueTask<Pop3Reply> SendAsync(Pop3Session session, int number, int? bodyLines, CancellationToken cancel)
    {
        if (session.Maildrop!.Find(number) is not { } message)
        {
            return Pop3Reply.Error("There is no such message");
        }

        await using MessageContent? content = await session.Maildrop.OpenAsync(number, cancel);
        if (content is null)
        {
            return Pop3Reply.Error("SYS/TEMP", "The message was removed meanwhile");
        }

        Pop3Reply.Ok(FormattableString.Invariant($"{message.SizeBytes} octets")).WriteTo(session.Connection.Output);
        var lines = new DottedLines(session.Connection.Output, bodyLines);
        if (content.TryGetMemory(out ReadOnlyMemory<byte> prefix, out ReadOnlyMemory<byte> body))
        {
            lines.Write(prefix.Span);
            lines.Write(body.Span);
        }
        else
        {
            await StreamAsync(session, content, lines, cancel);
        }

        lines.End();
        return Pop3Reply.Written;
    }

    private static async ValueTask StreamAsync(Pop3Session session, MessageContent content, DottedLines lines, CancellationToken cancel)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            await using Stream octets = content.OpenRead();
            for (int length; !lines.IsDone && (length = await octets.ReadAsync(piece, cancel)) > 0;)
            {
                lines.Write(piece.AsSpan(0, length));
                await session.Connection.Output.FlushAsync(cancel);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
