using System.Buffers;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Server.Connections;

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

        if (content.Length != message.SizeBytes)
        {
            // A client that takes a part for the whole deletes the whole.
            throw new StoreUnavailableException($"A message has {content.Length} octets, its row says {message.SizeBytes}.", isFull: false);
        }

        session.IsSendingMessage = true;
        Pop3Reply.Ok(FormattableString.Invariant($"{message.SizeBytes} octets")).WriteTo(session.Connection.Output);
        var lines = new DottedLines(session.Connection.Output, bodyLines);
        if (content.TryGetMemory(out ReadOnlyMemory<byte> prefix, out ReadOnlyMemory<byte> body))
        {
            lines.Write(prefix.Span);
            lines.Write(body.Span);
        }
        else if (!await StreamAsync(session, content, lines, cancel))
        {
            return new Pop3Reply(null, EndReason.ClientClosed);
        }

        lines.End();
        session.IsSendingMessage = false;
        return Pop3Reply.Written;
    }

    /// <summary>As the client takes it. False: it is gone.</summary>
    private static async ValueTask<bool> StreamAsync(Pop3Session session, MessageContent content, DottedLines lines, CancellationToken cancel)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            await using Stream octets = content.OpenRead();
            for (long left = content.Length; left > 0 && !lines.IsDone;)
            {
                int length = await octets.ReadAsync(piece, cancel);
                left -= length > 0 ? length : throw new EndOfStreamException("A body became shorter while it was sent.");
                lines.Write(piece.AsSpan(0, length));
                if ((await session.Connection.Output.FlushAsync(cancel)).IsCompleted)
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
