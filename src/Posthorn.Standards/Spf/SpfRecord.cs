using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Posthorn.Standards.Spf;

/// <summary>A record, read as a whole: one wrong term makes all of it wrong (RFC 7208 §4.6).</summary>
internal sealed record SpfRecord(IReadOnlyList<SpfTerm> Terms, SpfMacroString? Redirect, SpfMacroString? Explanation)
{
    private const string Version = "v=spf1";

    /// <summary>The text begins with the version section (RFC 7208 §4.5).</summary>
    public static bool IsOne(string text) =>
        text.StartsWith(Version, StringComparison.OrdinalIgnoreCase) && (text.Length == Version.Length || text[Version.Length] == ' ');

    /// <returns>The record, or the term that is wrong.</returns>
    public static (SpfRecord? Record, string? WrongTerm) Parse(string text)
    {
        var terms = new List<SpfTerm>();
        SpfMacroString? redirect = null;
        SpfMacroString? explanation = null;
        foreach (string term in text[Version.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int name = NameLength(term);
            bool read;
            if (name > 0 && name < term.Length && term[name] == '=')
            {
                read = ReadModifier(term[..name].ToLowerInvariant(), term[(name + 1)..], ref redirect, ref explanation);
            }
            else
            {
                SpfTerm? mechanism = ReadMechanism(term);
                read = mechanism is not null;
                if (read)
                {
                    terms.Add(mechanism!);
                }
            }
            if (!read)
            {
                return (null, term);
            }
        }
        return (new SpfRecord(terms, redirect, explanation), null);
    }

    // name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )      RFC 7208 §12
    private static int NameLength(string term)
    {
        int length = 0;
        while (length < term.Length
            && (char.IsAsciiLetter(term[length]) || (length > 0 && (char.IsAsciiDigit(term[length]) || term[length] is '-' or '_' or '.'))))
        {
            length++;
        }
        return length;
    }

    // RFC 7208 §6: each of the two at most once; others are ignored, yet have to be macro-strings.
    private static bool ReadModifier(string name, string value, ref SpfMacroString? redirect, ref SpfMacroString? explanation)
    {
        switch (name)
        {
            case "redirect" when redirect is null:
                redirect = SpfMacroString.DomainSpec(value);
                return redirect is not null;
            case "exp" when explanation is null:
                explanation = SpfMacroString.DomainSpec(value);
                return explanation is not null;
            default:
                return name is not ("redirect" or "exp") && SpfMacroString.MacroString(value) is not null;
        }
    }

    private static SpfTerm? ReadMechanism(string term)
    {
        SpfResult? explicitly = term[0] switch
        {
            '+' => SpfResult.Pass,
            '-' => SpfResult.Fail,
            '?' => SpfResult.Neutral,
            '~' => SpfResult.SoftFail,
            _ => null,
        };
        SpfResult qualifier = explicitly ?? SpfResult.Pass;
        string body = explicitly is null ? term : term[1..];
        int end = body.AsSpan().IndexOfAny(':', '/');
        string name = (end < 0 ? body : body[..end]).ToLowerInvariant();
        string rest = end < 0 ? "" : body[end..];
        string? value = rest.StartsWith(':') ? rest[1..] : null;
        return name switch
        {
            "all" when rest.Length == 0 => new SpfTerm.All(term, qualifier),
            "include" when value is not null && SpfMacroString.DomainSpec(value) is { } domain => new SpfTerm.Include(term, qualifier, domain),
            "exists" when value is not null && SpfMacroString.DomainSpec(value) is { } domain => new SpfTerm.Exists(term, qualifier, domain),
            "ptr" when rest.Length == 0 => new SpfTerm.Ptr(term, qualifier, null),
            "ptr" when value is not null && SpfMacroString.DomainSpec(value) is { } domain => new SpfTerm.Ptr(term, qualifier, domain),
            "a" or "mx" => ReadHosts(term, qualifier, name == "mx", rest),
            "ip4" when value is not null => ReadNetwork(term, qualifier, value, AddressFamily.InterNetwork, 32),
            "ip6" when value is not null => ReadNetwork(term, qualifier, value, AddressFamily.InterNetworkV6, 128),
            _ => null,
        };
    }

    // a = "a" [ ":" domain-spec ] [ dual-cidr-length ]; dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ]      RFC 7208 §12
    private static SpfTerm.Hosts? ReadHosts(string term, SpfResult qualifier, bool exchangers, string rest)
    {
        int ipv4 = 32;
        int ipv6 = 128;
        int digits = TrailingDigits(rest);
        if (rest[..digits].EndsWith("//", StringComparison.Ordinal))
        {
            if (!TryPrefix(rest[digits..], 128, out ipv6))
            {
                return null;
            }
            rest = rest[..(digits - 2)];
            digits = TrailingDigits(rest);
        }
        if (digits < rest.Length && digits > 0 && rest[digits - 1] == '/')
        {
            if (!TryPrefix(rest[digits..], 32, out ipv4))
            {
                return null;
            }
            rest = rest[..(digits - 1)];
        }
        if (rest.Length == 0)
        {
            return new SpfTerm.Hosts(term, qualifier, exchangers, null, ipv4, ipv6);
        }
        return rest[0] == ':' && SpfMacroString.DomainSpec(rest[1..]) is { } domain
            ? new SpfTerm.Hosts(term, qualifier, exchangers, domain, ipv4, ipv6)
            : null;
    }

    // Where the digits begin with which the text ends.
    private static int TrailingDigits(string text) => text.AsSpan().LastIndexOfAnyExceptInRange('0', '9') + 1;

    private static SpfTerm.Network? ReadNetwork(string term, SpfResult qualifier, string value, AddressFamily family, int bits)
    {
        int slash = value.IndexOf('/', StringComparison.Ordinal);
        int prefix = bits;
        if (slash >= 0 && !TryPrefix(value[(slash + 1)..], bits, out prefix))
        {
            return null;
        }
        string text = slash < 0 ? value : value[..slash];
        bool written = family is AddressFamily.InterNetwork ? IsDottedQuad(text) : !text.AsSpan().ContainsAny('%', '[', ']');
        return written && IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == family
            ? new SpfTerm.Network(term, qualifier, address, prefix)
            : null;
    }

    // qnum has no leading zeros: "010" is eight to some and ten to others.
    private static bool IsDottedQuad(string text)
    {
        string[] numbers = text.Split('.');
        return numbers.Length == 4 && numbers.All(number => TryPrefix(number, 255, out _));
    }

    private static bool TryPrefix(string text, int max, out int number)
    {
        number = 0;
        return text.Length is > 0 and <= 3
            && (text.Length == 1 || text[0] != '0')
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number <= max;
    }
}
