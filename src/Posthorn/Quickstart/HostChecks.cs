using System.Net;
using System.Net.Sockets;
using Posthorn.Standards.Dns;

namespace Posthorn.Quickstart;

/// <summary>
/// Looks at a host before it is set up: name server, host name and reverse name, outgoing port 25, ports, MX. None of it stops the set-up: each warning
/// says what to do, before or after.
/// </summary>
/// <remarks>RFC 5321 §2.3.5 (host names), §5 (MX); receivers expect the address to point back to the name (RFC 8601 §2.7.3, "iprev").</remarks>
internal sealed class HostChecks(IDnsResolver dns, IHostNetwork network)
{
    /// <summary>Domains whose mail exchangers always listen: a connection to port 25 of one of them shows that the way out is open.</summary>
    private static readonly string[] ReachableDomains = ["gmail.com", "outlook.com"];

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <param name="host">The name this host is to have in mail.</param>
    public async IAsyncEnumerable<HostCheck> RunAsync(
        string domain, string host, IReadOnlyList<int> ports, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        yield return await ResolverAsync(domain, cancel);
        IReadOnlyList<IPAddress> addresses = await AddressesAsync(host, cancel);
        yield return HostName(host, addresses);
        foreach (IPAddress address in addresses)
        {
            yield return await ReverseAsync(host, address, cancel);
        }

        yield return await OutgoingAsync(cancel);
        foreach (HostCheck port in ports.Select(Port))
        {
            yield return port;
        }

        yield return await ExchangerAsync(domain, host, cancel);
    }

    /// <summary>The service runs as a user of its own, who must get to its folder and to the program: a home is often closed to others.</summary>
    /// <param name="folder">A full path; need not exist.</param>
    /// <param name="program">See <see cref="SystemdUnit.For"/>.</param>
    public static IEnumerable<HostCheck> Ways(string folder, IReadOnlyList<string> program)
    {
        string[] closed = Closed([folder]);
        yield return closed.Length == 0
            ? HostCheck.Ok($"The service's user can get to {folder}.")
            : HostCheck.Warning(
                $"The service's user cannot get to {folder}: others may not enter {string.Join(", ", closed)}.",
                $"Set it up in another folder, such as --folder /srv/posthorn; or let others pass, once it is there: chmod o+x {Quoted(closed)}");
        closed = Closed(program);
        yield return closed.Length == 0
            ? HostCheck.Ok($"The service's user can get to {program[^1]}.")
            : HostCheck.Warning(
                $"The service's user cannot start {program[^1]}: others may not enter {string.Join(", ", closed)}.",
                $"Put the program elsewhere, such as into /opt/posthorn, and start quickstart there; or let others pass: chmod o+x {Quoted(closed)}");
    }

    /// <summary>The name to use: the one asked for, the system's if it is a full one, else mail.domain.</summary>
    public static string HostNameFor(string? asked, string domain, IHostNetwork network) =>
        (asked ?? (network.HostName.Contains('.', StringComparison.Ordinal) ? network.HostName : $"mail.{domain}")).TrimEnd('.').ToLowerInvariant();

    private async ValueTask<HostCheck> ResolverAsync(string domain, CancellationToken cancel) =>
        (await dns.MxAsync(domain, cancel)).Status == DnsStatus.TemporaryFailure && (await dns.MxAsync(ReachableDomains[0], cancel)).Status == DnsStatus.TemporaryFailure
            ? HostCheck.Warning("No name server answers.", "Look at /etc/resolv.conf, or name servers in dns.servers of the configuration. Without them no mail goes out.")
            : HostCheck.Ok("A name server answers.");

    private async ValueTask<IReadOnlyList<IPAddress>> AddressesAsync(string host, CancellationToken cancel) =>
        [.. (await dns.Ipv4Async(host, cancel)).Records, .. (await dns.Ipv6Async(host, cancel)).Records];

    private HostCheck HostName(string host, IReadOnlyList<IPAddress> addresses)
    {
        IReadOnlyList<IPAddress> own = network.Addresses();
        if (addresses.Count == 0)
        {
            string records = own.Count == 0 ? $"{host}. A (this machine's public address)" : string.Join("; ", own.Select(address => Record(host, address)));
            return HostCheck.Warning($"{host} has no address in the DNS.", $"Add to the DNS: {records}");
        }

        return addresses.Any(own.Contains)
            ? HostCheck.Ok($"{host} is this machine ({Join(addresses)}).")
            : HostCheck.Warning(
                $"{host} is {Join(addresses)}, which is no address of this machine ({(own.Count == 0 ? "it has only local ones" : Join(own))}).",
                "Behind a router or a cloud's address translation that is as it should be: forward the ports to this machine. Otherwise correct the DNS.");
    }

