using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Text;

namespace Posthorn.Standards.Mime;

/// <summary>
/// The text of HTML as it comes, piece by piece: tags and comments go, character references are decoded, elements that begin a
/// line leave a line end, the content of style, script and title is dropped. For searching and previews; it makes nothing safe to show.
/// </summary>
internal sealed class HtmlText
{
    /// <summary>Characters that the result of a piece may be longer than the piece.</summary>
    public const int Extra = LongestReference + 2;

    private const int LongestName = 16;
    private const int LongestReference = 12;

    private static readonly FrozenSet<string> Inline = FrozenSet.Create(
        StringComparer.Ordinal,
        "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "img", "ins", "kbd", "mark", "q", "s", "samp", "small", "span",
        "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr");

    private static readonly FrozenSet<string> Dropped = FrozenSet.Create(StringComparer.Ordinal, "script", "style", "title");

    private readonly char[] _name = new char[LongestName];
    private readonly char[] _reference = new char[LongestReference];
    private State _state;
    private int _nameLength;
    private int _referenceLength;
    private int _matched;
    private string? _droppedName;
    private bool _isEndTag;
    private bool _afterEquals;
    private char _quote;

    private enum State
    {
        Text,
        Reference,
        TagOpen,
        TagName,
        Tag,
        Quoted,
        Declaration,
        Comment,
        Dropped,
    }

    /// <param name="output">At least <see cref="Extra"/> characters longer than the piece.</param>
    /// <returns>Characters written.</returns>
    public int Push(ReadOnlySpan<char> html, Span<char> output)
    {
        int written = 0;
        while (!html.IsEmpty)
        {
            html = _state switch
            {
                State.Text => TakeText(html, output, ref written),
                State.Reference => TakeReference(html, output, ref written),
                State.TagOpen => TakeTagOpen(html, output, ref written),
                State.TagName => TakeTagName(html),
                State.Tag => TakeTag(html, output, ref written),
                State.Quoted => TakeQuoted(html),
                State.Declaration => TakeDeclaration(html),
                State.Comment => TakeComment(html),
                _ => TakeDropped(html),
            };
        }

        return written;
    }

    private ReadOnlySpan<char> TakeText(ReadOnlySpan<char> html, Span<char> output, scoped ref int written)
    {
        int end = html.IndexOfAny('<', '&');
        ReadOnlySpan<char> text = end < 0 ? html : html[..end];
        text.CopyTo(output[written..]);
        written += text.Length;
        if (end < 0)
        {
            return [];
        }

        _state = html[end] == '<' ? State.TagOpen : State.Reference;
        _referenceLength = 0;
        return html[(end + 1)..];
    }

    private ReadOnlySpan<char> TakeReference(ReadOnlySpan<char> html, Span<char> output, scoped ref int written)
    {
        char next = html[0];
        if (_referenceLength < LongestReference && (char.IsAsciiLetterOrDigit(next) || (next == '#' && _referenceLength == 0)))
        {
            _reference[_referenceLength++] = next;
            return html[1..];
        }

        _state = State.Text;
        ReadOnlySpan<char> reference = _reference.AsSpan(0, _referenceLength);
        if (next == ';' && Resolve(reference) is { } character)
        {
            character.CopyTo(output[written..]);
            written += character.Length;
            return html[1..];
        }

        output[written++] = '&';
        reference.CopyTo(output[written..]);
        written += reference.Length;
        return html;
    }

    /// <summary>At most two characters, fewer than the reference had; null when there is no such reference.</summary>
    private static string? Resolve(ReadOnlySpan<char> reference)
    {
        if (!reference.StartsWith("#"))
        {
            string whole = $"&{reference};", decoded = WebUtility.HtmlDecode(whole);
            return decoded == whole ? null : decoded;
        }

        bool isHex = reference.Length > 1 && reference[1] is 'x' or 'X';
        bool isNumber = int.TryParse(
            reference[(isHex ? 2 : 1)..], isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out int value);
        return !isNumber ? null : value != 0 && Rune.TryCreate(value, out Rune rune) ? rune.ToString() : "\ufffd";
    }

