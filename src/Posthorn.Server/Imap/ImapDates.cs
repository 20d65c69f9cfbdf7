using System.Globalization;
using System.Text;

namespace Posthorn.Server.Imap;

/// <summary>RFC 9051 §9 <c>date-time</c> and <c>date</c>.</summary>
internal static class ImapDates
{
    /// <summary><c>17-Jul-1996 02:44:25 -0700</c>: the day fixed to two places, filled with a space.</summary>
    public const int DateTimeLength = 26;

    // "d-MMM" reads a day with or without the space before it; which of them is the fixed form the length says.
    private static readonly string[] DateTimeFormats = ["d-MMM-yyyy HH:mm:ss zzz"];

    public static bool TryParseDateTime(ReadOnlySpan<byte> text, out DateTimeOffset value)
    {
        value = default;
        if (text.Length != DateTimeLength || text[21] is not ((byte)'+' or (byte)'-'))
        {
            return false;
        }

        // The framework wants a colon in the zone.
        Span<char> chars = stackalloc char[DateTimeLength + 1];
        int length = Encoding.Latin1.GetChars(text[..24], chars);
        chars[length++] = ':';
        length += Encoding.Latin1.GetChars(text[24..], chars[length..]);
        return DateTimeOffset.TryParseExact(
            chars[..length], DateTimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AllowLeadingWhite, out value);
    }

    public static bool TryParseDate(ReadOnlySpan<byte> text, out DateOnly value)
    {
        value = default;
        if (text.Length is < 10 or > 11)
        {
            return false;
        }

        Span<char> chars = stackalloc char[text.Length];
        Encoding.Latin1.GetChars(text, chars);
        return DateOnly.TryParseExact(chars, "d-MMM-yyyy", CultureInfo.InvariantCulture, DateTimeStyles.None, out value);
    }

    /// <summary>Writes <see cref="DateTimeLength"/> octets.</summary>
    public static void FormatDateTime(DateTimeOffset value, Span<byte> text)
    {
        value.TryFormat(text, out _, "dd-MMM-yyyy HH:mm:ss ", CultureInfo.InvariantCulture);
        if (text[0] == '0')
        {
            text[0] = (byte)' ';
        }

        TimeSpan zone = value.Offset.Duration();
        text[21] = value.Offset < TimeSpan.Zero ? (byte)'-' : (byte)'+';
        zone.TryFormat(text[22..], out _, "hhmm", CultureInfo.InvariantCulture);
    }
}
