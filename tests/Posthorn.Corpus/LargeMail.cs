namespace Posthorn.Corpus;

/// <summary>A message of a given size whose octets follow from their position: nothing of it is kept in memory.</summary>
internal sealed class LargeMail : Stream
{
    private const int LineLength = 78;

    private static ReadOnlySpan<byte> Alphabet => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8;

    private readonly byte[] _start;
    private readonly byte[] _end;
    private readonly long _size;
    private long _position;

    public LargeMail(long size)
    {
        _end = "--large--\r\n"u8.ToArray();
        int fixedPart = Start(0).Length + _end.Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(size, fixedPart);
        // What whole lines leave over stands in the text part, so that the attachment stays valid base64.
        _start = Start((int)((size - fixedPart) % LineLength));
        _size = size;
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => _size;
    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, _size - _position);
        for (int i = 0; i < count; i++)
        {
            buffer[i] = OctetAt(_position++);
        }
        return count;
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private byte OctetAt(long position)
    {
        if (position < _start.Length)
        {
            return _start[position];
        }
        if (position >= _size - _end.Length)
        {
            return _end[position - (_size - _end.Length)];
        }
        (long line, long column) = Math.DivRem(position - _start.Length, LineLength);
        return column switch
        {
            LineLength - 2 => (byte)'\r',
            LineLength - 1 => (byte)'\n',
            _ => Alphabet[(int)(((line * 2654435761) ^ (column * 40503)) >> 5) & 63],
        };
    }

    private static byte[] Start(int padding) => System.Text.Encoding.ASCII.GetBytes(
        "From: friend@example.test\r\nTo: you@example.test\r\nSubject: The film of the holidays\r\nDate: Mon, 4 Mar 2024 08:00:00 +0100\r\n"
        + "Message-ID: <large@example.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=large\r\n\r\n"
        + "--large\r\nContent-Type: text/plain\r\n\r\n" + new string('x', padding) + "\r\n"
        + "--large\r\nContent-Type: video/mp4\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=film.mp4\r\n\r\n");
}
