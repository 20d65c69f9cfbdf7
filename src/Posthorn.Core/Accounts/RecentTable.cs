using System.Diagnostics.CodeAnalysis;

namespace Posthorn.Core.Accounts;

/// <summary>A table of bounded size that drops what was used longest ago. Its owner locks.</summary>
internal sealed class RecentTable<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _entries = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _byUse = new();

    public int Count => _entries.Count;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (!_entries.TryGetValue(key, out var node))
        {
            value = default;
            return false;
        }
        _byUse.Remove(node);
        _byUse.AddFirst(node);
        value = node.Value.Value;
        return true;
    }

    public void Set(TKey key, TValue value)
    {
        Remove(key);
        if (_entries.Count == capacity)
        {
            Remove(_byUse.Last!.Value.Key);
        }
        _entries.Add(key, _byUse.AddFirst((key, value)));
    }

    public void Remove(TKey key)
    {
        if (_entries.Remove(key, out var node))
        {
            _byUse.Remove(node);
        }
    }

    public void RemoveWhere(Func<TValue, bool> isGone)
    {
        foreach (TKey key in _byUse.Where(entry => isGone(entry.Value)).Select(entry => entry.Key).ToArray())
        {
            Remove(key);
        }
    }
}
