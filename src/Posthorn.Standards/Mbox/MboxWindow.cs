namespace Posthorn.Standards.Mbox;

/// <summary>The part of a file that lies in memory: a buffer of fixed size that slides forward.</summary>
internal sealed class MboxWindow(Stream source, long offset)
{
    /// <summary>What can be looked at ahead: status fields behind more header than this are not seen.</summary>
    public const int Size = 256 * 1024;

    private readonly byte[] _buffer = new byte[Size];
    private int _start;
    private int _end;
    private bool _sourceEnded;

    /// <summary>Offset in the file of the first octet that is not yet taken.</summary>
    public long Offset { get; private set; } = offset;

    public Stream Source => source;

    public ReadOnlyMemory<byte> Available => _buffer.AsMemory(_start, _end - _start);

    public void Take(int count)
    {
        _start += count;
        Offset += count;
    }

    /// <summary>Reads on until <paramref name="count"/> octets (at most <see cref="Size"/>) are available or the file ends; says whether they are.</summary>
    /// <remarks>Memory handed out before is no longer valid.</remarks>
    public async ValueTask<bool> FillAsync(int count, CancellationToken cancel)
    {
        while (_end - _start < count && !_sourceEnded)
        {
            if (_start > 0 && Size - _start < count)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }
            int read = await source.ReadAsync(_buffer.AsMemory(_end), cancel);
            _sourceEnded = read == 0;
            _end += read;
        }
        return _end - _start >= count;
    }

    /// <summary>Octets up to and including the next LF, or what there is where none comes within <paramref name="limit"/>.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> LineAsync(int limit, CancellationToken cancel)
    {
        for (int searched = 0; ;)
        {
            var seen = Available.Span[..Math.Min(limit, Available.Length)];
            if (seen[searched..].IndexOf((byte)'\n') is var lf and >= 0)
            {
                return Available[..(searched + lf + 1)];
            }
            searched = seen.Length;
            if (searched == limit || !await FillAsync(searched + 1, cancel))
            {
                return Available[..searched];
            }
        }
    }
}
