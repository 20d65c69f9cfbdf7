using System.Net;

namespace Posthorn.Server.Dns;

/// <summary>Which name servers are asked, and how patiently.</summary>
public sealed record DnsClientSettings
{
    /// <summary>Asked in this order; empty: those the system is configured with.</summary>
    public IReadOnlyList<IPEndPoint> Servers { get; init; } = [];

    /// <summary>One question to one server.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Further attempts at each server after the first went unanswered.</summary>
    public int Retries { get; init; } = 1;

    /// <summary>All attempts at all servers and all aliases of one question together.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Answers kept; 0 keeps none.</summary>
    public int CacheEntries { get; init; } = 10_000;

    /// <summary>An answer is kept no longer than this, whatever its TTL says.</summary>
    public TimeSpan CacheTimeMax { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A definite "no" is kept this long (RFC 2308 §5 would allow the SOA's minimum; shorter is kind to whoever is setting up a domain).</summary>
    public TimeSpan NegativeCacheTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The servers validate DNSSEC and the way to them is safe, so their AD bit counts (RFC 4035 §4.9.3). Left out: only servers on
    /// loopback are believed.
    /// </summary>
    public bool? TrustAuthenticData { get; init; }
}
