using System.Net;
using Posthorn.Standards.Dns;

namespace Posthorn.Standards.Spf;

/// <summary>check_host(): may this client send for this domain?</summary>
/// <remarks>
/// RFC 7208 §4. The result is always a value; only cancellation throws. The caller limits the time: RFC 7208 §4.6.4 asks for at least
/// 20 seconds, of which a result of "temperror" is made.
/// </remarks>
public sealed class SpfEvaluator(IDnsResolver resolver, TimeProvider time)
{
    /// <summary>Terms that ask the DNS, over all records of one check (RFC 7208 §4.6.4).</summary>
    public const int MaxLookups = 10;

    /// <summary>Terms whose question finds nothing (RFC 7208 §4.6.4).</summary>
    public const int MaxVoidLookups = 2;

    /// <summary>Hosts whose addresses one "mx" may ask for, and names that one "ptr" may verify (RFC 7208 §4.6.4).</summary>
    public const int MaxHosts = 10;

    /// <summary>Characters of one record. RFC 7208 §3.4 wants it to fit into 512 octets with its answer; each macro can stand for some hundred characters.</summary>
    public const int MaxRecord = 8 * 1024;

    public async ValueTask<SpfOutcome> CheckHostAsync(SpfQuery query, CancellationToken cancel)
    {
        // RFC 7208 §4.3: a domain that cannot be one, or has a single label, has no record.
        if (!DnsName.TryNormalize(query.Domain, out string? domain) || !domain.Contains('.', StringComparison.Ordinal))
        {
            return new SpfOutcome(SpfResult.None, query.Domain, Reason: "not a domain name");
        }
        IPAddress address = query.Address.IsIPv4MappedToIPv6 ? query.Address.MapToIPv4() : query.Address;
        string sender = query.Sender.LastIndexOf('@') switch
        {
            < 0 => $"postmaster@{query.Sender}",
            0 => $"postmaster{query.Sender}",
            _ => query.Sender,
        };
        return await new SpfCheck(resolver, time, query with { Address = address, Sender = sender, Domain = domain }).RunAsync(domain, cancel);
    }
}
