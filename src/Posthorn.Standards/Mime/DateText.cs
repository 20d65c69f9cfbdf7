using MimeKit.Utils;

namespace Posthorn.Standards.Mime;

/// <summary>Dates of headers, as people's programs write them.</summary>
/// <remarks>RFC 5322 §3.3, §4.3.</remarks>
public static class DateText
{
    private const int LongestDate = 200;

    /// <summary>Null when there is no sense in it.</summary>
    public static DateTimeOffset? Read(ReadOnlySpan<byte> value)
    {
        value = value.Trim(" \t\r\n"u8);
        return value.Length is > 0 and <= LongestDate && DateUtils.TryParse(Tidy(value), out DateTimeOffset date) ? date : null;
    }

    /// <summary>Takes out comments, and white space around colons, which obsolete syntax allows.</summary>
    private static byte[] Tidy(ReadOnlySpan<byte> value)
    {
        Span<byte> tidy = stackalloc byte[LongestDate];
        int length = 0, depth = 0;
        foreach (byte octet in value)
        {
            depth += octet == '(' ? 1 : 0;
            bool isSpace = octet is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
            if (octet == ':' && depth == 0)
            {
                length = tidy[..length].TrimEnd((byte)' ').Length;
            }

            bool isKept = depth == 0 && (!isSpace || (length > 0 && tidy[length - 1] is not ((byte)' ' or (byte)':')));
            if (isKept)
            {
                tidy[length++] = isSpace ? (byte)' ' : octet;
            }

            depth -= octet == ')' && depth > 0 ? 1 : 0;
        }

        return tidy[..length].ToArray();
    }
}
