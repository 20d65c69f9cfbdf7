using System.Net;
using Posthorn.Standards.Dkim;

namespace Posthorn.Core.Accounts;

public enum DomainRecordType
{
    Mx,
    Txt,
    Srv,
}

/// <summary>A DNS record that a domain should have.</summary>
/// <param name="Name">Owner, without the last dot.</param>
/// <param name="Value">As in a zone file; of TXT the text itself.</param>
/// <param name="ZoneLine">Ready to paste.</param>
public sealed record DomainRecord(string Name, DomainRecordType Type, string Value, string ZoneLine);

/// <summary>A service that apps look for.</summary>
/// <param name="Name">As in <c>_imaps</c>.</param>
/// <param name="Port">Null: there is none, and the record says so.</param>
public sealed record DomainService(string Name, int Priority, int? Port);

/// <summary>The DNS records a domain needs.</summary>
public static class DomainRecordSet
{
    /// <summary>Value of the record of a service that there is none of (RFC 2782).</summary>
    public const string NoService = "0 0 0 .";

    /// <summary>Records that belong together, each group with a comment that says what it is for.</summary>
    /// <param name="relay">Host that takes all outgoing mail; null: this host sends it itself.</param>
    public static IReadOnlyList<(string Comment, IReadOnlyList<DomainRecord> Records)> Of(Domain domain, string hostName, string? relay, IReadOnlyList<DomainService> services) =>
    [
        ($"mail for {domain.Name} comes to this host", [Mx(domain.Name, hostName)]),
        (relay is null
            ? $"only this host sends mail for {domain.Name} (RFC 7208); receivers report what fails (RFC 7489)"
            : $"mail for {domain.Name} goes out through {relay}: put the include: that its provider names in the place of {Sender(relay)} (RFC 7208); receivers report what fails (RFC 7489)",
        [
            // A relay often sends from other addresses than it takes mail at: what the record lacks must not be refused for it.
            Text(domain.Name, relay is null ? "v=spf1 mx -all" : $"v=spf1 mx {Sender(relay)} ~all"),
            Text("_dmarc." + domain.Name, $"v=DMARC1; p=none; rua=mailto:postmaster@{domain.Name}"),
        ]),
        ("signatures are checked with these keys (RFC 6376)", [.. domain.Keys.Select(key => Key(domain.Name, key))]),
        ("where mail apps find their server (RFC 6186, RFC 8314 5.1); a lone dot says that there is no such service",
            [.. services.Select(service => Service(service, domain.Name, hostName))]),
    ];

    /// <summary>RFC 7208 §5.3, §5.6.</summary>
    private static string Sender(string relay) => IPAddress.TryParse(relay, out _) ? $"ip4:{relay}" : $"a:{relay}";

    private static DomainRecord Mx(string domain, string host) => new(domain, DomainRecordType.Mx, $"10 {host}.", $"{domain}. MX 10 {host}.");

    private static DomainRecord Text(string name, string text) => new(name, DomainRecordType.Txt, text, $"{name}. TXT \"{text}\"");

    private static DomainRecord Service(DomainService service, string domain, string host)
    {
        string name = $"{service.Name}._tcp.{domain}";
        string value = service.Port is { } port ? FormattableString.Invariant($"{service.Priority} 1 {port} {host}.") : NoService;
        return new DomainRecord(name, DomainRecordType.Srv, value, $"{name}. SRV {value}");
    }

    private static DomainRecord Key(string domain, DomainKey key)
    {
        using DkimKey signing = DkimKey.FromPem(key.Selector, key.PrivateKeyPem);
        return new DomainRecord($"{key.Selector}._domainkey.{domain}", DomainRecordType.Txt, signing.PublicRecord, signing.ZoneLine(domain));
    }
}
