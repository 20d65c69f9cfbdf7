using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Posthorn.Standards.Dns;

/// <summary>One host to try for a domain: a name whose addresses are asked when its turn comes, or the address of a domain literal.</summary>
public sealed record MxHost(string Name, int Preference, IPAddress? Literal = null);

/// <summary>Where mail for a domain goes, or why it goes nowhere.</summary>
public abstract record MxOutcome
{
    private MxOutcome()
    {
    }

    /// <summary>In the order to try; never empty. <paramref name="Implicit"/>: the domain has no MX and stands for itself.</summary>
    public sealed record Hosts(IReadOnlyList<MxHost> InOrder, bool Implicit, bool Authentic) : MxOutcome;

    /// <summary>The domain says that it takes no mail (RFC 7505 §3): 5.1.10, at once.</summary>
    public sealed record NullMx : MxOutcome;

    /// <summary>The domain does not exist, or is no domain: 5.1.2.</summary>
    public sealed record NoSuchDomain : MxOutcome;

    /// <summary>We are the best exchanger ourselves and do not know the domain (RFC 5321 §5.1): 5.4.6.</summary>
    public sealed record Loop : MxOutcome;

    /// <summary>The DNS did not answer: 4.4.3.</summary>
    public sealed record TemporaryFailure : MxOutcome;
}

/// <summary>Finds the hosts that take mail for a domain, and their addresses.</summary>
/// <remarks>
/// RFC 5321 §5.1, RFC 7505 §3. Addresses are asked host by host, so that a domain with ten exchangers costs one look-up when the
/// first answers.
/// </remarks>
public sealed class MxTargets
{
    /// <summary>Hosts tried for one domain; what a longer list holds beyond is left out.</summary>
    public const int MaxHosts = 20;

    /// <summary>Addresses tried for one host.</summary>
    public const int MaxAddresses = 16;

    private static readonly SearchValues<char> DottedDigits = SearchValues.Create("0123456789.");

    private readonly IDnsResolver _resolver;
    private readonly Random _random;
    private readonly HashSet<string> _ownNames;
    private readonly bool _ipv6;

    /// <param name="resolver">The DNS.</param>
    /// <param name="random">Spreads the load over hosts of equal preference; used from several threads, so <see cref="Random.Shared"/> in service.</param>
    /// <param name="ownNames">The names under which we ourselves stand in MX records.</param>
    /// <param name="ipv6">This machine can reach IPv6 hosts.</param>
    public MxTargets(IDnsResolver resolver, Random random, IEnumerable<string> ownNames, bool ipv6)
    {
        _resolver = resolver;
        _random = random;
        _ownNames = [.. ownNames.Select(name => DnsName.TryNormalize(name, out string? normal) ? normal : name)];
        _ipv6 = ipv6;
    }

    /// <param name="domain">The part of an address after "@", an address literal included.</param>
    /// <param name="cancel">Ends the look-up.</param>
    public async ValueTask<MxOutcome> FindAsync(string domain, CancellationToken cancel)
    {
        if (domain.StartsWith('['))
        {
            return Literal(domain) is { } address
                ? new MxOutcome.Hosts([new MxHost(domain, 0, address)], Implicit: true, Authentic: false)
                : new MxOutcome.NoSuchDomain();
        }
        if (!DnsName.TryNormalize(domain, out string? name) || name.Length == 0)
        {
            return new MxOutcome.NoSuchDomain();
        }
        DnsAnswer<MxRecord> answer = await _resolver.MxAsync(name, cancel);
        return answer.Status switch
        {
            DnsStatus.Ok => Order(answer),
            DnsStatus.NotFound => new MxOutcome.NoSuchDomain(),
            // RFC 5321 §5.1: no MX, so the domain is treated as if it had one of preference 0 that points to itself.
            DnsStatus.NoData when _ownNames.Contains(name) => new MxOutcome.Loop(),
            DnsStatus.NoData => new MxOutcome.Hosts([new MxHost(name, 0)], Implicit: true, answer.Authentic),
            _ => new MxOutcome.TemporaryFailure(),
        };
    }

