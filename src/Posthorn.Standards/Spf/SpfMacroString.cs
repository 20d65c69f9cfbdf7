using System.Buffers;

namespace Posthorn.Standards.Spf;

/// <summary>A macro-string, read: literal text and macros in turn.</summary>
/// <remarks>RFC 7208 §7.1.</remarks>
internal sealed class SpfMacroString
{
    private const string Letters = "slodiphcrtv";
    private const string LettersOfExplanations = "crt";
    private static readonly SearchValues<char> DelimiterCharacters = SearchValues.Create(".-+,/_=");

    private SpfMacroString(IReadOnlyList<Part> parts) => Parts = parts;

    public IReadOnlyList<Part> Parts { get; }

    /// <summary>Literal text where <see cref="Letter"/> is NUL, otherwise a macro; an upper-case letter asks for URL escapes.</summary>
    internal sealed record Part(string Literal, char Letter = '\0', int Keep = 0, bool Reverse = false, string Delimiters = "");

    /// <summary>macro-string with the rule that it ends as a domain name does; null where the text is not one.</summary>
    public static SpfMacroString? DomainSpec(string text) =>
        Read(text, spaces: false) is { } read && EndsAsDomain(read.Parts) && !read.Parts.Any(IsOfExplanations) ? read : null;

    public static SpfMacroString? MacroString(string text) => Read(text, spaces: false);

    public static SpfMacroString? ExplainString(string text) => Read(text, spaces: true);

    private static bool IsOfExplanations(Part part) => LettersOfExplanations.Contains(char.ToLowerInvariant(part.Letter), StringComparison.Ordinal);

    private static SpfMacroString? Read(string text, bool spaces)
    {
        var parts = new List<Part>();
        int literal = 0;
        int at = 0;
        while (at < text.Length)
        {
            char c = text[at];
            if (c == '%')
            {
                Flush(text[literal..at]);
                int end = ReadMacro(text, at + 1, parts);
                if (end < 0)
                {
                    return null;
                }
                literal = at = end;
            }
            else if (c is > ' ' and < '\x7f' || (spaces && c == ' '))
            {
                at++;
            }
            else
            {
                return null;
            }
        }
        Flush(text[literal..]);
        return new SpfMacroString(parts);

        void Flush(string run)
        {
            if (run.Length > 0)
            {
                parts.Add(new Part(run));
            }
        }
    }

    // macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"      RFC 7208 §7.1
    // Returns the place behind it, or -1.
    private static int ReadMacro(string text, int at, List<Part> parts)
    {
        string? fixedText = (at < text.Length ? text[at] : '\0') switch { '%' => "%", '_' => " ", '-' => "%20", _ => null };
        if (fixedText is not null)
        {
            // An expansion, not a literal: it may end a domain-spec. NUL would read as literal, so it carries its own mark.
            parts.Add(new Part(fixedText, '%'));
            return at + 1;
        }
        int close = text.IndexOf('}', at);
        if (close < at + 2 || text[at] != '{' || !Letters.Contains(char.ToLowerInvariant(text[at + 1]), StringComparison.Ordinal))
        {
            return -1;
        }
        char letter = text[at + 1];
        int keep = 0;
        bool digits = false;
        for (at += 2; char.IsAsciiDigit(text[at]); at++)
        {
            digits = true;
            keep = Math.Min((keep * 10) + (text[at] - '0'), 1000);
        }
        bool reverse = text[at] is 'r' or 'R';
        at += reverse ? 1 : 0;
        string delimiters = text[at..close];
        if ((digits && keep == 0) || delimiters.AsSpan().ContainsAnyExcept(DelimiterCharacters))
        {
            return -1;
        }
        parts.Add(new Part("", letter, keep, reverse, delimiters));
        return close + 1;
    }

    // domain-end = ( "." toplabel [ "." ] ) / macro-expand      RFC 7208 §7.1
    private static bool EndsAsDomain(IReadOnlyList<Part> parts)
    {
        if (parts.Count == 0)
        {
            return false;
        }
        if (parts[^1].Letter != '\0')
        {
            return true;
        }
        string text = parts[^1].Literal;
        text = text.EndsWith('.') ? text[..^1] : text;
        int dot = text.LastIndexOf('.');
        if (dot < 0)
        {
            return false;
        }
        string label = text[(dot + 1)..];
        return label.Length > 0
            && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            && label[0] != '-' && label[^1] != '-'
            && !label.All(char.IsAsciiDigit);
    }
}
