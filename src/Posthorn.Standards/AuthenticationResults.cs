using System.Buffers;
using System.Text;

namespace Posthorn.Standards;

/// <summary>Writes the Authentication-Results field, reads results of our own, and finds fields of others that claim to be ours.</summary>
/// <remarks>RFC 8601 §2.2, §5. Text that comes from outside is cut, and what is not printable ASCII is replaced.</remarks>
/// <param name="authservId">Our name.</param>
public sealed class AuthenticationResults(string authservId)
{
    /// <summary>Characters of one reason or property that are written.</summary>
    public const int MaxValue = 250;

    // RFC 5322 §2.1.1.
    private const int LineLength = 78;

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private readonly List<string[]> _results = [];

    /// <summary>Adds one resinfo.</summary>
    /// <param name="method">As registered: "spf", "dkim", "dmarc".</param>
    /// <param name="result">As registered.</param>
    /// <param name="reason">Free text; null: none.</param>
    /// <param name="properties">Like ("smtp.mailfrom", "a@example.com"); those without a value are left out.</param>
    public AuthenticationResults Add(string method, string result, string? reason, params ReadOnlySpan<(string Property, string Value)> properties)
    {
        var words = new List<string> { $"{method}={result}" };
        if (!string.IsNullOrEmpty(reason))
        {
            words.Add($"reason={Quoted(reason)}");
        }
        foreach ((string property, string value) in properties)
        {
            if (value.Length > 0)
            {
                words.Add($"{property}={Value(value)}");
            }
        }
        _results.Add([.. words]);
        return this;
    }

    /// <summary>The whole field, folded, with CRLF at the end.</summary>
    public string ToField()
    {
        var field = new StringBuilder($"Authentication-Results: {Value(authservId)};");
        if (_results.Count == 0)
        {
            return field.Append(" none\r\n").ToString();
        }
        for (int at = 0; at < _results.Count; at++)
        {
            field.Append("\r\n\t");
            int column = 8;
            foreach (string word in _results[at])
            {
                if (column > 8 && column + 1 + word.Length > LineLength)
                {
                    field.Append("\r\n\t ");
                    column = 9;
                }
                else if (column > 8)
                {
                    field.Append(' ');
                    column++;
                }
                field.Append(word);
                column += word.Length;
            }
            field.Append(at == _results.Count - 1 ? "\r\n" : ";");
        }
        return field.ToString();
    }

    /// <summary>Where fields stand that claim one of our names, or whose name cannot be read; they have to go before the mail is kept.</summary>
    /// <param name="header">The header's octets.</param>
    /// <param name="authservIds">Our names, compared without case.</param>
    /// <returns>Ranges of the header, in order, each a whole field with its line end.</returns>
    public static IReadOnlyList<Range> FindClaims(ReadOnlyMemory<byte> header, IReadOnlyCollection<string> authservIds)
    {
        List<Range>? claims = null;
        foreach (RawHeader.Field field in RawHeader.Read(header).Fields)
        {
            if (field.Is("Authentication-Results"u8)
                && (ReadId(field.Value.Span) is not { } id || authservIds.Contains(id, StringComparer.OrdinalIgnoreCase)))
            {
                (claims ??= []).Add(field.Start..(field.Start + field.Octets.Length));
            }
        }
        return claims ?? [];
    }

    /// <summary>Whether one of the fields tells this result of this method.</summary>
    /// <param name="header">Fields that this server wrote: whose they are is not looked at.</param>
    /// <param name="method">As registered, compared without case. One that is written with a version does not count.</param>
    /// <param name="result">As registered, compared without case.</param>
    public static bool Tell(ReadOnlyMemory<byte> header, string method, string result)
    {
        foreach (RawHeader.Field field in RawHeader.Read(header).Fields)
        {
            if (field.Is("Authentication-Results"u8) && HasResult(field.Value.Span, method, result))
            {
                return true;
            }
        }
        return false;
    }

