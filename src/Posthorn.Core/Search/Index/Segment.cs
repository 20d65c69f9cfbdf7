using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace Posthorn.Core.Search.Index;

/// <summary>An open segment. It never changes; of its file only what a search needs is read, piece by piece.</summary>
internal sealed class Segment : IDisposable
{
    /// <summary>Octets of vocabulary that are read at a time: they stay in the processor's cache while they are looked through.</summary>
    private const int WindowBytes = 128 * 1024;

    /// <summary>Files whose checksum is remembered as right: it is computed once for each, as long as the process runs.</summary>
    private const int MaxVerified = 100_000;

    private static readonly ConcurrentDictionary<Guid, bool> Verified = new();

    private readonly SafeFileHandle _file;
    private readonly int[] _vocabularyOf;
    private readonly int[] _postingsOf;
    private readonly long _vocabularyStart;
    private readonly long _postingsStart;

    private Segment(SafeFileHandle file, byte[] head, int messages, int blocks)
    {
        _file = file;
        Messages = ReadMessages(head, messages);
        (_vocabularyOf, _postingsOf) = (new int[blocks], new int[blocks]);
        int position = SegmentFormat.HeaderLength + (messages * SegmentFormat.MessageLength);
        for (int block = 0; block < blocks; block++, position += SegmentFormat.BlockLength)
        {
            _vocabularyOf[block] = SegmentFormat.Int32(head, position);
            _postingsOf[block] = SegmentFormat.Int32(head, position + sizeof(int));
        }

        _vocabularyStart = position;
        _postingsStart = _vocabularyStart + _vocabularyOf[^1];
    }

    /// <summary>In the order of their ids.</summary>
    public IndexedMessage[] Messages { get; }

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="IOException">It cannot be read, or is gone.</exception>
    public static Segment Open(string path, Guid id)
    {
        SafeFileHandle file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            if (!Verified.ContainsKey(id))
            {
                Verify(file);
                if (Verified.Count >= MaxVerified)
                {
                    Verified.Clear();
                }

                Verified[id] = true;
            }

            byte[] header = Read(file, 0, SegmentFormat.HeaderLength);
            int messages = SegmentFormat.Int32(header, 12), blocks = SegmentFormat.Int32(header, 16);
            byte[] head = Read(file, 0, SegmentFormat.HeaderLength + (messages * SegmentFormat.MessageLength) + (blocks * SegmentFormat.BlockLength));
            return new Segment(file, head, messages, blocks);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether the octets of a file are those that were written.</summary>
    /// <exception cref="InvalidDataException">They are not.</exception>
    public static void Verify(ReadOnlySpan<byte> file)
    {
        if (file.Length < SegmentFormat.HeaderLength || !file.StartsWith(SegmentFormat.Magic) || SegmentFormat.Int32(file, 8) != SegmentFormat.Version
            || (uint)SegmentFormat.Int32(file, SegmentFormat.ChecksumAt) != SegmentFormat.Checksum(file))
        {
            throw new InvalidDataException("A file of the search index is damaged.");
        }
    }

    /// <summary>Marks the messages that have a term with the pattern in it, in one of the fields.</summary>
    /// <param name="pattern">See <see cref="NeedleTerms"/>.</param>
    /// <param name="found">As long as <see cref="Messages"/>.</param>
    public void Find(ReadOnlySpan<byte> pattern, TextFields fields, bool[] found)
    {
        int missing = found.Length - found.AsSpan().Count(true);
        byte[] window = ArrayPool<byte>.Shared.Rent(WindowBytes);
        try
        {
            for (int block = 0; block < _vocabularyOf.Length - 1 && missing > 0;)
            {
                int last = block + 1;
                while (last < _vocabularyOf.Length - 1 && _vocabularyOf[last + 1] - _vocabularyOf[block] <= WindowBytes)
                {
                    last++;
                }

                int length = _vocabularyOf[last] - _vocabularyOf[block];
                if (length > window.Length)
                {
                    ArrayPool<byte>.Shared.Return(window);
                    window = ArrayPool<byte>.Shared.Rent(length);
                }

                ReadInto(_file, _vocabularyStart + _vocabularyOf[block], window.AsSpan(0, length));
                FindInWindow(window.AsSpan(0, length), block, last, pattern, (byte)fields, found, ref missing);
                block = last;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    public void Dispose() => _file.Dispose();

    private void FindInWindow(ReadOnlySpan<byte> window, int first, int last, ReadOnlySpan<byte> pattern, byte fields, bool[] found, ref int missing)
    {
        byte[]? postings = null;
        int block = first, readBlock = -1, position = 0;
        while (missing > 0 && window[position..].IndexOf(pattern) is >= 0 and int ahead)
        {
            position += ahead;
            // A zero at the begin of the pattern stands before the term.
            int inTerm = position + (pattern[0] == 0 ? 1 : 0);
            while (block < last - 1 && _vocabularyOf[block + 1] - _vocabularyOf[first] <= inTerm)
            {
                block++;
            }

            if (readBlock != block)
            {
                postings = Read(_file, _postingsStart + _postingsOf[block], _postingsOf[block + 1] - _postingsOf[block]);
                readBlock = block;
            }

            int blockStart = _vocabularyOf[block] - _vocabularyOf[first];
            int term = window[blockStart..inTerm].Count((byte)0) - 1;
            Mark(postings, term, fields, found, ref missing);
            position = inTerm + window[inTerm..].IndexOf((byte)0);
        }
    }

    private static void Mark(ReadOnlySpan<byte> postings, int term, byte fields, bool[] found, ref int missing)
    {
        int position = 0;
        uint length = SegmentFormat.ReadNumber(postings, ref position);
        for (; term > 0; term--)
        {
            position += (int)length;
            length = SegmentFormat.ReadNumber(postings, ref position);
        }

        int end = position + (int)length, message = -1;
        while (position < end)
        {
            message += (int)SegmentFormat.ReadNumber(postings, ref position);
            if ((postings[position++] & fields) != 0 && !found[message])
            {
                found[message] = true;
                missing--;
            }
        }
    }

    private static IndexedMessage[] ReadMessages(ReadOnlySpan<byte> head, int count)
    {
        var messages = new IndexedMessage[count];
        int position = SegmentFormat.HeaderLength;
        for (int i = 0; i < count; i++, position += SegmentFormat.MessageLength)
        {
            messages[i] = new IndexedMessage(
                new EmailId(SegmentFormat.Int64(head, position)), DateTimeOffset.FromUnixTimeMilliseconds(SegmentFormat.Int64(head, position + sizeof(long))),
                head[position + (2 * sizeof(long))] == SegmentFormat.Uncertain);
        }

        return messages;
    }

    private static void Verify(SafeFileHandle file)
    {
        int length = (int)Math.Min(RandomAccess.GetLength(file), SegmentMerge.MaxOctets * 2L);
        byte[] all = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            ReadInto(file, 0, all.AsSpan(0, length));
            Verify(all.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(all);
        }
    }

    private static byte[] Read(SafeFileHandle file, long offset, int length)
    {
        byte[] octets = new byte[length];
        ReadInto(file, offset, octets);
        return octets;
    }

    private static void ReadInto(SafeFileHandle file, long offset, Span<byte> octets)
    {
        while (!octets.IsEmpty)
        {
            int read = RandomAccess.Read(file, octets, offset);
            if (read == 0)
            {
                throw new InvalidDataException("A file of the search index is too short.");
            }

            octets = octets[read..];
            offset += read;
        }
    }
}
