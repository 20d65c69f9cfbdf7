using System.Buffers;
using System.Text;

namespace Posthorn.Server.Smtp.Grammar;

/// <summary>Reads the argument of one command line; calls read like the grammar. RFC 5321 §4.1.2.</summary>
/// <remarks>The line is whole and in one piece; nothing read from it is kept. Throws <see cref="SmtpSyntaxException"/> only.</remarks>
internal ref struct SmtpReader(ReadOnlySpan<byte> line)
{
    private static readonly SearchValues<byte> KeywordOctets =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"u8);

    private ReadOnlySpan<byte> _rest = line;

    public readonly bool AtEnd => _rest.IsEmpty;

    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>The verb; it ends at a space.</summary>
    public ReadOnlySpan<byte> Verb()
    {
        var verb = Until(_rest.IndexOf((byte)' '));
        Spaces();
        return verb;
    }

    // Deviates from RFC 5321 §4.1.1: spaces at the end of a line, and more than one between arguments, do no harm.
    public void Spaces()
    {
        var start = _rest.IndexOfAnyExcept((byte)' ');
        _rest = start < 0 ? default : _rest[start..];
    }

    public readonly void End(string text)
    {
        if (!AtEnd)
        {
            throw new SmtpSyntaxException(text);
        }
    }

    /// <summary>FROM: or TO:, without regard to case.</summary>
    public void Expect(ReadOnlySpan<byte> keyword, string text)
    {
        if (!Standards.Ascii.StartsWithIgnoreCase(_rest, keyword))
        {
            throw new SmtpSyntaxException(text);
        }
        _rest = _rest[keyword.Length..];
        // Deviates from RFC 5321 §3.3: a space behind the colon is common and unambiguous.
        Spaces();
    }

    /// <summary>One word up to the next space.</summary>
    public ReadOnlySpan<byte> Word()
    {
        var word = Until(_rest.IndexOf((byte)' '));
        Spaces();
        return word;
    }

    // Path = "<" [ A-d-l ":" ] Mailbox ">"
    /// <summary>What stands between the angle brackets, without a source route: empty for the null path.</summary>
    /// <remarks>RFC 5321 §4.1.2: a route must be accepted and should be ignored.</remarks>
    public ReadOnlySpan<byte> Path()
    {
        if (_rest.IsEmpty || _rest[0] != (byte)'<')
        {
            throw new SmtpSyntaxException(new SmtpReply(501, "5.1.7", "The address goes in angle brackets, as in <you@example.org>"));
        }
        var end = ClosingBracket(_rest);
        var path = _rest[1..end];
        _rest = _rest[(end + 1)..];
        if (!_rest.IsEmpty && _rest[0] != (byte)' ')
        {
            throw new SmtpSyntaxException(new SmtpReply(501, "5.1.7", "There is something behind the closing bracket of the address"));
        }
        Spaces();
        return WithoutRoute(path);
    }

    private static int ClosingBracket(ReadOnlySpan<byte> text)
    {
        var quoted = false;
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'\\' when quoted:
                    i++;
                    break;
                case (byte)'"':
                    quoted = !quoted;
                    break;
                case (byte)'>' when !quoted:
                    return i;
            }
        }
        throw new SmtpSyntaxException(new SmtpReply(501, "5.1.7", "The closing bracket of the address is missing"));
    }

    // A-d-l = At-domain *( "," At-domain )
    private static ReadOnlySpan<byte> WithoutRoute(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty || path[0] != (byte)'@')
        {
            return path;
        }
        var colon = path.IndexOf((byte)':');
        return colon > 0 ? path[(colon + 1)..] : path;
    }

    // esmtp-param = esmtp-keyword ["=" esmtp-value]
    /// <summary>The next parameter; false at the end of the line.</summary>
    public bool TryParameter(out ReadOnlySpan<byte> keyword, out ReadOnlySpan<byte> value, out bool hasValue)
    {
        keyword = value = default;
        hasValue = false;
        if (AtEnd)
        {
            return false;
        }
        var parameter = Word();
        var equals = parameter.IndexOf((byte)'=');
        hasValue = equals >= 0;
        keyword = hasValue ? parameter[..equals] : parameter;
        value = hasValue ? parameter[(equals + 1)..] : default;
        if (keyword.IsEmpty || keyword.ContainsAnyExcept(KeywordOctets) || (hasValue && value.IsEmpty))
        {
            throw new SmtpSyntaxException("A parameter is malformed: it is KEYWORD or KEYWORD=value");
        }
        return true;
    }

    private ReadOnlySpan<byte> Until(int index)
    {
        var word = index < 0 ? _rest : _rest[..index];
        _rest = _rest[word.Length..];
        return word;
    }

    /// <exception cref="SmtpSyntaxException">Not UTF-8, or control characters in it.</exception>
    public static string Text(ReadOnlySpan<byte> octets)
    {
        if (octets.ContainsAnyInRange((byte)0, (byte)31) || octets.Contains((byte)127) || !System.Text.Unicode.Utf8.IsValid(octets))
        {
            throw new SmtpSyntaxException(new SmtpReply(501, "5.5.2", "There are octets in the line that are not UTF-8 text"));
        }
        return Encoding.UTF8.GetString(octets);
    }
}
