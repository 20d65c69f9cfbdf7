using System.Text;

namespace Posthorn.Standards.Mime;

/// <summary>The subject without "Re:", "Fwd:", list tags and their like: what SORT orders by and threads are joined by.</summary>
/// <remarks>RFC 5256 §2.1; the steps are numbered as there.</remarks>
public static class BaseSubject
{
    /// <param name="subject">Decoded subject; what <see cref="HeaderText.Decode(ReadOnlySpan{byte})"/> gave.</param>
    /// <param name="isReply">Whether a reply or forward mark was taken off.</param>
    public static string Of(string subject, out bool isReply)
    {
        isReply = false;
        ReadOnlySpan<char> text = Collapse(subject);
        while (true)
        {
            text = TrimTrailers(text, ref isReply);                                             // (2)
            ReadOnlySpan<char> before;
            do
            {
                before = text;
                text = TrimLeaders(text, ref isReply);                                          // (3)
                for (int blob; (blob = BlobLength(text)) > 0 && blob < text.Length;)
                {
                    // No reply mark stands behind these blobs, so all go at once: one pass, not one for each.
                    text = text[blob..];                                                        // (4)
                }
            }
            while (before.Length != text.Length);                                               // (5)

            if (!text.StartsWith("[fwd:", StringComparison.OrdinalIgnoreCase) || !text.EndsWith("]"))
            {
                return text.Length == subject.Length ? subject : text.ToString();
            }

            isReply = true;
            text = text["[fwd:".Length..^1];                                                    // (6)
        }
    }

    /// <summary>Step (1) after decoding: tabs are spaces, many spaces are one.</summary>
    private static string Collapse(string subject)
    {
        if (!subject.Contains("  ", StringComparison.Ordinal) && !subject.AsSpan().ContainsAny('\t', '\r', '\n'))
        {
            return subject;
        }

        var text = new StringBuilder(subject.Length);
        foreach (char letter in subject)
        {
            bool isSpace = letter is ' ' or '\t' or '\r' or '\n';
            if (!isSpace || text.Length == 0 || text[^1] != ' ')
            {
                text.Append(isSpace ? ' ' : letter);
            }
        }

        return text.ToString();
    }

    private static ReadOnlySpan<char> TrimTrailers(ReadOnlySpan<char> text, scoped ref bool isReply)
    {
        while (true)
        {
            text = text.TrimEnd(' ');
            if (!text.EndsWith("(fwd)", StringComparison.OrdinalIgnoreCase))
            {
                return text;
            }

            isReply = true;
            text = text[..^"(fwd)".Length];
        }
    }

    // subj-leader = (*subj-blob subj-refwd) / WSP
    private static ReadOnlySpan<char> TrimLeaders(ReadOnlySpan<char> text, scoped ref bool isReply)
    {
        while (true)
        {
            text = text.TrimStart(' ');
            int position = 0;
            for (int blob; (blob = BlobLength(text[position..])) > 0;)
            {
                position += blob;
            }

            int mark = ReplyLength(text[position..]);
            if (mark == 0)
            {
                return text;
            }

            isReply = true;
            text = text[(position + mark)..];
        }
    }

    // subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
    private static int ReplyLength(ReadOnlySpan<char> text)
    {
        int length = text.StartsWith("re", StringComparison.OrdinalIgnoreCase) ? 2
            : text.StartsWith("fwd", StringComparison.OrdinalIgnoreCase) ? 3
            : text.StartsWith("fw", StringComparison.OrdinalIgnoreCase) ? 2 : 0;
        if (length == 0)
        {
            return 0;
        }

        length += text[length..].Length - text[length..].TrimStart(' ').Length;
        length += BlobLength(text[length..]);
        return length < text.Length && text[length] == ':' ? length + 1 : 0;
    }

    // subj-blob = "[" *BLOBCHAR "]" *WSP
    private static int BlobLength(ReadOnlySpan<char> text)
    {
        if (!text.StartsWith("["))
        {
            return 0;
        }

        int end = text[1..].IndexOfAny('[', ']') + 1;
        if (end == 0 || text[end] == '[')
        {
            return 0;
        }

        end++;
        return end + text[end..].Length - text[end..].TrimStart(' ').Length;
    }
}
