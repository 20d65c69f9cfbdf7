using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Posthorn.Server.Smtp.Grammar;

/// <summary>xtext: a value in which some characters are written as "+" and two hexadecimal digits. RFC 3461 §4.</summary>
internal static class Xtext
{
    // xtext = *( xchar / hexchar ); xchar = any CHAR from "!" to "~" except "+" and "="; hexchar = "+" two upper-case hexadecimal digits
    /// <exception cref="SmtpSyntaxException">Malformed.</exception>
    public static string Decode(ReadOnlySpan<byte> text)
    {
        Span<byte> octets = text.Length <= 512 ? stackalloc byte[text.Length] : new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var octet = text[i];
            if (octet == (byte)'+')
            {
                // Deviates from RFC 3461 §4: lower-case digits mean the same.
                if (i + 2 >= text.Length || !byte.TryParse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out octet))
                {
                    throw Malformed();
                }
                i += 2;
            }
            else if (octet is <= 32 or >= 127 or (byte)'=')
            {
                throw Malformed();
            }
            octets[length++] = octet;
        }
        return Utf8.IsValid(octets[..length]) ? Encoding.UTF8.GetString(octets[..length]) : throw Malformed();
    }

    private static SmtpSyntaxException Malformed() => new("A value is not well-formed xtext (RFC 3461)");
}
