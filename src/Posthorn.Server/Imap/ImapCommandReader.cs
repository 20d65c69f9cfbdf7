using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Posthorn.Core.Bodies;
using Posthorn.Server.Connections;
using Posthorn.Server.Imap.Appending;

namespace Posthorn.Server.Imap;

internal enum ImapFrameStatus
{
    /// <summary>A whole command, or a whole line where a line was asked for.</summary>
    Command,

    /// <summary>More octets than a command may have. What follows can no longer be told apart: the connection has to end.</summary>
    TooLong,

    TimedOut,
    Closed,
    Stopping,

    /// <summary>Nothing came; somebody called <see cref="ConnectionInput.Wake"/>.</summary>
    Woken,
}

/// <param name="Status">What was read.</param>
/// <param name="Bytes">Without the last line end, literals in place. Valid up to the next read.</param>
/// <param name="Message">APPEND's message literal: it was announced, and is still to be read or refused.</param>
internal readonly record struct ImapFrame(ImapFrameStatus Status, ReadOnlySequence<byte> Bytes = default, LiteralHeader? Message = null);

/// <summary>Cuts what the client sends into commands, their literals included. The one place that moves through the connection's input.</summary>
/// <remarks>
/// Sizes are checked before anything is buffered: a synchronizing literal gets its "+" only when it may come. The message of APPEND is no part
/// of a command; it is read by <see cref="ReadLiteralAsync"/> in pieces, after login. Before any wait the responses are flushed, so commands that came
/// together are answered together.
/// </remarks>
internal sealed class ImapCommandReader(ConnectionInput input, ImapResponseWriter writer, ImapLimits limits, TimeProvider time)
{
    // A message literal was announced and nothing of it was read: even one of no octets has the end of its line still to come.
    private bool _isAnnounced;

    /// <summary>Octets of the announced message literal that are not read yet.</summary>
    public long LiteralLeft { get; private set; }

    /// <summary>Reads the next command. No allocation for one that is here already.</summary>
    /// <param name="maxBytes">Octets of it that are ever buffered.</param>
    /// <param name="timeout">For the whole command.</param>
    /// <param name="cancel">Ends the wait.</param>
    public ValueTask<ImapFrame> ReadAsync(int maxBytes, TimeSpan timeout, CancellationToken cancel) =>
        ReadAsync(maxBytes, timeout, isBegun: false, isWakeable: false, streams: true, cancel);

    /// <summary>The same with all of its literals, that of APPEND like any other: before login nothing is taken that is not buffered, and timed, with its command.</summary>
    public ValueTask<ImapFrame> ReadWholeAsync(int maxBytes, TimeSpan timeout, CancellationToken cancel) =>
        ReadAsync(maxBytes, timeout, isBegun: false, isWakeable: false, streams: false, cancel);

    /// <summary>As <see cref="ReadAsync(int, TimeSpan, CancellationToken)"/>; while nothing of a command is here, <see cref="ConnectionInput.Wake"/> ends the wait.</summary>
    public ValueTask<ImapFrame> ReadOrWakeAsync(int maxBytes, TimeSpan timeout, CancellationToken cancel) =>
        ReadAsync(maxBytes, timeout, isBegun: false, isWakeable: true, streams: true, cancel);

