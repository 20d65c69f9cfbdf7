namespace Posthorn.Standards.Mime;

/// <summary>Numbers and strings of the stored form of a body structure: seven bits an octet, lowest first; a string is its length plus one, or 0 for NIL.</summary>
internal static class StoredNumbers
{
    public static void AddNumber(OctetBuffer output, long number)
    {
        for (ulong rest = (ulong)number; ; rest >>= 7)
        {
            if (rest < 0x80)
            {
                output.Add((byte)rest);
                return;
            }

            output.Add((byte)(rest | 0x80));
        }
    }

    public static void AddString(OctetBuffer output, ReadOnlySpan<byte> value)
    {
        value = value.Length > MimeLimits.ValueLength ? value[..MimeLimits.ValueLength] : value;
        AddNumber(output, value.Length + 1);
        output.Add(value);
    }

    public static void AddNil(OctetBuffer output) => AddNumber(output, 0);
}

/// <summary>Reads what <see cref="StoredNumbers"/> wrote. Damaged octets read as zero and NIL, never as something outside.</summary>
internal ref struct StoredReader(ReadOnlySpan<byte> octets)
{
    private readonly ReadOnlySpan<byte> _octets = octets;

    public int Position { get; private set; }

    public long ReadNumber()
    {
        ulong number = 0;
        for (int shift = 0; Position < _octets.Length && shift < 63; shift += 7)
        {
            byte octet = _octets[Position++];
            number |= (ulong)(octet & 0x7f) << shift;
            if (octet < 0x80)
            {
                return (long)number;
            }
        }

        return 0;
    }

    public int ReadCount() => (int)Math.Min(ReadNumber(), _octets.Length);

    public ReadOnlySpan<byte> ReadString(out bool isNil)
    {
        long length = ReadNumber() - 1;
        isNil = length < 0 || length > _octets.Length - Position;
        if (isNil)
        {
            return [];
        }

        ReadOnlySpan<byte> value = _octets.Slice(Position, (int)length);
        Position += (int)length;
        return value;
    }

    public ReadOnlySpan<byte> ReadString() => ReadString(out _);

    /// <summary>Steps over <paramref name="count"/> octets; false when there are not so many.</summary>
    public bool Skip(long count)
    {
        if (count < 0 || count > _octets.Length - Position)
        {
            return false;
        }

        Position += (int)count;
        return true;
    }

    public void SkipStrings(int count)
    {
        while (count-- > 0)
        {
            ReadString(out _);
        }
    }

    /// <summary>Steps over a list of parameters or languages.</summary>
    public void SkipList(int stringsPerEntry) => SkipStrings(ReadCount() * stringsPerEntry);
}
