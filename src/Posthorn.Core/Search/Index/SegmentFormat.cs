using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Posthorn.Core.Search.Index;

/// <summary>How a segment lies in its file. Numbers are little-endian.</summary>
/// <remarks>
/// Header; for each message its email id, the time of arrival, a flag; where blocks of <see cref="BlockTerms"/> terms begin in the vocabulary and in the postings, with one
/// more pair for the end; the vocabulary, terms in the order of their octets, a zero before each and after the last of a block; the postings: for each term the length of its
/// list, then for each message the distance from the one before it and in which fields the term is.
/// </remarks>
internal static class SegmentFormat
{
    public const int HeaderLength = 32;

    public const int BlockTerms = 64;

    public const int MessageLength = (2 * sizeof(long)) + 1;

    public const int BlockLength = 2 * sizeof(int);

    /// <summary>Of a message that is not indexed whole: too many terms, or its octets could not be read. It has to be looked at each time.</summary>
    public const byte Uncertain = 1;

    /// <summary>The form of the file and of the terms in it; another one is made anew.</summary>
    public const int Version = 1;

    public static ReadOnlySpan<byte> Magic => "PHSEARCH"u8;

    /// <summary>Where the checksum stands; the header has nothing after it.</summary>
    public const int ChecksumAt = 28;

    /// <summary>CRC-32C of all of a file but the checksum itself.</summary>
    public static uint Checksum(ReadOnlySpan<byte> file) => ~Add(Add(uint.MaxValue, file[..ChecksumAt]), file[HeaderLength..]);

    private static uint Add(uint sum, ReadOnlySpan<byte> octets)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(octets);
        foreach (ulong word in words)
        {
            sum = BitOperations.Crc32C(sum, word);
        }

        foreach (byte octet in octets[(words.Length * sizeof(ulong))..])
        {
            sum = BitOperations.Crc32C(sum, octet);
        }

        return sum;
    }

    public static void WriteNumber(List<byte> output, uint number)
    {
        while (number >= 0x80)
        {
            output.Add((byte)(number | 0x80));
            number >>= 7;
        }

        output.Add((byte)number);
    }

    public static uint ReadNumber(ReadOnlySpan<byte> octets, ref int position)
    {
        uint number = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte octet = octets[position++];
            number |= (uint)(octet & 0x7F) << shift;
            if (octet < 0x80)
            {
                return number;
            }
        }
    }

    public static int Int32(ReadOnlySpan<byte> octets, int position) => BinaryPrimitives.ReadInt32LittleEndian(octets[position..]);

    public static long Int64(ReadOnlySpan<byte> octets, int position) => BinaryPrimitives.ReadInt64LittleEndian(octets[position..]);
}

/// <summary>A message of a segment.</summary>
internal readonly record struct IndexedMessage(EmailId Email, DateTimeOffset Received, bool IsUncertain);
