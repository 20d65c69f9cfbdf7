using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Posthorn.Standards.Dns;

/// <summary>Names as the DNS holds them: lower case, A-labels, no dot at the end; the root is the empty string.</summary>
public static class DnsName
{
    /// <summary>RFC 1035 §2.3.4: 255 octets on the wire are 253 characters without the last dot.</summary>
    public const int MaxLength = 253;

    /// <summary>RFC 1035 §2.3.4.</summary>
    public const int MaxLabel = 63;

    private static readonly IdnMapping Idn = new() { AllowUnassigned = true };

    /// <summary>Brings a name into the form in which names are compared; false where it cannot stand in the DNS.</summary>
    public static bool TryNormalize(string? name, [NotNullWhen(true)] out string? normal)
    {
        normal = null;
        if (name is null || name.Length > 4 * MaxLength)
        {
            return false;
        }
        if (name is "." or "")
        {
            normal = "";
            return true;
        }
        string text = name[^1] == '.' ? name[..^1] : name;
        if (!System.Text.Ascii.IsValid(text))
        {
            try
            {
                text = Idn.GetAscii(text);
            }
            catch (ArgumentException)
            {
                return false;
            }
        }
        if (text.Length > MaxLength || !HasValidLabels(text))
        {
            return false;
        }
        normal = text.ToLowerInvariant();
        return true;
    }

    /// <summary>Two names are the same or <paramref name="name"/> lies below <paramref name="parent"/>; both normal.</summary>
    public static bool IsWithin(string name, string parent) =>
        parent.Length == 0
        || name == parent
        || (name.Length > parent.Length && name[name.Length - parent.Length - 1] == '.' && name.EndsWith(parent, StringComparison.Ordinal));

    /// <summary>The name under which an address has its PTR records (RFC 1035 §3.5, RFC 3596 §2.5).</summary>
    public static string Reverse(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        byte[] octets = address.GetAddressBytes();
        Array.Reverse(octets);
        if (address.AddressFamily is AddressFamily.InterNetwork)
        {
            return $"{octets[0]}.{octets[1]}.{octets[2]}.{octets[3]}.in-addr.arpa";
        }
        var name = new StringBuilder(72);
        foreach (byte octet in octets)
        {
            name.Append(CultureInfo.InvariantCulture, $"{octet & 15:x}.{octet >> 4:x}.");
        }
        return name.Append("ip6.arpa").ToString();
    }

    private static bool HasValidLabels(string text)
    {
        foreach (Range label in text.AsSpan().Split('.'))
        {
            ReadOnlySpan<char> letters = text.AsSpan(label);
            if (letters.Length is 0 or > MaxLabel || letters.ContainsAnyInRange('\0', ' ') || letters.Contains('\x7f'))
            {
                return false;
            }
        }
        return true;
    }
}
