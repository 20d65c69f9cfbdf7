using System.Collections;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Searching;

/// <summary>The messages that SEARCH or SORT found, in the order and the forms in which they are told.</summary>
/// <param name="positions">In the view, in the order that was asked for.</param>
/// <param name="byUid">UIDs are told, not sequence numbers.</param>
internal sealed class SearchResult(MailboxSnapshot view, IReadOnlyList<int> positions, bool byUid)
{
    /// <summary>By position in the view; null: none were asked for (RFC 6203 §4).</summary>
    public IReadOnlyDictionary<int, int>? Scores { get; init; }

    /// <summary>In the order of the result.</summary>
    public IEnumerable<int> ScoresInOrder => positions.Select(position => Scores![position]);

    public bool IsEmpty => positions.Count == 0;

    public bool ByUid => byUid;

    public MailboxSnapshot View => view;

    /// <summary>The first: of a sorted result, the lowest in its order (RFC 5267 §3.1).</summary>
    public uint Min => NumberAt(positions[0]);

    public uint Max => NumberAt(positions[^1]);

    public int Count => positions.Count;

    public IEnumerable<uint> Uids => positions.Select(UidAt);

    public IEnumerable<uint> Numbers => positions.Select(NumberAt);

    /// <param name="found">By position in the view.</param>
    public static int[] Positions(BitArray found)
    {
        int count = 0;
        for (int i = 0; i < found.Length; i++)
        {
            count += found[i] ? 1 : 0;
        }

        int[] positions = new int[count];
        for (int i = found.Length - 1; count > 0; i--)
        {
            if (found[i])
            {
                positions[--count] = i;
            }
        }

        return positions;
    }

    /// <summary>The part that PARTIAL asks for.</summary>
    public SearchResult Slice(PartialRange range)
    {
        (int start, int length) = range.Within(positions.Count);
        return new SearchResult(view, [.. positions.Skip(start).Take(length)], byUid) { Scores = Scores };
    }

    /// <summary>Neighbours that follow each other upwards are one range; the order stays (RFC 5267 §3.2).</summary>
    public IEnumerable<UidRange> Ranges
    {
        get
        {
            UidRange? open = null;
            foreach (uint number in Numbers)
            {
                if (open is { } range && range.Last + 1 == number)
                {
                    open = range with { Last = number };
                    continue;
                }

                if (open is { } done)
                {
                    yield return done;
                }

                open = new UidRange(number, number);
            }

            if (open is { } last)
            {
                yield return last;
            }
        }
    }

    /// <summary>What <c>$</c> is from now on: with MIN, MAX or PARTIAL and neither ALL nor COUNT, only those (RFC 9051 §6.4.4.1, RFC 9394 §3.2).</summary>
    public UidSet Saved(SearchOptions options)
    {
        SearchReturn parts = options.Items & (SearchReturn.Min | SearchReturn.Max | SearchReturn.Partial);
        if (IsEmpty)
        {
            return UidSet.Empty;
        }

        if (parts == 0 || (options.Items & (SearchReturn.All | SearchReturn.Count)) != 0)
        {
            return UidSet.From(positions.Select(UidAt));
        }

        var saved = new List<uint>();
        if (parts.HasFlag(SearchReturn.Min))
        {
            saved.Add(UidAt(positions[0]));
        }

        if (parts.HasFlag(SearchReturn.Max))
        {
            saved.Add(UidAt(positions[^1]));
        }

        if (parts.HasFlag(SearchReturn.Partial))
        {
            (int start, int length) = options.Partial.Within(positions.Count);
            saved.AddRange(positions.Skip(start).Take(length).Select(UidAt));
        }

        return UidSet.From(saved);
    }

    /// <summary>The highest modseq of what is told: of all found, or of MIN and MAX where only those are (RFC 7162 §3.1.10).</summary>
    public ModSeq HighestModSeq(SearchReturn returned)
    {
        SearchReturn ends = returned & (SearchReturn.Min | SearchReturn.Max);
        if (ends != 0 && (returned & (SearchReturn.All | SearchReturn.Count | SearchReturn.Partial)) == 0)
        {
            ModSeq first = view[positions[0]].ModSeq, last = view[positions[^1]].ModSeq;
            return ends == SearchReturn.Min || (ends.HasFlag(SearchReturn.Min) && first > last) ? first : last;
        }

        ModSeq highest = default;
        foreach (int position in positions)
        {
            ModSeq modSeq = view[position].ModSeq;
            highest = modSeq > highest ? modSeq : highest;
        }

        return highest;
    }

    private uint NumberAt(int position) => byUid ? UidAt(position) : (uint)position + 1;

    private uint UidAt(int position) => view[position].Uid;
}
