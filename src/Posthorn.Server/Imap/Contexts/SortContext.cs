using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Fetching;
using Posthorn.Server.Imap.Searching;
using Posthorn.Server.Imap.Sorting;

namespace Posthorn.Server.Imap.Contexts;

/// <summary>A SORT whose result is kept up to date: every change has its place in the order (RFC 5267 §4.3.3, §4.3.4).</summary>
internal sealed class SortContext : SearchContext
{
    /// <summary>Messages whose keys a session keeps for one context.</summary>
    public const int MostMessages = 20_000;

    private readonly IReadOnlyList<SortCriterion> _criteria;
    private readonly List<Entry> _order;

    /// <param name="sorted">Keys of the result in its order, with the UIDs.</param>
    /// <param name="tag">See <see cref="SearchContext"/>.</param>
    /// <param name="key">See there.</param>
    /// <param name="byUid">See there.</param>
    /// <param name="fetch">See there.</param>
    /// <param name="criteria">What is sorted by.</param>
    public SortContext(
        byte[] tag, SearchKey key, bool byUid, FetchRequest? fetch, IReadOnlyList<SortCriterion> criteria, IEnumerable<(SortKey Key, uint Uid)> sorted)
        : base(tag, key, byUid, fetch, [])
    {
        _criteria = criteria;
        _order = [.. sorted.Select(message => new Entry(message.Key, message.Uid))];
        foreach (Entry entry in _order)
        {
            Keep(entry.Uid);
        }
    }

    public override void Remove(IEnumerable<uint> uids, ContextResponse response)
    {
        HashSet<uint> gone = [.. uids];
        for (int i = 0; i < _order.Count && gone.Count > 0;)
        {
            uint uid = _order[i].Uid;
            if (!gone.Remove(uid))
            {
                i++;
                continue;
            }

            // The place of now: those before it have left already.
            response.Remove(i + 1, uid);
            _order.RemoveAt(i);
            Drop(uid);
        }
    }

    public override async ValueTask AddAsync(ImapSession session, IReadOnlyList<uint> uids, ContextResponse response, CancellationToken cancel)
    {
        int[] positions = [.. uids.Select(uid => session.Selected!.View.IndexOf(uid)).Where(position => position >= 0)];
        var came = new List<Entry>(positions.Length);
        await foreach ((int position, Message row) in FoundRows.ReadAsync(session, positions, SortCriterion.Fields(_criteria), cancel))
        {
            came.Add(new Entry(new SortKey(_criteria, 0, row, score: 0), session.Selected!.View[position].Uid));
        }

        came.Sort();
        foreach (Entry entry in came)
        {
            int at = ~_order.BinarySearch(entry);
            _order.Insert(at, entry);
            Keep(entry.Uid);
            response.Add(at + 1, entry.Uid);
        }
    }

    /// <summary>Keys that are equal follow their UIDs, as they follow each other in the mailbox.</summary>
    private readonly record struct Entry(SortKey Key, uint Uid) : IComparable<Entry>
    {
        public int CompareTo(Entry other) => Key.CompareValues(other.Key) is not 0 and int order ? order : Uid.CompareTo(other.Uid);
    }
}