    /// <summary>The addresses of a host, IPv6 and IPv4 in turn, so that a family that is broken on the way costs one attempt and not all.</summary>
    public async ValueTask<DnsAnswer<IPAddress>> AddressesAsync(MxHost host, CancellationToken cancel)
    {
        if (host.Literal is { } literal)
        {
            return DnsAnswer<IPAddress>.Found([literal], authentic: false);
        }
        DnsAnswer<IPAddress> ipv6 = _ipv6 ? await _resolver.Ipv6Async(host.Name, cancel) : DnsAnswer<IPAddress>.None(DnsStatus.NoData);
        DnsAnswer<IPAddress> ipv4 = await _resolver.Ipv4Async(host.Name, cancel);
        var addresses = new List<IPAddress>();
        for (int at = 0; at < Math.Max(ipv6.Records.Count, ipv4.Records.Count); at++)
        {
            addresses.AddRange(ipv6.Records.Skip(at).Take(1));
            addresses.AddRange(ipv4.Records.Skip(at).Take(1));
        }
        if (addresses.Count > 0)
        {
            bool authentic = (ipv6.Records.Count == 0 || ipv6.Authentic) && (ipv4.Records.Count == 0 || ipv4.Authentic);
            return DnsAnswer<IPAddress>.Found([.. addresses.Take(MaxAddresses)], authentic);
        }
        // A definite "no" of one family says nothing while the other is unknown.
        return DnsAnswer<IPAddress>.None(
            ipv4.Status is DnsStatus.TemporaryFailure || ipv6.Status is DnsStatus.TemporaryFailure ? DnsStatus.TemporaryFailure : ipv4.Status);
    }

    // address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"      RFC 5321 §4.1.3
    private static IPAddress? Literal(string domain)
    {
        const string Ipv6Tag = "IPv6:";
        if (!domain.EndsWith(']'))
        {
            return null;
        }
        string text = domain[1..^1];
        bool ipv6 = text.StartsWith(Ipv6Tag, StringComparison.OrdinalIgnoreCase);
        if (!IPAddress.TryParse(ipv6 ? text[Ipv6Tag.Length..] : text, out IPAddress? address))
        {
            return null;
        }
        // "[1]" and "[0x7f.1]" are numbers to a C library and no literals; a scope ("%eth0") has no meaning in mail.
        bool dotted = text.Count(c => c == '.') == 3 && !text.AsSpan().ContainsAnyExcept(DottedDigits);
        return ipv6
            ? address.AddressFamily is AddressFamily.InterNetworkV6 && !text.Contains('%', StringComparison.Ordinal) ? address : null
            : address.AddressFamily is AddressFamily.InterNetwork && dotted ? address : null;
    }

    private MxOutcome Order(DnsAnswer<MxRecord> answer)
    {
        // RFC 7505 §3: the null MX stands alone. One among others is a mistake of its owner; the others still count.
        MxRecord[] named = [.. answer.Records.Where(record => record.Exchange.Length > 0).DistinctBy(record => record.Exchange)];
        if (named.Length == 0)
        {
            return new MxOutcome.NullMx();
        }
        _random.Shuffle(named);
        MxRecord[] sorted = [.. named.OrderBy(record => record.Preference)];
        // RFC 5321 §5.1: where we stand in the list ourselves, hosts of our preference and beyond would send the mail back to us.
        int own = sorted.Where(record => _ownNames.Contains(record.Exchange)).Select(record => record.Preference).DefaultIfEmpty(int.MaxValue).Min();
        MxHost[] hosts =
        [
            .. sorted.Where(record => record.Preference < own).Take(MaxHosts).Select(record => new MxHost(record.Exchange, record.Preference)),
        ];
        return hosts.Length == 0 ? new MxOutcome.Loop() : new MxOutcome.Hosts(hosts, Implicit: false, answer.Authentic);
    }
}
