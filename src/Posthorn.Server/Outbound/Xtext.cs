using System.Globalization;
using System.Text;

namespace Posthorn.Server.Outbound;

/// <summary>xtext of ENVID and ORCPT (RFC 3461 §4).</summary>
internal static class Xtext
{
    // xtext = *( xchar / hexchar ); xchar = any ASCII CHAR between "!" and "~" except "+" and "="
    public static string Encode(string text)
    {
        var encoded = new StringBuilder();
        foreach (byte octet in Encoding.UTF8.GetBytes(text))
        {
            if (octet is >= (byte)'!' and <= (byte)'~' and not (byte)'+' and not (byte)'=')
            {
                encoded.Append((char)octet);
            }
            else
            {
                encoded.Append(CultureInfo.InvariantCulture, $"+{octet:X2}");
            }
        }

        return encoded.ToString();
    }
}
