namespace Posthorn.Standards.Mime;

/// <summary>The stored body of a message to read ranges from: in memory, or a stream that can seek.</summary>
public readonly struct MessageOctets
{
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly Stream? _stream;

    public MessageOctets(ReadOnlyMemory<byte> body) => _memory = body;

    /// <param name="body">Its position 0 is the first octet of the stored body. It is read synchronously.</param>
    public MessageOctets(Stream body) => _stream = body;

    /// <summary>Octets read: fewer than asked for only at the end.</summary>
    public int Read(long offset, Span<byte> destination)
    {
        if (_stream is null)
        {
            if (offset >= _memory.Length)
            {
                return 0;
            }

            ReadOnlySpan<byte> rest = _memory.Span[(int)offset..];
            int count = Math.Min(rest.Length, destination.Length);
            rest[..count].CopyTo(destination);
            return count;
        }

        _stream.Position = offset;
        return _stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
    }
}
