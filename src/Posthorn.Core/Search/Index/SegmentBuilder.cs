using System.Runtime.InteropServices;
using System.Text;

namespace Posthorn.Core.Search.Index;

/// <summary>Collects the terms of messages, which come in the order of their ids, into a segment.</summary>
internal sealed class SegmentBuilder
{
    /// <summary>Messages of a segment that is built; more come together by merging.</summary>
    public const int MaxMessages = 1_000;

    /// <summary>Different terms of one message. Mail that people write has some hundreds; beyond this it is data, and the message stays uncertain.</summary>
    public const int MaxTermsOfMessage = 50_000;

    /// <summary>Characters of all terms, and messages in all lists together, that are held in memory.</summary>
    private const int MaxHeld = 8_000_000;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly List<string> _terms = [];
    private readonly List<int> _lastOfTerm = [];
    private readonly List<Posting> _postings = [];
    private readonly List<IndexedMessage> _messages = [];
    private int _characters;
    private int _termsOfMessage;

    public SegmentBuilder() => _lookup = _numbers.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => _messages.Count;

    public bool IsFull => Count >= MaxMessages || _characters + _postings.Count > MaxHeld;

    /// <summary>The next message.</summary>
    public void Begin(EmailId email, DateTimeOffset received)
    {
        _messages.Add(new IndexedMessage(email, received, IsUncertain: false));
        _termsOfMessage = 0;
    }

    /// <summary>The message of now is not indexed whole.</summary>
    public void MarkUncertain() => _messages[^1] = _messages[^1] with { IsUncertain = true };

    /// <summary>A text of the message of now.</summary>
    public void Add(TextFields field, string folded)
    {
        int position = 0;
        while (_termsOfMessage < MaxTermsOfMessage && IndexTokens.TryRead(folded, ref position, out TokenRun run))
        {
            ReadOnlySpan<char> letters = folded.AsSpan(run.Start, run.Length);
            if (run.IsIdeographic)
            {
                AddPairs(field, letters);
            }
            else
            {
                AddPieces(field, IndexTokens.Trim(letters));
            }
        }

        if (_termsOfMessage >= MaxTermsOfMessage)
        {
            MarkUncertain();
        }
    }

    public byte[] Build()
    {
        var writer = new SegmentWriter(_messages);
        (byte[] octets, int[] starts) = Encode();
        int[] order = [.. Enumerable.Range(0, _terms.Count)];
        Array.Sort(order, (one, other) => octets.AsSpan(starts[one]..starts[one + 1]).SequenceCompareTo(octets.AsSpan(starts[other]..starts[other + 1])));
        (int[] ends, Posting[] sorted) = SortByTerm();
        var list = new List<byte>();
        foreach (int term in order)
        {
            list.Clear();
            int last = -1;
            foreach (Posting posting in sorted.AsSpan((term == 0 ? 0 : ends[term - 1])..ends[term]))
            {
                SegmentFormat.WriteNumber(list, (uint)(posting.Message - last));
                list.Add(posting.Fields);
                last = posting.Message;
            }

            writer.Add(octets.AsSpan(starts[term]..starts[term + 1]), CollectionsMarshal.AsSpan(list));
        }

        return writer.Finish();
    }

    private void AddPieces(TextFields field, ReadOnlySpan<char> run)
    {
        for (int start = 0; start >= 0 && !run.IsEmpty; start = IndexTokens.Next(run, start))
        {
            AddTerm(field, run[start..IndexTokens.EndOf(run, start)]);
        }
    }

    private void AddPairs(TextFields field, ReadOnlySpan<char> run)
    {
        int first = IndexTokens.IdeographLength(run, 0);
        if (first == run.Length)
        {
            AddTerm(field, run);
            return;
        }

        int start = 0;
        for (int second = first; second < run.Length; second += IndexTokens.IdeographLength(run, second))
        {
            AddTerm(field, run[start..(second + IndexTokens.IdeographLength(run, second))]);
            start = second;
        }
    }

    private void AddTerm(TextFields field, ReadOnlySpan<char> term)
    {
        if (_termsOfMessage >= MaxTermsOfMessage)
        {
            return;
        }

        if (!_lookup.TryGetValue(term, out int number))
        {
            number = _terms.Count;
            string text = term.ToString();
            _numbers.Add(text, number);
            _terms.Add(text);
            _lastOfTerm.Add(-1);
            _characters += text.Length;
        }

        Span<Posting> postings = CollectionsMarshal.AsSpan(_postings);
        int last = _lastOfTerm[number];
        if (last >= 0 && postings[last].Message == _messages.Count - 1)
        {
            postings[last].Fields |= (byte)field;
            return;
        }

        _lastOfTerm[number] = _postings.Count;
        _postings.Add(new Posting { Term = number, Message = _messages.Count - 1, Fields = (byte)field });
        _termsOfMessage++;
    }

    private (byte[] Octets, int[] Starts) Encode()
    {
        byte[] octets = new byte[Encoding.UTF8.GetMaxByteCount(_characters)];
        int[] starts = new int[_terms.Count + 1];
        for (int term = 0; term < _terms.Count; term++)
        {
            starts[term + 1] = starts[term] + Encoding.UTF8.GetBytes(_terms[term], octets.AsSpan(starts[term]));
        }

        return (octets, starts);
    }

    /// <summary>Term by term, each list in the order of messages; and where the list of each term ends.</summary>
    private (int[] Ends, Posting[] Sorted) SortByTerm()
    {
        int[] ends = new int[_terms.Count];
        foreach (Posting posting in _postings)
        {
            ends[posting.Term]++;
        }

        for (int term = 1; term < ends.Length; term++)
        {
            ends[term] += ends[term - 1];
        }

        var sorted = new Posting[_postings.Count];
        int[] next = [0, .. ends];
        foreach (Posting posting in _postings)
        {
            sorted[next[posting.Term]++] = posting;
        }

        return (ends, sorted);
    }

    private struct Posting
    {
        public int Term;
        public int Message;
        public byte Fields;
    }
}
