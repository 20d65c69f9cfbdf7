using System.Text;

namespace Posthorn.Standards.Imap;

/// <summary>The mailbox names of IMAP4rev1: Unicode in printable US-ASCII.</summary>
/// <remarks>
/// RFC 3501 §5.1.3. Printable US-ASCII stands for itself, '&amp;' is written "&amp;-", everything else is UTF-16 in base64 with ',' for '/' and without padding,
/// between '&amp;' and '-'. Decoding is strict, so that a name has exactly one encoding: two names for one mailbox would be two permissions for one mailbox.
/// </remarks>
public static class ModifiedUtf7
{
    /// <summary>Encodes a name. A lone surrogate, which no encoding of Unicode can carry, becomes U+FFFD.</summary>
    public static string Encode(string name)
    {
        if (!name.AsSpan().ContainsAnyExceptInRange(' ', '~') && !name.Contains('&', StringComparison.Ordinal))
        {
            return name;
        }
        var text = new StringBuilder(name.Length + 16);
        for (int i = 0; i < name.Length;)
        {
            if (name[i] is >= ' ' and <= '~')
            {
                text.Append(name[i] == '&' ? "&-" : name[i].ToString());
                i++;
                continue;
            }
            int end = name.AsSpan(i).IndexOfAnyInRange(' ', '~') is var length and >= 0 ? i + length : name.Length;
            byte[] octets = Encoding.BigEndianUnicode.GetBytes(name, i, end - i);
            text.Append('&').Append(Convert.ToBase64String(octets).TrimEnd('=').Replace('/', ',')).Append('-');
            i = end;
        }
        return text.ToString();
    }

    /// <summary>Decodes a name; false where it breaks a rule: 8-bit or control characters, bad base64, an encoding that <see cref="Encode"/> would not have made.</summary>
    public static bool TryDecode(ReadOnlySpan<char> encoded, out string name)
    {
        name = "";
        if (encoded.ContainsAnyExceptInRange(' ', '~'))
        {
            return false;
        }
        var text = new StringBuilder(encoded.Length);
        while (encoded.IndexOf('&') is var shift and >= 0)
        {
            text.Append(encoded[..shift]);
            encoded = encoded[(shift + 1)..];
            int end = encoded.IndexOf('-');
            if (end < 0 || (end > 0 && !TryDecodeShifted(encoded[..end], text)))
            {
                return false;
            }
            if (end == 0)
            {
                text.Append('&');
            }
            encoded = encoded[(end + 1)..];
            // "&...-&...-" could have been one run: only "&-" may follow at once.
            if (end > 0 && encoded.StartsWith('&') && !encoded.StartsWith("&-"))
            {
                return false;
            }
        }
        name = text.Append(encoded).ToString();
        return true;
    }

    private static bool TryDecodeShifted(ReadOnlySpan<char> base64, StringBuilder text)
    {
        Span<byte> octets = new byte[(base64.Length * 3 / 4) + 3];
        string padded = base64.ToString().Replace(',', '/') + new string('=', (4 - (base64.Length % 4)) % 4);
        if (base64.ContainsAny('/', ' ', '=') || !Convert.TryFromBase64String(padded, octets, out int count) || count == 0 || count % 2 != 0)
        {
            return false;
        }
        // Bits left over must be zero: encoding again shows it.
        if (!Convert.ToBase64String(octets[..count]).AsSpan().TrimEnd('=').SequenceEqual(padded.AsSpan().TrimEnd('=')))
        {
            return false;
        }
        for (int i = 0; i < count; i += 2)
        {
            char c = (char)((octets[i] << 8) | octets[i + 1]);
            if (c is >= ' ' and <= '~')
            {
                return false;
            }
            bool pairFollows = i + 3 < count && char.IsSurrogatePair(c, (char)((octets[i + 2] << 8) | octets[i + 3]));
            if (char.IsSurrogate(c) && !pairFollows)
            {
                return false;
            }
            text.Append(c);
            if (pairFollows)
            {
                text.Append((char)((octets[i + 2] << 8) | octets[i + 3]));
                i += 2;
            }
        }
        return true;
    }
}
