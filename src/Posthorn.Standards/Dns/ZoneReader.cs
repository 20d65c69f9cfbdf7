using System.Text;

namespace Posthorn.Standards.Dns;

/// <summary>Reads the master file format into entries: words, quoted strings, comments, and lines joined by parentheses.</summary>
/// <remarks>RFC 1035 §5.1. Not implemented: RFC 1035 §5.1 $INCLUDE (a zone is one text).</remarks>
internal sealed class ZoneReader(string text)
{
    private readonly StringBuilder _word = new();
    private int _at;
    private int _line = 1;

    /// <summary>One entry. An owner left out is shown by <see cref="Entry.StartsWithBlank"/>.</summary>
    internal sealed record Entry(int Line, bool StartsWithBlank, IReadOnlyList<string> Words);

    /// <exception cref="FormatException">Names the line.</exception>
    public IEnumerable<Entry> Read()
    {
        while (_at < text.Length)
        {
            int line = _line;
            bool blank = text[_at] is ' ' or '\t';
            List<string> words = ReadWords();
            if (words.Count > 0)
            {
                yield return new Entry(line, blank, words);
            }
        }
    }

    private List<string> ReadWords()
    {
        var words = new List<string>();
        int depth = 0;
        while (_at < text.Length)
        {
            char c = text[_at];
            switch (c)
            {
                case '\n':
                    _at++;
                    _line++;
                    if (depth == 0)
                    {
                        return words;
                    }
                    break;
                case ' ' or '\t' or '\r':
                    _at++;
                    break;
                case ';':
                    int end = text.IndexOf('\n', _at);
                    _at = end < 0 ? text.Length : end;
                    break;
                case '(':
                    depth++;
                    _at++;
                    break;
                case ')':
                    depth = depth > 0 ? depth - 1 : throw Wrong("a closing parenthesis without an opening one");
                    _at++;
                    break;
                default:
                    words.Add(c == '"' ? ReadQuoted() : ReadWord());
                    break;
            }
        }
        return depth == 0 ? words : throw Wrong("a parenthesis that is not closed");
    }

    private string ReadQuoted()
    {
        _word.Clear();
        for (_at++; _at < text.Length; _at++)
        {
            switch (text[_at])
            {
                case '"':
                    _at++;
                    return _word.ToString();
                case '\n':
                    throw Wrong("a quoted string that is not closed");
                case '\\':
                    _word.Append(ReadEscape());
                    break;
                default:
                    _word.Append(text[_at]);
                    break;
            }
        }
        throw Wrong("a quoted string that is not closed");
    }

    private string ReadWord()
    {
        _word.Clear();
        for (; _at < text.Length && text[_at] is not (' ' or '\t' or '\r' or '\n' or ';' or '(' or ')' or '"'); _at++)
        {
            _word.Append(text[_at] == '\\' ? ReadEscape() : text[_at]);
        }
        return _word.ToString();
    }

    // "\DDD" is an octet in decimal, "\X" is X itself. Leaves the position on the last character of the escape.
    private char ReadEscape()
    {
        if (_at + 3 < text.Length && int.TryParse(text.AsSpan(_at + 1, 3), System.Globalization.NumberStyles.None, null, out int octet))
        {
            _at += 3;
            return octet <= 255 ? (char)octet : throw Wrong("an escape above 255");
        }
        _at++;
        return _at < text.Length && text[_at] != '\n' ? text[_at] : throw Wrong("a backslash at the end of a line");
    }

    private FormatException Wrong(string what) => new($"Zone text, line {_line}: {what}.");
}