    /// <summary>Reads what follows a literal of APPEND that was streamed: to the next one, or to the end of the command.</summary>
    public ValueTask<ImapFrame> ReadContinuationAsync(CancellationToken cancel) =>
        ReadAsync(limits.MaxCommandBytes, limits.LiteralTimeout, isBegun: true, isWakeable: false, streams: true, cancel);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ImapFrame> ReadAsync(int maxBytes, TimeSpan timeout, bool isBegun, bool isWakeable, bool streams, CancellationToken cancel)
    {
        long started = time.GetTimestamp();
        long line = 0, scanned = 0;
        while (true)
        {
            if (input.IsStopping)
            {
                return new(ImapFrameStatus.Stopping);
            }

            ReadResult read = await FillAsync(scanned == 0 ? timeout : Left(timeout, started), cancel);
            while (TryFindLine(read.Buffer, line, scanned, out SequencePosition end, out ReadOnlySequence<byte> text))
            {
                ReadOnlySequence<byte> command = read.Buffer.Slice(0, text.End);
                bool announces = LiteralHeader.TryFind(text, out LiteralHeader literal);
                bool isMessage = announces && streams && (isBegun ? AppendGrammar.StreamsNext(command) : AppendGrammar.Streams(command));
                long before = read.Buffer.Slice(0, end).Length;
                if (before > maxBytes || (announces && !isMessage && literal.Length > maxBytes - before))
                {
                    return TooLong(read.Buffer);
                }

                if (!announces || isMessage)
                {
                    input.ConsumeAtNextRead(end);
                    (LiteralLeft, _isAnnounced) = isMessage ? (literal.Length, true) : (0, false);
                    return new(ImapFrameStatus.Command, command, isMessage ? literal : null);
                }

                if (literal.IsSynchronizing)
                {
                    writer.Continue("OK"u8);
                }

                line = scanned = before + literal.Length;
            }

            if (Ended(read, maxBytes) is { } ended)
            {
                return ended;
            }

            bool isWoken = isWakeable && read.Buffer.IsEmpty;
            scanned = Math.Max(scanned, read.Buffer.Length);
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (isWoken)
            {
                return new(ImapFrameStatus.Woken);
            }
        }
    }

    /// <summary>Reads one line: DONE of IDLE, an answer in AUTHENTICATE, the end of APPEND.</summary>
    public async ValueTask<ImapFrame> ReadLineAsync(int maxBytes, TimeSpan timeout, CancellationToken cancel)
    {
        long started = time.GetTimestamp();
        long scanned = 0;
        while (true)
        {
            if (input.IsStopping)
            {
                return new(ImapFrameStatus.Stopping);
            }

            ReadResult read = await FillAsync(Left(timeout, started), cancel);
            if (TryFindLine(read.Buffer, 0, scanned, out SequencePosition end, out ReadOnlySequence<byte> text))
            {
                input.ConsumeAtNextRead(end);
                return new(ImapFrameStatus.Command, text);
            }

            if (Ended(read, maxBytes) is { } ended)
            {
                return ended;
            }

            bool isWoken = read.Buffer.Length == scanned;
            scanned = read.Buffer.Length;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (isWoken)
            {
                return new(ImapFrameStatus.Woken);
            }
        }
    }

    /// <summary>Reads the rest of the announced message literal, into a message or into nothing.</summary>
    /// <returns>Command: all of it came.</returns>
    public async ValueTask<ImapFrameStatus> ReadLiteralAsync(MessageWriter? into, CancellationToken cancel)
    {
        _isAnnounced = false;
        while (LiteralLeft > 0)
        {
            ReadResult read = await FillAsync(limits.LiteralTimeout, cancel);
            ReadOnlySequence<byte> part = read.Buffer.Slice(0, Math.Min(LiteralLeft, read.Buffer.Length));
            try
            {
                LiteralLeft -= part.Length;
                foreach (ReadOnlyMemory<byte> segment in part)
                {
                    await (into?.WriteAsync(segment, cancel) ?? ValueTask.CompletedTask);
                }
            }
            finally
            {
                input.AdvanceTo(part.End);
            }

            if (LiteralLeft > 0 && (read.IsCanceled || read.IsCompleted))
            {
                return read.IsCanceled ? ImapFrameStatus.TimedOut : ImapFrameStatus.Closed;
            }
        }

        return ImapFrameStatus.Command;
    }

