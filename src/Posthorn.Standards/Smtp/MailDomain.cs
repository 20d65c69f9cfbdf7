using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Posthorn.Standards.Dns;

namespace Posthorn.Standards.Smtp;

/// <summary>What may follow the '@': a domain or an address literal.</summary>
/// <remarks>RFC 5321 §4.1.2 and §4.1.3; U-labels: RFC 6531 §3.3.</remarks>
public static class MailDomain
{
    private const string IPv6Tag = "IPv6:";

    /// <summary>Longest text of an IPv6 address: eight groups of which the last two are written as IPv4.</summary>
    private const int MaxIPv6 = 45;

    private static readonly SearchValues<char> LetDigHyp = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    private static readonly SearchValues<char> IPv6Letters = SearchValues.Create("0123456789abcdefABCDEF:.");

    private static readonly IdnMapping Idn = new() { AllowUnassigned = true };

    /// <summary>Brings a domain or a literal into the form in which they are compared.</summary>
    public static bool TryNormalize(string text, [NotNullWhen(true)] out string? normal)
    {
        if (text.StartsWith('['))
        {
            return TryNormalizeLiteral(text, out normal);
        }
        normal = null;
        // The DNS ends a name with a dot where it likes; mail does not.
        if (text.Length == 0 || text[^1] == '.' || !DnsName.TryNormalize(text, out string? name) || name.Length == 0)
        {
            return false;
        }
        normal = IsLetDigHyp(name) ? name : null;
        return normal is not null;
    }

    /// <summary>The name in U-labels, where that leads back to the same name.</summary>
    public static string ToUnicode(string normal)
    {
        if (!normal.Contains("xn--", StringComparison.Ordinal))
        {
            return normal;
        }
        try
        {
            string unicode = Idn.GetUnicode(normal);
            return TryNormalize(unicode, out string? back) && back == normal ? unicode : normal;
        }
        catch (ArgumentException)
        {
            return normal;
        }
    }

    // sub-domain = Let-dig [Ldh-str]      RFC 5321 §4.1.2: "the underscore character is not permitted"
    private static bool IsLetDigHyp(string name)
    {
        if (name.AsSpan().ContainsAnyExcept(LetDigHyp))
        {
            return false;
        }
        foreach (Range label in name.AsSpan().Split('.'))
        {
            ReadOnlySpan<char> letters = name.AsSpan(label);
            if (letters[0] == '-' || letters[^1] == '-')
            {
                return false;
            }
        }
        return true;
    }

    // address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"
    // Not implemented: RFC 5321 §4.1.3 General-address-literal: no tag but IPv6 was ever registered.
    private static bool TryNormalizeLiteral(string text, [NotNullWhen(true)] out string? normal)
    {
        normal = null;
        if (text.Length < 3 || text[^1] != ']')
        {
            return false;
        }
        ReadOnlySpan<char> inside = text.AsSpan(1, text.Length - 2);
        if (inside.StartsWith(IPv6Tag, StringComparison.OrdinalIgnoreCase))
        {
            normal = ReadIPv6(inside[IPv6Tag.Length..]) is { } address ? $"[{IPv6Tag}{address}]" : null;
        }
        else
        {
            normal = ReadIPv4(inside) is { } address ? $"[{address}]" : null;
        }
        return normal is not null;
    }

    private static IPAddress? ReadIPv6(ReadOnlySpan<char> text)
    {
        // The framework also reads scopes, brackets and ports; the grammar has none.
        bool isPlain = text.Length is > 0 and <= MaxIPv6 && !text.ContainsAnyExcept(IPv6Letters);
        return isPlain && IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily is AddressFamily.InterNetworkV6 ? address : null;
    }

    // IPv4-address-literal = Snum 3("."  Snum), Snum = 1*3DIGIT      RFC 5321 §4.1.3
    private static IPAddress? ReadIPv4(ReadOnlySpan<char> text)
    {
        Span<byte> octets = stackalloc byte[4];
        int count = 0;
        foreach (Range part in text.Split('.'))
        {
            ReadOnlySpan<char> digits = text[part];
            if (count == octets.Length
                || digits.Length is 0 or > 3
                || !byte.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out octets[count++]))
            {
                return null;
            }
        }
        return count == octets.Length ? new IPAddress(octets) : null;
    }
}
