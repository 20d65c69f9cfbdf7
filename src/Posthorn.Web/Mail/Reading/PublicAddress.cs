using System.Net;
using System.Net.Sockets;

namespace Posthorn.Web.Mail.Reading;

/// <summary>Tells addresses of the Internet from those that lead into the house: what a message asks this server to reach must not be inside.</summary>
internal static class PublicAddress
{
    // IANA's registries of special-purpose addresses (RFC 6890), what is globally reachable left out.
    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(IPNetwork.Parse),
    ];

    // Everything but the part of IPv6 that is given out, less its exceptions: tunnels carry an address of IPv4 in them.
    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] NotGlobal = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    public static bool Is(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? !Special.Any(network => network.Contains(plain))
            : Global.Contains(plain) && !NotGlobal.Any(network => network.Contains(plain));
    }
}
