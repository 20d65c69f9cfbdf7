using System.Net;

namespace Posthorn.Standards.Dns;

/// <summary>What mail asks of the DNS. Aliases (CNAME) are followed; a failure is a value, never an exception.</summary>
/// <remarks>
/// RFC 1034 §3.6. Names are given without or with the last dot, in any case, as A-labels or U-labels; names in answers are
/// lower case without the last dot. A name that cannot stand in the DNS (a label over 63 octets, an empty label) is answered
/// with <see cref="DnsStatus.NotFound"/>. Only cancellation throws. Implementations may be called by many threads at once.
/// </remarks>
public interface IDnsResolver
{
    /// <summary>Mail exchangers, in the order of the answer. The null MX of RFC 7505 has an empty exchange.</summary>
    ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancel);

    ValueTask<DnsAnswer<IPAddress>> Ipv4Async(string name, CancellationToken cancel);

    ValueTask<DnsAnswer<IPAddress>> Ipv6Async(string name, CancellationToken cancel);

    /// <summary>TXT records, the strings of each joined without anything between (RFC 7208 §3.3, RFC 6376 §3.6.2.2).</summary>
    ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel);

    /// <summary>Hosts of a service, such as <c>_imaps._tcp.example.org</c>, in the order of the answer (RFC 2782).</summary>
    ValueTask<DnsAnswer<SrvRecord>> ServiceAsync(string name, CancellationToken cancel);

    /// <summary>The host names an address is said to have; none of them is verified.</summary>
    ValueTask<DnsAnswer<string>> PointerAsync(IPAddress address, CancellationToken cancel);
}
