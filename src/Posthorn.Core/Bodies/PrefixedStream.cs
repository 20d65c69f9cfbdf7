namespace Posthorn.Core.Bodies;

/// <summary>A few octets, then a stream that can seek: read as one. Seekable, read-only.</summary>
internal sealed class PrefixedStream(byte[] prefix, Stream rest) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => prefix.Length + rest.Length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read;
        if (_position < prefix.Length)
        {
            read = Math.Min(buffer.Length, prefix.Length - (int)_position);
            prefix.AsSpan((int)_position, read).CopyTo(buffer);
        }
        else
        {
            rest.Position = _position - prefix.Length;
            read = rest.Read(buffer);
        }

        _position += read;
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
