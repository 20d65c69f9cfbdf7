using System.Text.Unicode;

namespace Posthorn.Standards.Sasl;

/// <summary>The commas between the attributes of a message.</summary>
/// <remarks>RFC 5802 §5.1 and §7.</remarks>
internal static class ScramAttributes
{
    /// <summary>What stands before the first comma; false without one.</summary>
    public static bool TryTake(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> attribute, out ReadOnlySpan<byte> rest)
    {
        int comma = message.IndexOf((byte)',');
        attribute = comma < 0 ? [] : message[..comma];
        rest = comma < 0 ? [] : message[(comma + 1)..];
        return comma >= 0;
    }

    /// <summary>The attribute that may be the last; what follows begins with its comma.</summary>
    public static ReadOnlySpan<byte> TakeLast(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> extensions)
    {
        int comma = message.IndexOf((byte)',');
        extensions = comma < 0 ? [] : message[comma..];
        return comma < 0 ? message : message[..comma];
    }

    // *("," attr-val), attr-val = ALPHA "=" value, value = 1*value-char: "unrecognized attributes [...] MUST be ignored"      RFC 5802 §7
    public static bool AreExtensions(ReadOnlySpan<byte> extensions)
    {
        if (extensions.IsEmpty)
        {
            return true;
        }
        if (extensions.Contains((byte)0) || !Utf8.IsValid(extensions))
        {
            return false;
        }
        foreach (Range part in extensions[1..].Split((byte)','))
        {
            // An "m" that is not in its place is as mandatory as one that is.
            if (extensions[1..][part] is not [var letter, (byte)'=', _, ..] || !char.IsAsciiLetter((char)letter) || letter == 'm')
            {
                return false;
            }
        }
        return true;
    }
}
