using System.Text;

namespace Posthorn.Standards.Mime;

/// <summary>Message ids in a field: what stands between angle brackets, white space taken out. Words outside brackets are no ids.</summary>
/// <remarks>RFC 5322 §3.6.4; quotes that change nothing are taken off (RFC 5256 §3). Programs write ids without brackets in a Message-ID field of their own; that one is read too.</remarks>
public static class MessageIds
{
    /// <summary>Adds up to <paramref name="most"/> ids: when there are more, the first, which began the thread, and the last ones.</summary>
    public static void Read(ReadOnlySpan<byte> value, List<string> ids, int most)
    {
        int first = ids.Count;
        for (int open; (open = value.IndexOf((byte)'<')) >= 0;)
        {
            value = value[(open + 1)..];
            int end = value.IndexOfAny((byte)'>', (byte)'<');
            if (end < 0)
            {
                return;
            }

            if (value[end] == '>' && Clean(value[..end]) is { } id && !ids.Contains(id))
            {
                if (ids.Count >= most && ids.Count > first + 1)
                {
                    ids.RemoveAt(first + 1);
                }

                if (ids.Count < most)
                {
                    ids.Add(id);
                }
            }

            value = value[end..];
        }
    }

    /// <summary>The id of a message; one without brackets counts when it is one word.</summary>
    public static string? ReadOwn(ReadOnlySpan<byte> value)
    {
        List<string> ids = [];
        Read(value, ids, 1);
        return ids.Count > 0 ? ids[0] : value.ContainsAny((byte)'<', (byte)'>') ? null : Clean(value.Trim(" \t\r\n"u8));
    }

    private static string? Clean(ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty || id.Length > MimeLimits.MessageIdLength)
        {
            return null;
        }

        string text = Encoding.Latin1.GetString(id);
        if (text.AsSpan().ContainsAny(" \t\r\n"))
        {
            text = string.Concat(text.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
        }

        // <"01KF8JCEOCBS0045PS"@xxx.yyy.com> is the same id as without the quotes.
        int close = text.StartsWith('"') ? text.IndexOf("\"@", StringComparison.Ordinal) : -1;
        text = close > 1 ? text[1..close].Replace("\\", "", StringComparison.Ordinal) + text[(close + 1)..] : text;
        return text.Length == 0 || text.Any(char.IsControl) ? null : text;
    }
}
