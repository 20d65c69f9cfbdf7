namespace Posthorn.Standards.Dns;

/// <summary>Record types by their numbers on the wire (RFC 1035 §3.2.2, RFC 3596 §2.1, RFC 2782).</summary>
public enum DnsType
{
    A = 1,
    Ns = 2,
    Cname = 5,
    Soa = 6,
    Ptr = 12,
    Mx = 15,
    Txt = 16,
    Aaaa = 28,
    Srv = 33,
}
