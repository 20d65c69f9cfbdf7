namespace Posthorn.Standards;

/// <summary>Reads another stream and ends every line with CRLF: an LF without CR before it gets one. Everything else, bare CR included, stays.</summary>
/// <remarks>Mail stored on a disk (mbox, Maildir) has LF; RFC 5322 §2.3 and every protocol want CRLF. Constant memory.</remarks>
public sealed class CrlfStream(Stream source) : Stream
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;
    private bool _afterCr;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_start == _end && !buffer.IsEmpty)
        {
            (_start, _end) = (0, source.Read(_buffer));
        }
        return Convert(buffer);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start == _end && !buffer.IsEmpty)
        {
            (_start, _end) = (0, await source.ReadAsync(_buffer, cancellationToken));
        }
        return Convert(buffer.Span);
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }
        base.Dispose(disposing);
    }

    private int Convert(Span<byte> target)
    {
        int written = 0;
        while (written < target.Length && _start < _end)
        {
            var rest = _buffer.AsSpan(_start, _end - _start);
            int plain = rest.IndexOf((byte)'\n') is var lf and >= 0 ? lf : rest.Length;
            if (plain > 0)
            {
                int count = Math.Min(plain, target.Length - written);
                rest[..count].CopyTo(target[written..]);
                Pass(count);
                written += count;
                continue;
            }
            if (!_afterCr)
            {
                target[written++] = (byte)'\r';
                _afterCr = true;
                continue;
            }
            target[written++] = (byte)'\n';
            Pass(1);
        }
        return written;
    }

    private void Pass(int count)
    {
        _afterCr = _buffer[_start + count - 1] == '\r';
        _start += count;
    }
}
