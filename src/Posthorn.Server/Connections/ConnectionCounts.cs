using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Posthorn.Server.Connections;

/// <summary>How many connections one protocol has open, in all and per address.</summary>
/// <remarks>An IPv6 client is counted by its /64: a single host owns all addresses of it.</remarks>
internal sealed class ConnectionCounts(int max, int maxPerAddress)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, int> _perAddress = [];
    private int _total;

    /// <summary>Counts a connection in, or says false when a limit is reached.</summary>
    public bool TryEnter(IPAddress? address)
    {
        var key = KeyOf(address);
        lock (_lock)
        {
            var here = _perAddress.GetValueOrDefault(key);
            if (_total >= max || here >= maxPerAddress)
            {
                return false;
            }
            _total++;
            _perAddress[key] = here + 1;
            return true;
        }
    }

    public void Leave(IPAddress? address)
    {
        var key = KeyOf(address);
        lock (_lock)
        {
            _total--;
            if (--_perAddress[key] == 0)
            {
                _perAddress.Remove(key);
            }
        }
    }

    private static UInt128 KeyOf(IPAddress? address)
    {
        if (address is null)
        {
            return UInt128.Zero;
        }
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        var whole = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6 ? whole >> 64 : whole;
    }
}
