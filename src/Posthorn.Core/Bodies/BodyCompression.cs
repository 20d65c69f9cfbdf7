using ZstdSharp;

namespace Posthorn.Core.Bodies;

/// <summary>zstd for small bodies: fewer octets to sync. Large ones stay plain, so that a part of them can be read from where it lies.</summary>
internal static class BodyCompression
{
    private const int Level = 1;

    /// <summary>Below, the frame costs what it saves.</summary>
    private const int SmallestBytes = 512;

    [ThreadStatic]
    private static Compressor? _compressor;

    [ThreadStatic]
    private static Decompressor? _decompressor;

    /// <summary>Null when it does not pay: less than an eighth saved.</summary>
    public static byte[]? Compress(ReadOnlySpan<byte> octets)
    {
        if (octets.Length < SmallestBytes)
        {
            return null;
        }

        _compressor ??= new Compressor(Level);
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(Compressor.GetCompressBound(octets.Length));
        try
        {
            int length = _compressor.Wrap(octets, buffer);
            return length < octets.Length - (octets.Length / 8) ? buffer.AsSpan(0, length).ToArray() : null;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <exception cref="InvalidDataException">These are not the octets that were kept.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> kept, int size)
    {
        _decompressor ??= new Decompressor();
        var octets = new byte[size];
        try
        {
            int length = _decompressor.Unwrap(kept, octets);
            return length == size ? octets : throw new InvalidDataException($"A body of {size} octets came back as {length}.");
        }
        catch (ZstdException fault)
        {
            throw new InvalidDataException($"A body of {size} octets cannot be unpacked.", fault);
        }
    }
}
