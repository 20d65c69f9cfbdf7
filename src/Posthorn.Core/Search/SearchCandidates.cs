namespace Posthorn.Core.Search;

/// <param name="IsSure">The index says that it matches, as far as texts go.</param>
internal readonly record struct SearchCandidate(SearchPosition Position, bool IsSure);

/// <summary>What a search may find, taken the newest first.</summary>
/// <remarks>
/// A heap: a page wants the first few dozen of what may be a hundred thousand, and to sort all of them cost more than the rest of the page. An array and plain
/// comparisons, because code over <c>List</c> and <c>Comparer</c> of a type of ours would be compiled at the first search of a process instead of beforehand.
/// </remarks>
internal sealed class SearchCandidates
{
    private SearchCandidate[] _items = new SearchCandidate[64];
    private bool _isHeap;

    public int Count { get; private set; }

    /// <summary>All are added before the first is taken.</summary>
    public void Add(SearchCandidate candidate)
    {
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }

        _items[Count++] = candidate;
    }

    /// <summary>Leaves out what is not among these.</summary>
    public void Keep(IReadOnlySet<EmailId> messages)
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (messages.Contains(_items[i].Position.Email))
            {
                _items[kept++] = _items[i];
            }
        }

        Count = kept;
    }

    /// <summary>The next ones, the newest first; fewer, or none, when no more are left.</summary>
    public IReadOnlyList<SearchCandidate> Take(int count)
    {
        if (!_isHeap)
        {
            for (int parent = (Count / 2) - 1; parent >= 0; parent--)
            {
                Sink(parent);
            }

            _isHeap = true;
        }

        var taken = new SearchCandidate[Math.Min(count, Count)];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = _items[0];
            _items[0] = _items[--Count];
            Sink(0);
        }

        return taken;
    }

    private void Sink(int parent)
    {
        SearchCandidate sinking = _items[parent];
        while ((parent * 2) + 1 is var child && child < Count)
        {
            if (child + 1 < Count && _items[child + 1].Position.IsBefore(_items[child].Position))
            {
                child++;
            }

            if (!_items[child].Position.IsBefore(sinking.Position))
            {
                break;
            }

            _items[parent] = _items[child];
            parent = child;
        }

        _items[parent] = sinking;
    }
}
