namespace Posthorn.Server.Imap.Searching;

/// <summary>partial-range: places in a result, counted from 1, from its begin or from its end.</summary>
/// <remarks>RFC 9394 §4, RFC 5267 §4.4.</remarks>
/// <param name="First">As it came; may be the higher one.</param>
internal readonly record struct PartialRange(uint First, uint Last, bool FromEnd)
{
    // modifier-partial = "PARTIAL" SP partial-range; the word is read.
    public static PartialRange Read(ref ImapReader reader)
    {
        reader.Space();
        bool fromEnd = reader.TryRead((byte)'-');
        uint first = reader.NzNumber();
        reader.Expect((byte)':');
        if (fromEnd)
        {
            reader.Expect((byte)'-');
        }

        return new PartialRange(first, reader.NzNumber(), fromEnd);
    }

    /// <summary>Where it lies in a result of <paramref name="count"/>: as much of it as is there.</summary>
    public (int Start, int Length) Within(int count)
    {
        long low = Math.Min(First, Last), high = Math.Min(Math.Max(First, Last), count);
        return low > high ? (0, 0) : ((int)(FromEnd ? count - high : low - 1), (int)(high - low + 1));
    }

    /// <summary>The part of positions that it names, in their order.</summary>
    public IReadOnlyList<PositionRange> Of(IReadOnlyList<PositionRange> positions)
    {
        (int skip, int take) = Within(positions.Sum(range => range.Last - range.First + 1));
        var part = new List<PositionRange>();
        foreach (PositionRange range in positions)
        {
            int first = range.First + Math.Min(skip, range.Last - range.First + 1);
            skip -= first - range.First;
            int length = Math.Min(take, range.Last - first + 1);
            take -= length;
            if (length > 0)
            {
                part.Add(new PositionRange(first, first + length - 1));
            }
        }

        return part;
    }

    public override string ToString() => FromEnd ? $"-{First}:-{Last}" : $"{First}:{Last}";
}
