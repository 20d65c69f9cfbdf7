using System.Net;
using System.Net.Sockets;

namespace Posthorn.Core.Accounts;

/// <summary>Where a sign-in comes from, as failures are counted: an address of IPv4 or a /64 of IPv6 (a host changes addresses inside it), and its networks.</summary>
internal readonly record struct SignInSource(IPAddress? Address, byte[] Octets, IPNetwork[] Networks)
{
    private const int IPv4Network = 24;
    private const int IPv6Network = 64;
    private const int IPv6Site = 48;

    public static SignInSource Of(IPAddress? remote)
    {
        if (remote is null)
        {
            return new(null, [], []);
        }
        IPAddress address = remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote;
        byte[] octets = address.GetAddressBytes();
        return address.AddressFamily is AddressFamily.InterNetwork
            ? new(address, octets, [NetworkOf(octets, IPv4Network)])
            : new(address, octets[..(IPv6Network / 8)], [NetworkOf(octets, IPv6Network), NetworkOf(octets, IPv6Site)]);
    }

    public bool IsSite(IPNetwork network) => network.PrefixLength == IPv6Site && Address!.AddressFamily is AddressFamily.InterNetworkV6;

    private static IPNetwork NetworkOf(byte[] octets, int prefixLength)
    {
        byte[] prefix = new byte[octets.Length];
        octets.AsSpan(0, prefixLength / 8).CopyTo(prefix);
        return new IPNetwork(new IPAddress(prefix), prefixLength);
    }
}
