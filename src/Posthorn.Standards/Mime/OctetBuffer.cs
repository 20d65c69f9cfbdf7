using System.Buffers;

namespace Posthorn.Standards.Mime;

/// <summary>Octets that grow at their end, in rented memory. Dispose it.</summary>
internal class OctetBuffer(int capacity) : IDisposable
{
    private byte[] _octets = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 256));

    /// <summary>Octets added so far.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _octets.AsSpan(0, Length);

    public void Add(byte octet) => Space(1)[0] = octet;

    public void Add(ReadOnlySpan<byte> octets) => octets.CopyTo(Space(octets.Length));

    /// <summary>Adds octets that are in the buffer already.</summary>
    public void AddCopyOf(Range range)
    {
        (int start, int length) = range.GetOffsetAndLength(Length);
        Span<byte> space = Space(length);
        _octets.AsSpan(start, length).CopyTo(space);
    }

    public void Replace(int position, byte octet) => _octets[position] = octet;

    /// <summary>Forgets what was added after <paramref name="length"/>.</summary>
    public void CutTo(int length) => Length = length;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_octets);
        _octets = [];
        Length = 0;
    }

    private Span<byte> Space(int count)
    {
        if (_octets.Length - Length < count)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_octets.Length * 2, Length + count));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_octets);
            _octets = larger;
        }

        Span<byte> space = _octets.AsSpan(Length, count);
        Length += count;
        return space;
    }
}