    private ReadOnlySpan<char> TakeTagOpen(ReadOnlySpan<char> html, Span<char> output, scoped ref int written)
    {
        char next = html[0];
        (_nameLength, _isEndTag, _afterEquals, _matched) = (0, next == '/', false, 0);
        if (next is '!' or '?')
        {
            _state = State.Declaration;
            return html[1..];
        }

        if (next == '/' || char.IsAsciiLetter(next))
        {
            _state = State.TagName;
            return next == '/' ? html[1..] : html;
        }

        output[written++] = '<';
        _state = State.Text;
        return html;
    }

    private ReadOnlySpan<char> TakeTagName(ReadOnlySpan<char> html)
    {
        char next = html[0];
        if (!char.IsAsciiLetterOrDigit(next))
        {
            _state = State.Tag;
            return html;
        }

        if (_nameLength < LongestName)
        {
            _name[_nameLength++] = char.ToLowerInvariant(next);
        }

        return html[1..];
    }

    private ReadOnlySpan<char> TakeTag(ReadOnlySpan<char> html, Span<char> output, scoped ref int written)
    {
        char next = html[0];
        if (next == '>')
        {
            EndTag(output, ref written);
        }
        else if (next is '"' or '\'' && _afterEquals)
        {
            (_quote, _state) = (next, State.Quoted);
        }

        _afterEquals = next == '=' || (_afterEquals && char.IsWhiteSpace(next));
        return html[1..];
    }

    private void EndTag(Span<char> output, scoped ref int written)
    {
        ReadOnlySpan<char> name = _name.AsSpan(0, _nameLength);
        _state = State.Text;
        if (!Inline.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name))
        {
            output[written++] = '\n';
        }

        if (!_isEndTag && Dropped.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out _droppedName))
        {
            (_state, _matched) = (State.Dropped, 0);
        }
    }

    private ReadOnlySpan<char> TakeQuoted(ReadOnlySpan<char> html)
    {
        int end = html.IndexOf(_quote);
        _state = end < 0 ? State.Quoted : State.Tag;
        return end < 0 ? [] : html[(end + 1)..];
    }

    /// <summary>After "&lt;!" or "&lt;?": two dashes make it a comment.</summary>
    private ReadOnlySpan<char> TakeDeclaration(ReadOnlySpan<char> html)
    {
        _matched = html[0] == '-' && _matched is 0 or 1 ? _matched + 1 : 3;
        if (html[0] == '>')
        {
            _state = State.Text;
        }
        else if (_matched == 2)
        {
            // The two dashes that begin a comment may end it too.
            (_state, _matched) = (State.Comment, 2);
        }

        return html[1..];
    }

    /// <summary>Counts dashes: a comment ends after two with ">".</summary>
    private ReadOnlySpan<char> TakeComment(ReadOnlySpan<char> html)
    {
        if (html[0] == '>' && _matched >= 2)
        {
            _state = State.Text;
        }

        _matched = html[0] == '-' ? _matched + 1 : 0;
        int dash = html[1..].IndexOfAny('-', '>');
        bool canSkip = _state == State.Comment && _matched == 0;
        return canSkip ? dash < 0 ? [] : html[(dash + 1)..] : html[1..];
    }

    /// <summary>Looks for the end tag of style, script or title.</summary>
    private ReadOnlySpan<char> TakeDropped(ReadOnlySpan<char> html)
    {
        char next = html[0];
        if (_matched == 0)
        {
            int open = html.IndexOf('<');
            _matched = open < 0 ? 0 : 1;
            return open < 0 ? [] : html[(open + 1)..];
        }

        char expected = _matched == 1 ? '/' : _droppedName![_matched - 2];
        if (char.ToLowerInvariant(next) != expected)
        {
            _matched = 0;
            return html;
        }

        if (++_matched == _droppedName!.Length + 2)
        {
            (_isEndTag, _nameLength, _state) = (true, 0, State.Tag);
        }

        return html[1..];
    }
}
