namespace Posthorn.Standards.Mime;

/// <summary>One field of a header, as it stands in the octets. A line that is no field has an empty name.</summary>
/// <remarks>RFC 5322 §2.2.</remarks>
public readonly ref struct HeaderField
{
    // RFC 5322 §2.1.1: no line is longer.
    internal const int LongestName = 998;

    internal HeaderField(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Whole = whole;
        Name = name;
        Value = value;
    }

    /// <summary>Name, folded lines and the line end after them.</summary>
    public ReadOnlySpan<byte> Whole { get; }

    public ReadOnlySpan<byte> Name { get; }

    /// <summary>What follows the colon up to the last line end; still folded and encoded.</summary>
    public ReadOnlySpan<byte> Value { get; }

    public bool Is(ReadOnlySpan<byte> name) => Name.Length == name.Length && Ascii.EqualsIgnoreCase(Name, name);

    /// <summary>The octets before the colon when <paramref name="line"/> begins a field, else -1.</summary>
    internal static int NameLength(ReadOnlySpan<byte> line)
    {
        int colon = line[..Math.Min(line.Length, LongestName + 1)].IndexOf((byte)':');
        if (colon <= 0)
        {
            return -1;
        }

        // RFC 5322 §4.5: obsolete syntax lets white space stand before the colon.
        int length = line[..colon].TrimEnd(" \t"u8).Length;
        return length == 0 || line[..length].ContainsAnyExceptInRange((byte)33, (byte)126) ? -1 : length;
    }
}
