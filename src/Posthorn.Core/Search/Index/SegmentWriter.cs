using System.Buffers.Binary;

namespace Posthorn.Core.Search.Index;

/// <summary>Puts a segment together from terms that come in the order of their octets.</summary>
internal sealed class SegmentWriter(IReadOnlyList<IndexedMessage> messages)
{
    private readonly List<(int Vocabulary, int Postings)> _blocks = [];
    private readonly List<byte> _vocabulary = [];
    private readonly List<byte> _postings = [];
    private int _terms;

    /// <param name="term">Higher than the one before.</param>
    /// <param name="list">Distances and fields: see <see cref="SegmentFormat"/>.</param>
    public void Add(ReadOnlySpan<byte> term, ReadOnlySpan<byte> list)
    {
        if (_terms++ % SegmentFormat.BlockTerms == 0)
        {
            EndBlock();
            _blocks.Add((_vocabulary.Count, _postings.Count));
        }

        _vocabulary.Add(0);
        _vocabulary.AddRange(term);
        SegmentFormat.WriteNumber(_postings, (uint)list.Length);
        _postings.AddRange(list);
    }

    public byte[] Finish()
    {
        EndBlock();
        _blocks.Add((_vocabulary.Count, _postings.Count));
        int start = SegmentFormat.HeaderLength + (messages.Count * SegmentFormat.MessageLength) + (_blocks.Count * SegmentFormat.BlockLength);
        byte[] file = new byte[start + _vocabulary.Count + _postings.Count];
        Span<byte> rest = file.AsSpan(SegmentFormat.HeaderLength);
        foreach (IndexedMessage message in messages)
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, message.Email.Value);
            BinaryPrimitives.WriteInt64LittleEndian(rest[sizeof(long)..], message.Received.ToUnixTimeMilliseconds());
            rest[2 * sizeof(long)] = message.IsUncertain ? SegmentFormat.Uncertain : (byte)0;
            rest = rest[SegmentFormat.MessageLength..];
        }

        foreach ((int vocabulary, int postings) in _blocks)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, vocabulary);
            BinaryPrimitives.WriteInt32LittleEndian(rest[sizeof(int)..], postings);
            rest = rest[SegmentFormat.BlockLength..];
        }

        _vocabulary.CopyTo(rest);
        _postings.CopyTo(rest[_vocabulary.Count..]);
        WriteHeader(file);
        return file;
    }

    private void EndBlock()
    {
        if (_blocks.Count > 0)
        {
            _vocabulary.Add(0);
        }
    }

    private void WriteHeader(Span<byte> file)
    {
        SegmentFormat.Magic.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file[8..], SegmentFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(file[12..], messages.Count);
        BinaryPrimitives.WriteInt32LittleEndian(file[16..], _blocks.Count);
        BinaryPrimitives.WriteInt32LittleEndian(file[20..], _terms);
        BinaryPrimitives.WriteUInt32LittleEndian(file[SegmentFormat.ChecksumAt..], SegmentFormat.Checksum(file));
    }
}
