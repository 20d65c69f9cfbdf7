using System.IO.Pipelines;
using Posthorn.Standards.Mime;

namespace Posthorn.Core.Bodies;

/// <summary>The octets of a stored message: prefix, then body. Small ones are in memory, large ones are read from where they lie.</summary>
public sealed class MessageContent : IAsyncDisposable
{
    private const int CopyBytes = 64 * 1024;

    private readonly byte[] _prefix;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly Stream? _stream;

    internal MessageContent(byte[] prefix, ReadOnlyMemory<byte> body) => (_prefix, _memory, Length) = (prefix, body, prefix.Length + (long)body.Length);

    internal MessageContent(byte[] prefix, Stream body) => (_prefix, _stream, Length) = (prefix, body, prefix.Length + body.Length);

    /// <summary>Octets in all.</summary>
    public long Length { get; }

    /// <summary>Octets of the prefix; offsets of a body structure count from here.</summary>
    public int PrefixLength => _prefix.Length;

    /// <summary>The body without its prefix, to read ranges of. The content must stay undisposed meanwhile.</summary>
    public MessageOctets Body => _stream is null ? new MessageOctets(_memory) : new MessageOctets(_stream);

    /// <summary>All octets when they are in memory (small messages); else false and only the streaming calls serve.</summary>
    public bool TryGetMemory(out ReadOnlyMemory<byte> prefix, out ReadOnlyMemory<byte> body)
    {
        (prefix, body) = (_prefix, _memory);
        return _stream is null;
    }

    /// <summary>Copies a range (offsets count from the start of the prefix); flushes a large one as it goes.</summary>
    public async ValueTask CopyToAsync(PipeWriter output, long offset, long length, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length);
        if (offset < _prefix.Length && length > 0)
        {
            int count = (int)Math.Min(length, _prefix.Length - offset);
            Write(output, _prefix.AsSpan((int)offset, count));
            (offset, length) = (offset + count, length - count);
        }

        offset -= _prefix.Length;
        if (_stream is null)
        {
            if (length > 0)
            {
                Write(output, _memory.Span.Slice((int)offset, (int)length));
            }

            return;
        }

        _stream.Position = Math.Max(0, offset);
        while (length > 0)
        {
            Memory<byte> buffer = output.GetMemory((int)Math.Min(length, CopyBytes));
            int read = await _stream.ReadAsync(buffer[..(int)Math.Min(length, buffer.Length)], cancel);
            if (read == 0)
            {
                throw new StoreUnavailableException("A body is shorter than its row says.", isFull: false);
            }

            output.Advance(read);
            length -= read;
            if ((await output.FlushAsync(cancel)).IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Reads all of it from the start. The content must stay undisposed while it is read.</summary>
    public Stream OpenRead() => new PrefixedStream(_prefix, _stream ?? new MemoryStream(_memory.ToArray(), writable: false));

    public ValueTask DisposeAsync() => _stream?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static void Write(PipeWriter output, ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty)
        {
            Span<byte> span = output.GetSpan(Math.Min(octets.Length, 4096));
            int count = Math.Min(span.Length, octets.Length);
            octets[..count].CopyTo(span);
            output.Advance(count);
            octets = octets[count..];
        }
    }
}
