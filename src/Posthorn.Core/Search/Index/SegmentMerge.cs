using System.Runtime.InteropServices;

namespace Posthorn.Core.Search.Index;

/// <summary>Makes one segment of several that follow each other; messages that are no more are left out.</summary>
internal static class SegmentMerge
{
    /// <summary>Octets that merged segments have together: what a merge holds in memory, twice.</summary>
    public const int MaxOctets = 32 * 1024 * 1024;

    /// <summary>Segments of about one size that are merged when there are so many.</summary>
    private const int Width = 8;

    /// <summary>How many of the last segments are to be merged; 0: none.</summary>
    public static int Choose(IReadOnlyList<SegmentInfo> segments)
    {
        for (long size = Width; ; size *= Width)
        {
            int count = 0;
            long octets = 0;
            bool isStopped = false;
            for (int i = segments.Count - 1; i >= 0 && !isStopped; i--)
            {
                isStopped = segments[i].Messages >= size || octets + segments[i].Octets > MaxOctets;
                (count, octets) = isStopped ? (count, octets) : (count + 1, octets + segments[i].Octets);
            }

            if (count >= Width)
            {
                return count;
            }

            if (count == segments.Count || size > int.MaxValue)
            {
                return 0;
            }
        }
    }

    /// <summary>The message with the lowest id in the file of a segment.</summary>
    public static EmailId FirstOf(ReadOnlySpan<byte> segment)
    {
        Segment.Verify(segment);
        return new EmailId(SegmentFormat.Int64(segment, SegmentFormat.HeaderLength));
    }

    /// <param name="segments">Files, in the order of their messages.</param>
    /// <param name="exists">Whether a message is still there.</param>
    /// <returns>Null: no message is left.</returns>
    public static byte[]? Merge(IReadOnlyList<byte[]> segments, Func<EmailId, bool> exists, out int count)
    {
        var messages = new List<IndexedMessage>();
        var sources = new List<Source>();
        foreach (byte[] segment in segments)
        {
            sources.Add(new Source(segment, messages, exists));
        }

        count = messages.Count;
        if (count == 0)
        {
            return null;
        }

        var writer = new SegmentWriter(messages);
        var list = new List<byte>();
        sources.RemoveAll(static source => !source.MoveNext());
        while (sources.Count > 0)
        {
            Source least = sources[0];
            foreach (Source source in sources)
            {
                least = source.Term.SequenceCompareTo(least.Term) < 0 ? source : least;
            }

            ReadOnlySpan<byte> term = least.Term;
            list.Clear();
            int last = -1;
            foreach (Source source in sources)
            {
                if (source.Term.SequenceEqual(term))
                {
                    source.AppendTo(list, ref last);
                    source.IsTaken = true;
                }
            }

            if (list.Count > 0)
            {
                writer.Add(term, CollectionsMarshal.AsSpan(list));
            }

            sources.RemoveAll(static source => source.IsTaken && !source.MoveNext());
        }

        return writer.Finish();
    }

    /// <summary>Goes through the terms of a segment in their order.</summary>
    private sealed class Source
    {
        private readonly byte[] _file;
        private readonly int[] _newNumbers;
        private readonly int _vocabularyEnd;
        private int _start;
        private int _end;
        private int _listStart;
        private int _listEnd;

        public Source(byte[] file, List<IndexedMessage> messages, Func<EmailId, bool> exists)
        {
            Segment.Verify(file);
            _file = file;
            int count = SegmentFormat.Int32(file, 12), blocks = SegmentFormat.Int32(file, 16), position = SegmentFormat.HeaderLength;
            _newNumbers = new int[count];
            for (int i = 0; i < count; i++, position += SegmentFormat.MessageLength)
            {
                var message = new IndexedMessage(
                    new EmailId(SegmentFormat.Int64(file, position)), DateTimeOffset.FromUnixTimeMilliseconds(SegmentFormat.Int64(file, position + sizeof(long))),
                    file[position + (2 * sizeof(long))] == SegmentFormat.Uncertain);
                bool isThere = exists(message.Email);
                _newNumbers[i] = isThere ? messages.Count : -1;
                if (isThere)
                {
                    messages.Add(message);
                }
            }

            position += (blocks - 1) * SegmentFormat.BlockLength;
            int vocabulary = SegmentFormat.Int32(file, position);
            _end = position + SegmentFormat.BlockLength;
            _listEnd = _vocabularyEnd = _end + vocabulary;
        }

        public ReadOnlySpan<byte> Term => _file.AsSpan(_start.._end);

        public bool IsTaken { get; set; }

        public bool MoveNext()
        {
            IsTaken = false;

            // One zero stands before a term, two where a block begins.
            while (_end < _vocabularyEnd && _file[_end] == 0)
            {
                _end++;
            }

            if (_end >= _vocabularyEnd)
            {
                return false;
            }

            _start = _end;
            _end += _file.AsSpan(_end).IndexOf((byte)0);
            _listStart = _listEnd;
            uint length = SegmentFormat.ReadNumber(_file, ref _listStart);
            _listEnd = _listStart + (int)length;
            return true;
        }

        public void AppendTo(List<byte> list, ref int last)
        {
            int position = _listStart, message = -1;
            while (position < _listEnd)
            {
                message += (int)SegmentFormat.ReadNumber(_file, ref position);
                byte fields = _file[position++];
                if (_newNumbers[message] is >= 0 and int number)
                {
                    SegmentFormat.WriteNumber(list, (uint)(number - last));
                    list.Add(fields);
                    last = number;
                }
            }
        }
    }
}
