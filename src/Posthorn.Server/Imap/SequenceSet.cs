using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap;

/// <summary>Messages by position in the session's view, both ends included, counted from 0.</summary>
internal readonly record struct PositionRange(int First, int Last);

/// <summary>RFC 9051 §9 <c>sequence-set</c>: sequence numbers or, in UID commands, UIDs; <c>*</c> is kept as 0 until it is resolved.</summary>
internal sealed class SequenceSet(IReadOnlyList<(uint First, uint Last)> ranges, bool byUid)
{
    /// <summary>Stands for <c>*</c>: the last message.</summary>
    public const uint Last = 0;

    public bool ByUid => byUid;

    /// <summary><c>$</c>: the result of the last SEARCH that saved one (RFC 9051 §6.4.4.1).</summary>
    public bool IsSavedSearch => ranges.Count == 0;

    /// <summary>
    /// The messages that are there, ascending, without overlap. False when a sequence number is higher than the last message's,
    /// which is the client's error (RFC 9051 §9 <c>seq-number</c>); UIDs that do not exist are passed over.
    /// </summary>
    /// <remarks>
    /// Deviates from RFC 9051 §9 <c>seq-number</c>: <c>*</c> in an empty mailbox names nothing instead of being an error, because clients poll with 1:*.
    /// </remarks>
    public bool TryResolve(MailboxSnapshot view, UidSet savedSearch, out IReadOnlyList<PositionRange> positions)
    {
        if (IsSavedSearch)
        {
            positions = Join(PositionsOf(view, savedSearch));
            return true;
        }

        var found = new List<PositionRange>(ranges.Count);
        foreach ((uint first, uint last) in ranges)
        {
            if (view.Count == 0 && (byUid || first == Last || last == Last))
            {
                continue;
            }

            if (byUid)
            {
                AddUids(view, first, last, found);
            }
            else if (!TryAddNumbers((uint)view.Count, first, last, found))
            {
                positions = [];
                return false;
            }
        }

        positions = Join(found);
        return true;
    }

    /// <summary>The messages that are there: what lies beyond the last one is passed over.</summary>
    public IReadOnlyList<PositionRange> ResolveWithin(MailboxSnapshot view, UidSet savedSearch)
    {
        if (byUid || IsSavedSearch)
        {
            TryResolve(view, savedSearch, out IReadOnlyList<PositionRange> positions);
            return positions;
        }

        uint count = (uint)view.Count;
        var found = new List<PositionRange>(ranges.Count);
        foreach ((uint first, uint last) in ranges)
        {
            uint from = first == Last ? count : first, to = last == Last ? count : last;
            (from, to) = (Math.Min(from, to), Math.Min(Math.Max(from, to), count));
            if (from > 0 && from <= to)
            {
                found.Add(new PositionRange((int)from - 1, (int)to - 1));
            }
        }

        return Join(found);
    }

    /// <summary>To find its messages the view needs older ones that were not read yet (<see cref="MailboxSnapshot.LoadAsync(System.Threading.CancellationToken)"/>).</summary>
    public bool ReachesFarBack(MailboxSnapshot view)
    {
        int held = view.FirstHeld;
        if (held == 0 || held == view.Count || IsSavedSearch)
        {
            return held > 0;
        }

        uint lowest = byUid ? view[held].Uid : (uint)held + 1;
        return ranges.Any(range => Math.Min(range.First == Last ? uint.MaxValue : range.First, range.Last == Last ? uint.MaxValue : range.Last) < lowest);
    }

    /// <summary>UIDs of positions as ranges. A range may span UIDs that are gone: nothing else can come to lie between two messages.</summary>
    public static UidSet Uids(MailboxSnapshot view, IReadOnlyList<PositionRange> positions)
    {
        var uids = new UidSet.Builder();
        foreach (PositionRange range in positions)
        {
            uids.Add(view[range.First].Uid, view[range.Last].Uid);
        }

        return uids.Build();
    }

    /// <summary>What the set names of UIDs, whether they are there or not; <c>*</c> is the highest that the mailbox ever gave.</summary>
    public UidSet NamedUids(MailboxSnapshot view, UidSet savedSearch)
    {
        uint highest = view.Mailbox.UidNext - 1;
        return IsSavedSearch ? savedSearch
            : highest == 0 ? UidSet.Empty
            : UidSet.From(ranges.Select(range =>
            {
                uint first = range.First == Last ? highest : range.First, last = range.Last == Last ? highest : range.Last;
                return new UidRange(Math.Min(first, last), Math.Max(first, last));
            }));
    }

    /// <summary>Those of the set that are there; what is not read yet must not be among them.</summary>
    public static List<PositionRange> PositionsOf(MailboxSnapshot view, UidSet uids)
    {
        var found = new List<PositionRange>(uids.Ranges.Count);
        foreach (UidRange range in uids.Span)
        {
            AddRange(view, range.First, range.Last, found);
        }

        return found;
    }

    private static void AddUids(MailboxSnapshot view, uint first, uint last, List<PositionRange> found)
    {
        // RFC 9051 §9 seq-range: 3291:* includes the last message even where its UID is lower.
        uint highest = view[view.Count - 1].Uid;
        first = first == Last ? highest : first;
        last = last == Last ? highest : last;
        AddRange(view, Math.Min(first, last), Math.Max(first, last), found);
    }

    private static void AddRange(MailboxSnapshot view, uint first, uint last, List<PositionRange> found)
    {
        int from = view.IndexOf(first), to = view.IndexOf(last);
        from = from < 0 ? ~from : from;
        to = to < 0 ? ~to - 1 : to;
        if (from <= to)
        {
            found.Add(new PositionRange(from, to));
        }
    }

    private static bool TryAddNumbers(uint count, uint first, uint last, List<PositionRange> found)
    {
        first = first == Last ? count : first;
        last = last == Last ? count : last;
        if (first > count || last > count)
        {
            return false;
        }

        found.Add(new PositionRange((int)Math.Min(first, last) - 1, (int)Math.Max(first, last) - 1));
        return true;
    }

    private static List<PositionRange> Join(List<PositionRange> ranges)
    {
        ranges.Sort(static (left, right) => left.First.CompareTo(right.First));
        int kept = 0;
        for (int i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].First <= ranges[kept].Last + 1)
            {
                ranges[kept] = ranges[kept] with { Last = Math.Max(ranges[kept].Last, ranges[i].Last) };
            }
            else
            {
                ranges[++kept] = ranges[i];
            }
        }

        if (ranges.Count > 0)
        {
            ranges.RemoveRange(kept + 1, ranges.Count - kept - 1);
        }

        return ranges;
    }
}