    private async ValueTask<HostCheck> ReverseAsync(string host, IPAddress address, CancellationToken cancel)
    {
        IReadOnlyList<string> names = (await dns.PointerAsync(address, cancel)).Records;
        return names.Contains(host, StringComparer.OrdinalIgnoreCase)
            ? HostCheck.Ok($"{address} points back to {host}.")
            : HostCheck.Warning(
                $"{address} points back to {(names.Count == 0 ? "no name" : string.Join(", ", names))}.",
                $"Ask whoever gave you the address (your provider) to set its reverse DNS to {host}. Many servers refuse mail until then.");
    }

    private async ValueTask<HostCheck> OutgoingAsync(CancellationToken cancel)
    {
        bool found = false;
        foreach (string domain in ReachableDomains)
        {
            MxRecord exchanger = (await dns.MxAsync(domain, cancel)).Records.OrderBy(mx => mx.Preference).FirstOrDefault();
            if (string.IsNullOrEmpty(exchanger.Exchange))
            {
                continue;
            }

            foreach (IPAddress address in (await dns.Ipv4Async(exchanger.Exchange, cancel)).Records.Take(1))
            {
                found = true;
                if (await network.TryConnectAsync(new IPEndPoint(address, 25), ConnectTimeout, cancel))
                {
                    return HostCheck.Ok($"Outgoing port 25 is open ({exchanger.Exchange} answers).");
                }
            }
        }

        return found
            ? HostCheck.Warning(
                "Outgoing port 25 seems to be blocked: no connection to well-known mail servers.",
                "Ask your provider to open it, or send through their relay: outbound.smarthost in the configuration. Incoming mail works without it.")
            : HostCheck.Warning(
                "Outgoing port 25 could not be tried: the DNS knows no mail server to try it with.", "Try it when the name servers answer: nc -vz mail-server 25");
    }

    private HostCheck Port(int port) => network.TryListen(port) switch
    {
        PortProblem.None => HostCheck.Ok(FormattableString.Invariant($"Port {port} is free.")),
        PortProblem.NotPermitted => HostCheck.Warning(
            FormattableString.Invariant($"Port {port} may not be bound by this user."), "The systemd unit gives the right (CAP_NET_BIND_SERVICE); run by hand, it needs root."),
        _ => HostCheck.Warning(
            FormattableString.Invariant($"Port {port} is in use."), FormattableString.Invariant($"See by what: ss -ltnp 'sport = :{port}'. Stop that, or change the listener in the configuration.")),
    };

    private async ValueTask<HostCheck> ExchangerAsync(string domain, string host, CancellationToken cancel)
    {
        DnsAnswer<MxRecord> answer = await dns.MxAsync(domain, cancel);
        return answer.Records.Any(mx => mx.Exchange.Equals(host, StringComparison.OrdinalIgnoreCase))
            ? HostCheck.Ok($"Mail for {domain} comes to {host}.")
            : HostCheck.Warning(
                $"Mail for {domain} goes to {(answer.Records.Count == 0 ? "nobody: there is no MX" : string.Join(", ", answer.Records.Select(mx => mx.Exchange)))}.",
                $"When this host is ready, set {domain}. MX 10 {host}. (it is among the records below).");
    }

    /// <summary>Folders above these paths that others may not enter; what is missing will be made for its owner alone.</summary>
    private static string[] Closed(IEnumerable<string> paths) =>
        [.. paths.SelectMany(Above).Distinct().Where(static folder => !Directory.Exists(folder) || !File.GetUnixFileMode(folder).HasFlag(UnixFileMode.OtherExecute)).Reverse()];

    private static IEnumerable<string> Above(string path)
    {
        for (string? folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            yield return folder;
        }
    }

    private static string Quoted(IEnumerable<string> paths) => string.Join(' ', paths.Select(static path => $"'{path}'"));

    private static string Join(IEnumerable<IPAddress> addresses) => string.Join(", ", addresses);

    private static string Record(string host, IPAddress address) => $"{host}. {(address.AddressFamily == AddressFamily.InterNetwork ? "A" : "AAAA")} {address}";
}