    // resinfo = [CFWS] ";" methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ]; methodspec = [CFWS] method [CFWS] "=" [CFWS] result      RFC 8601 §2.2
    private static bool HasResult(ReadOnlySpan<byte> value, string method, string result)
    {
        for (int at = EndOfPart(value, 0); at < value.Length; at = EndOfPart(value, at + 1))
        {
            int start = SkipCfws(value, at + 1), end = EndOfToken(value, start), equals = SkipCfws(value, end);
            if (equals < value.Length && value[equals] == '=' && Ascii.EqualsIgnoreCase(value[start..end], Encoding.ASCII.GetBytes(method)))
            {
                start = SkipCfws(value, equals + 1);
                if (Ascii.EqualsIgnoreCase(value[start..EndOfToken(value, start)], Encoding.ASCII.GetBytes(result)))
                {
                    return true;
                }
            }
        }
        return false;
    }

    // The next semicolon, but not one that a sender wrote into a quoted string or a comment.
    private static int EndOfPart(ReadOnlySpan<byte> value, int at)
    {
        bool isQuoted = false;
        for (int depth = 0; at < value.Length; at++)
        {
            switch (value[at])
            {
                case (byte)'\\' when isQuoted || depth > 0:
                    at++;
                    break;
                case (byte)'"' when depth == 0:
                    isQuoted = !isQuoted;
                    break;
                case (byte)'(' when !isQuoted:
                    depth++;
                    break;
                case (byte)')' when depth > 0:
                    depth--;
                    break;
                case (byte)';' when !isQuoted && depth == 0:
                    return at;
            }
        }
        return value.Length;
    }

    private static int EndOfToken(ReadOnlySpan<byte> value, int at)
    {
        while (at < value.Length && TokenCharacters.Contains((char)value[at]))
        {
            at++;
        }
        return at;
    }

    // authres-header = "Authentication-Results:" [CFWS] authserv-id ...; authserv-id = value = token / quoted-string      RFC 8601 §2.2
    private static string? ReadId(ReadOnlySpan<byte> value)
    {
        int at = SkipCfws(value, 0);
        var id = new StringBuilder();
        if (at < value.Length && value[at] == '"')
        {
            for (at++; at < value.Length && value[at] != '"'; at++)
            {
                at += value[at] == '\\' && at + 1 < value.Length ? 1 : 0;
                id.Append((char)value[at]);
            }
            return at < value.Length && id.Length > 0 ? id.ToString() : null;
        }
        for (; at < value.Length && (TokenCharacters.Contains((char)value[at]) || value[at] >= 0x80); at++)
        {
            id.Append((char)value[at]);
        }
        return id.Length > 0 ? id.ToString() : null;
    }

    // Comments nest (RFC 5322 §3.2.2). One that does not end swallows the rest, and so the name: the field is then removed.
    private static int SkipCfws(ReadOnlySpan<byte> value, int at)
    {
        int depth = 0;
        for (; at < value.Length; at++)
        {
            switch (value[at])
            {
                case (byte)'(':
                    depth++;
                    break;
                case (byte)')' when depth > 0:
                    depth--;
                    break;
                case (byte)'\\' when depth > 0:
                    at++;
                    break;
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    break;
                default:
                    if (depth == 0)
                    {
                        return at;
                    }
                    break;
            }
        }
        return value.Length;
    }

    // pvalue = value / [ [ local-part ] "@" ] domain-name      RFC 8601 §2.2
    private static string Value(string text)
    {
        text = Printable(text);
        int at = text.LastIndexOf('@');
        return at switch
        {
            < 0 => IsToken(text) ? text : Quoted(text),
            0 => IsToken(text[1..]) ? text : Quoted(text),
            _ when !IsToken(text[(at + 1)..]) => Quoted(text),
            _ => IsToken(text[..at]) || text.StartsWith('"') ? IsSafeLocal(text[..at]) ? text : Quoted(text) : $"{Quoted(text[..at])}{text[at..]}",
        };
    }

    // A local-part that comes quoted stays as it is where it is one quoted string.
    private static bool IsSafeLocal(string local) =>
        IsToken(local) || (local.Length >= 2 && local[^1] == '"' && !local.AsSpan(1, local.Length - 2).ContainsAny('"', '\\'));

    private static bool IsToken(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(TokenCharacters);

    private static string Quoted(string text) =>
        $"\"{Printable(text).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static string Printable(string text)
    {
        string cut = text.Length > MaxValue ? text[..MaxValue] : text;
        return cut.AsSpan().ContainsAnyExceptInRange(' ', '~') ? string.Concat(cut.Select(c => c is >= ' ' and <= '~' ? c : '?')) : cut;
    }
}
