using System.Buffers;

namespace Posthorn.Server.Connections;

/// <summary>What a line feed without a carriage return means in a protocol's command lines.</summary>
public enum BareLineFeed
{
    /// <summary>A syntax error, never the end of a line: the line goes on to its CRLF. RFC 5321 §2.3.8.</summary>
    IsAnError,

    /// <summary>The end of the line, as CRLF is.</summary>
    EndsLine,
}

public enum LineStatus
{
    /// <summary>A whole line; its text comes without the line end.</summary>
    Line,

    /// <summary>Longer than the limit; the rest of it is skipped by the next read.</summary>
    TooLong,

    /// <summary>A bare CR or LF in it (only with <see cref="BareLineFeed.IsAnError"/>); the whole line is dropped, up to its CRLF.</summary>
    BareEnding,

    /// <summary>The line was not complete in time.</summary>
    TimedOut,

    /// <summary>The client closed, or the connection broke; what was left without a line end is dropped.</summary>
    Closed,

    /// <summary>The session was asked to end (<see cref="MailConnection.RequestEnd"/>); lines not yet read stay unread.</summary>
    Stopping,
}

/// <param name="Status">What was read.</param>
/// <param name="Line">The line without its end; empty unless Status is Line. Valid up to the next read from the connection.</param>
public readonly record struct LineRead(LineStatus Status, ReadOnlySequence<byte> Line);

/// <summary>Reads command lines, one at a time.</summary>
/// <remarks>
/// At most the limit is ever buffered, however long the line is. The time runs from the call to the end of the line, so a client that
/// sends a byte now and then does not last longer than a silent one. No allocation for a line that is complete when it is asked for.
/// The text of the line is consumed at the next read, by whichever reader of this input makes it. Skipping is bounded too: after
/// <see cref="SkipLimit"/> octets more of a line that was too long, it is reported too long again.
/// </remarks>
/// <param name="input">The connection's input.</param>
/// <param name="bareLineFeed">Whether LF alone ends a line.</param>
public sealed class LineReader(ConnectionInput input, BareLineFeed bareLineFeed)
{
    /// <summary>Octets of an over-long line that one read skips.</summary>
    public const int SkipLimit = 64 * 1024;

    private bool _skipping;

    /// <summary>The rest of a line that was reported is still to be skipped: the line end that comes next ends no command.</summary>
    public bool IsSkipping => _skipping;

    /// <summary>Reads the next line.</summary>
    /// <param name="maxLength">Octets allowed, line end included.</param>
    /// <param name="timeout">For the whole line.</param>
    /// <param name="cancel">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    public async ValueTask<LineRead> ReadAsync(int maxLength, TimeSpan timeout, CancellationToken cancel)
    {
        var started = input.Time.GetTimestamp();
        long scanned = 0, skipped = 0;
        while (true)
        {
            if (input.IsStopping)
            {
                return new(LineStatus.Stopping, default);
            }
            var left = scanned + skipped == 0 ? timeout : Left(timeout, started);
            var read = await input.ReadAsync(left, cancel);
            var buffer = read.Buffer;
            if (Find(buffer, scanned) is { } end)
            {
                if (!_skipping)
                {
                    return Complete(buffer, end, maxLength);
                }
                _skipping = false;
                scanned = 0;
                input.AdvanceTo(end);
                continue;
            }
            if (read.IsCanceled || read.IsCompleted)
            {
                input.AdvanceTo(buffer.Start, buffer.End);
                return new(read.IsCanceled ? LineStatus.TimedOut : LineStatus.Closed, default);
            }
            if (_skipping)
            {
                skipped += Drop(buffer);
                if (skipped > SkipLimit)
                {
                    return new(LineStatus.TooLong, default);
                }
                continue;
            }
            if (buffer.Length >= maxLength)
            {
                Drop(buffer);
                _skipping = true;
                return new(LineStatus.TooLong, default);
            }
            if (bareLineFeed == BareLineFeed.IsAnError && buffer.Slice(scanned).PositionOf((byte)'\n') is not null)
            {
                // Told at once: a client that ends its lines so would wait for ever for its answer.
                Drop(buffer);
                _skipping = true;
                return new(LineStatus.BareEnding, default);
            }
            scanned = buffer.Length;
            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private LineRead Complete(ReadOnlySequence<byte> buffer, SequencePosition end, int maxLength)
    {
        input.ConsumeAtNextRead(end);
        var line = buffer.Slice(0, end);
        if (line.Length > maxLength)
        {
            return new(LineStatus.TooLong, default);
        }
        line = line.Slice(0, line.Length - 1);
        if (EndsWithCr(line))
        {
            line = line.Slice(0, line.Length - 1);
        }
        return bareLineFeed == BareLineFeed.IsAnError && HasCrOrLf(line)
            ? new(LineStatus.BareEnding, default)
            : new(LineStatus.Line, line);
    }

    /// <summary>Where the first line ends, behind its LF; null when it is not complete. Octets before <paramref name="scanned"/> hold no end.</summary>
    private SequencePosition? Find(ReadOnlySequence<byte> buffer, long scanned)
    {
        // One back: a CR may have been the last octet seen.
        var from = Math.Max(0, scanned - 1);
        if (buffer.Length <= from)
        {
            return null;
        }
        var rest = buffer.Slice(from);
        if (bareLineFeed == BareLineFeed.EndsLine)
        {
            return rest.PositionOf((byte)'\n') is { } feed ? buffer.GetPosition(1, feed) : null;
        }
        var reader = new SequenceReader<byte>(rest);
        return reader.TryReadTo(out ReadOnlySequence<byte> _, "\r\n"u8) ? reader.Position : null;
    }

    // A CR at the very end stays: its LF may be the next octet.
    private long Drop(ReadOnlySequence<byte> buffer)
    {
        var dropped = buffer.Length - (EndsWithCr(buffer) ? 1 : 0);
        input.AdvanceTo(buffer.GetPosition(dropped), buffer.End);
        return dropped;
    }

    private static bool EndsWithCr(ReadOnlySequence<byte> text) =>
        !text.IsEmpty && text.Slice(text.Length - 1).FirstSpan[0] == (byte)'\r';

    private static bool HasCrOrLf(ReadOnlySequence<byte> line)
    {
        foreach (var segment in line)
        {
            if (segment.Span.ContainsAny((byte)'\r', (byte)'\n'))
            {
                return true;
            }
        }
        return false;
    }

    private TimeSpan Left(TimeSpan timeout, long started)
    {
        var left = timeout - input.Time.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