    /// <summary>
    /// Goes past a message literal that its command refused: a client that waits for "+" will not send it; one that did not wait has sent it already.
    /// </summary>
    /// <returns>Command: the next command can be read.</returns>
    public async ValueTask<ImapFrameStatus> SkipLiteralAsync(LiteralHeader literal, CancellationToken cancel)
    {
        if (literal.IsSynchronizing || !_isAnnounced)
        {
            (LiteralLeft, _isAnnounced) = (0, false);
            return ImapFrameStatus.Command;
        }

        if (LiteralLeft > limits.MaxDiscardBytes)
        {
            return ImapFrameStatus.TooLong;
        }

        ImapFrameStatus status = await ReadLiteralAsync(null, cancel);
        return status == ImapFrameStatus.Command ? (await ReadEndAsync(cancel)).Status : status;
    }

    /// <summary>The line behind a message literal: empty at the end of the command.</summary>
    public async ValueTask<ImapFrame> ReadAfterLiteralAsync(CancellationToken cancel)
    {
        while (true)
        {
            ImapFrame line = await ReadLineAsync(limits.MaxCommandBytes, limits.LiteralTimeout, cancel);
            if (line.Status != ImapFrameStatus.Woken)
            {
                return line;
            }
        }
    }

    /// <summary>Goes past what follows a message literal. More than the end of the line is an error, and is gone past with the literals it announces.</summary>
    public async ValueTask<(ImapFrameStatus Status, bool IsEmpty)> ReadEndAsync(CancellationToken cancel)
    {
        ImapFrame line = await ReadAfterLiteralAsync(cancel);
        return line.Status != ImapFrameStatus.Command ? (line.Status, false) : (await SkipRestAsync(line, cancel), line.Bytes.IsEmpty);
    }

    /// <summary>Goes past the literals that a line behind a message literal announces, and the lines behind those.</summary>
    /// <returns>Command: the next command can be read.</returns>
    public async ValueTask<ImapFrameStatus> SkipRestAsync(ImapFrame line, CancellationToken cancel)
    {
        while (line.Status == ImapFrameStatus.Command && LiteralHeader.TryFind(line.Bytes, out LiteralHeader more) && !more.IsSynchronizing)
        {
            LiteralLeft = more.Length;
            ImapFrameStatus status = LiteralLeft > limits.MaxDiscardBytes ? ImapFrameStatus.TooLong : await ReadLiteralAsync(null, cancel);
            if (status != ImapFrameStatus.Command)
            {
                return status;
            }

            line = await ReadAfterLiteralAsync(cancel);
        }

        (LiteralLeft, _isAnnounced) = (0, false);
        return line.Status;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> FillAsync(TimeSpan timeout, CancellationToken cancel)
    {
        ValueTask<ReadResult> read = input.ReadAsync(timeout, cancel);
        if (!read.IsCompleted)
        {
            await writer.FlushAsync(cancel);
        }

        return await read;
    }

    /// <summary>The line that begins at <paramref name="line"/>; octets before <paramref name="scanned"/> hold no line end.</summary>
    private static bool TryFindLine(
        in ReadOnlySequence<byte> buffer, long line, long scanned, out SequencePosition end, out ReadOnlySequence<byte> text)
    {
        (end, text) = (default, default);
        if (buffer.Length <= scanned || buffer.Slice(scanned).PositionOf((byte)'\n') is not { } feed)
        {
            return false;
        }

        end = buffer.GetPosition(1, feed);
        text = buffer.Slice(buffer.GetPosition(line), feed);
        if (!text.IsEmpty && text.Slice(text.Length - 1).FirstSpan[0] == (byte)'\r')
        {
            text = text.Slice(0, text.Length - 1);
        }

        return true;
    }

    private ImapFrame? Ended(in ReadResult read, int maxBytes)
    {
        if (read.IsCanceled || read.IsCompleted)
        {
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            return new(read.IsCanceled ? ImapFrameStatus.TimedOut : ImapFrameStatus.Closed);
        }

        return read.Buffer.Length > maxBytes ? TooLong(read.Buffer) : null;
    }

    private ImapFrame TooLong(in ReadOnlySequence<byte> buffer)
    {
        input.AdvanceTo(buffer.End);
        return new(ImapFrameStatus.TooLong);
    }

    private TimeSpan Left(TimeSpan timeout, long started)
    {
        TimeSpan left = timeout - time.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
