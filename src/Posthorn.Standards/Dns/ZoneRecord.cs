using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Posthorn.Standards.Dns;

/// <summary>One record of a zone. The names in it are absolute and normal; which fields count follows from the type.</summary>
/// <param name="Name">Owner.</param>
/// <param name="Type">Type.</param>
/// <param name="Ttl">Seconds.</param>
/// <param name="Target">MX, SRV, CNAME, PTR and NS: the name.</param>
/// <param name="Preference">MX; of SRV the priority.</param>
/// <param name="Address">A and AAAA.</param>
/// <param name="Strings">TXT: at least one, each at most 255 octets, one character an octet.</param>
/// <param name="Weight">SRV only.</param>
/// <param name="Port">SRV only.</param>
[SuppressMessage("Naming", "CA1721", Justification = "The words of RFC 1035.")]
public sealed record ZoneRecord(
    string Name, DnsType Type, int Ttl, string Target = "", int Preference = 0, IPAddress? Address = null, IReadOnlyList<string>? Strings = null,
    int Weight = 0, int Port = 0);
