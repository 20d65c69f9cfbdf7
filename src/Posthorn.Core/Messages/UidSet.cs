using System.Globalization;
using System.Text;

namespace Posthorn.Core.Messages;

/// <summary>UIDs from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
public readonly record struct UidRange(uint First, uint Last)
{
    public long Count => (long)Last - First + 1;
}

/// <summary>A set of UIDs as ascending ranges that neither overlap nor touch. Immutable.</summary>
public sealed class UidSet : IEquatable<UidSet>
{
    public static readonly UidSet Empty = new([]);

    /// <summary>1:4294967295.</summary>
    public static readonly UidSet All = new([new UidRange(1, uint.MaxValue)]);

    private readonly UidRange[] _ranges;

    private UidSet(UidRange[] ranges) => _ranges = ranges;

    public IReadOnlyList<UidRange> Ranges => _ranges;

    public ReadOnlySpan<UidRange> Span => _ranges;

    public bool IsEmpty => _ranges.Length == 0;

    /// <summary>How many UIDs the set names (those of messages that do not exist too).</summary>
    public long Count
    {
        get
        {
            long count = 0;
            foreach (UidRange range in _ranges)
            {
                count += range.Count;
            }

            return count;
        }
    }

    public static UidSet Of(uint uid) => new([new UidRange(uid, uid)]);

    public static UidSet Of(uint first, uint last) => first <= last ? new([new UidRange(first, last)]) : new([new UidRange(last, first)]);

    /// <summary>From ranges in any order, overlapping or not.</summary>
    public static UidSet From(IEnumerable<UidRange> ranges)
    {
        UidRange[] sorted = [.. ranges];
        Array.Sort(sorted, static (left, right) => left.First.CompareTo(right.First));
        var builder = new Builder();
        foreach (UidRange range in sorted)
        {
            builder.Add(range.First, range.Last);
        }

        return builder.Build();
    }

    /// <summary>From single UIDs in any order.</summary>
    public static UidSet From(IEnumerable<uint> uids) => From(uids.Select(uid => new UidRange(uid, uid)));

    /// <summary>Reads what <see cref="ToString"/> wrote; of several such texts with commas between them, all.</summary>
    /// <exception cref="FormatException">It is not such a text.</exception>
    public static UidSet Parse(ReadOnlySpan<char> text)
    {
        var ranges = new List<UidRange>();
        Read(text, ranges);
        return From(ranges);
    }

    /// <summary>Reads ranges as they stand, in any order.</summary>
    /// <exception cref="FormatException">It is not such a text.</exception>
    internal static void Read(ReadOnlySpan<char> text, List<UidRange> into)
    {
        foreach (Range part in text.Split(','))
        {
            ReadOnlySpan<char> range = text[part];
            if (range.IsEmpty)
            {
                continue;
            }

            int colon = range.IndexOf(':');
            uint first = uint.Parse(colon < 0 ? range : range[..colon], NumberStyles.None, CultureInfo.InvariantCulture);
            into.Add(new UidRange(first, colon < 0 ? first : uint.Parse(range[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture)));
        }
    }

    /// <summary>Reads what somebody else wrote in the form of <see cref="ToString"/>, ascending.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="most">Ranges that are taken; more make it none.</param>
    /// <returns>Null: it is no such text.</returns>
    public static UidSet? TryParse(ReadOnlySpan<char> text, int most)
    {
        var builder = new Builder();
        uint last = 0;
        foreach (Range part in text.Split(','))
        {
            ReadOnlySpan<char> range = text[part];
            int colon = range.IndexOf(':');
            if (--most < 0
                || !uint.TryParse(colon < 0 ? range : range[..colon], NumberStyles.None, CultureInfo.InvariantCulture, out uint first)
                || !uint.TryParse(range[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out uint end)
                || first <= last || end < first)
            {
                return null;
            }

            builder.Add(first, end);
            last = end;
        }

        return builder.Build();
    }

    public bool Contains(uint uid)
    {
        int low = 0, high = _ranges.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            UidRange range = _ranges[middle];
            if (uid < range.First)
            {
                high = middle - 1;
            }
            else if (uid > range.Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    public UidSet Union(UidSet other) => other.IsEmpty ? this : IsEmpty ? other : From(_ranges.Concat(other._ranges));

    public UidSet Intersect(UidSet other)
    {
        var both = new Builder();
        int left = 0, right = 0;
        while (left < _ranges.Length && right < other._ranges.Length)
        {
            UidRange one = _ranges[left], two = other._ranges[right];
            uint first = Math.Max(one.First, two.First), last = Math.Min(one.Last, two.Last);
            if (first <= last)
            {
                both.Add(first, last);
            }

            _ = one.Last < two.Last ? left++ : right++;
        }

        return both.Build();
    }

    /// <summary>Those that are not in another set.</summary>
    public UidSet Except(UidSet other)
    {
        var left = new Builder();
        int next = 0;
        foreach (UidRange range in _ranges)
        {
            long first = range.First;
            while (next < other._ranges.Length && other._ranges[next].Last < first)
            {
                next++;
            }

            for (int i = next; i < other._ranges.Length && other._ranges[i].First <= range.Last && first <= range.Last; i++)
            {
                if (other._ranges[i].First > first)
                {
                    left.Add((uint)first, other._ranges[i].First - 1);
                }

                first = (long)other._ranges[i].Last + 1;
            }

            if (first <= range.Last)
            {
                left.Add((uint)first, range.Last);
            }
        }

        return left.Build();
    }

    /// <summary>The UIDs in ascending order. Only for sets known to be small or to name existing messages.</summary>
    public IEnumerable<uint> Enumerate()
    {
        foreach (UidRange range in _ranges)
        {
            for (uint uid = range.First; ; uid++)
            {
                yield return uid;
                if (uid == range.Last)
                {
                    break;
                }
            }
        }
    }

    /// <summary>The form of RFC 9051 §9 <c>uid-set</c>: <c>1:5,7</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (UidRange range in _ranges)
        {
            if (text.Length > 0)
            {
                text.Append(',');
            }

            text.Append(CultureInfo.InvariantCulture, $"{range.First}");
            if (range.Last != range.First)
            {
                text.Append(CultureInfo.InvariantCulture, $":{range.Last}");
            }
        }

        return text.ToString();
    }

    public bool Equals(UidSet? other) => other is not null && _ranges.AsSpan().SequenceEqual(other._ranges);

    public override bool Equals(object? obj) => Equals(obj as UidSet);

    public override int GetHashCode() => _ranges.Length == 0 ? 0 : HashCode.Combine(_ranges.Length, _ranges[0], _ranges[^1]);

    /// <summary>Takes UIDs in ascending order (equal and overlapping ones are fine) and joins neighbours.</summary>
    public sealed class Builder
    {
        private readonly List<UidRange> _ranges = [];

        public void Add(uint uid) => Add(uid, uid);

        public void Add(uint first, uint last)
        {
            if (_ranges.Count > 0)
            {
                UidRange previous = _ranges[^1];
                ArgumentOutOfRangeException.ThrowIfLessThan(first, previous.First);
                if (first <= previous.Last || first == previous.Last + 1)
                {
                    _ranges[^1] = previous with { Last = Math.Max(previous.Last, last) };
                    return;
                }
            }

            _ranges.Add(new UidRange(first, last));
        }

        public UidSet Build() => _ranges.Count == 0 ? Empty : new UidSet([.. _ranges]);
    }
}
