using System.Security.Cryptography;
using Posthorn.Core.Accounts;
using Posthorn.Web.Help;

namespace Posthorn.Web.Admin;

/// <summary>The DNS records of a domain as lines of a zone file, with those that follow from what mail apps are told.</summary>
public static class ZoneText
{
    // RFC 6186 §3, RFC 8314 §5.1: TLS from the first octet comes before STARTTLS, IMAP before POP3.
    private static readonly (string Name, string Protocol, bool IsImplicitTls, int Priority)[] Known =
    [
        ("_submissions", "SMTP", true, 0), ("_submission", "SMTP", false, 10), ("_imaps", "IMAP", true, 0), ("_imap", "IMAP", false, 10), ("_pop3s", "POP3", true, 20),
        ("_pop3", "POP3", false, 30),
    ];

    public static IReadOnlyList<string> Of(Domain domain, MailAppSettings settings) =>
    [
        .. DomainRecordSet.Of(domain, settings.HostName, settings.Relay, Services(settings)).SelectMany(static group => group.Records.Select(static record => record.ZoneLine).Prepend("; " + group.Comment)),
        "; where apps ask for all of their settings, once the certificate of the web pages has these names too (Thunderbird, Outlook)",
        $"autoconfig.{domain.Name}. CNAME {settings.HostName}.",
        $"autodiscover.{domain.Name}. CNAME {settings.HostName}.",
        .. Pacc(domain.Name, settings),
    ];

    /// <summary>Records that can be looked up and compared, in the groups of <see cref="DomainRecordSet"/>.</summary>
    public static IEnumerable<IReadOnlyList<DomainRecord>> Groups(Domain domain, MailAppSettings settings) =>
        DomainRecordSet.Of(domain, settings.HostName, settings.Relay, Services(settings)).Select(static group => group.Records);

    /// <summary>What the records of <see cref="DomainRecordSet"/> say of the services.</summary>
    internal static IReadOnlyList<DomainService> Services(MailAppSettings settings) =>
    [
        .. Known.Select(known => new DomainService(
            known.Name,
            known.Priority,
            settings.Incoming.Concat(settings.Outgoing).FirstOrDefault(service => service.Name == known.Protocol && service.IsImplicitTls == known.IsImplicitTls)?.Port)),
    ];

    /// <summary>draft-ietf-mailmaint-pacc: the host that is asked, and the digest of what it answers. Both change when a port does.</summary>
    private static IEnumerable<string> Pacc(string domain, MailAppSettings settings)
    {
        if (UserAgentConfiguration.Document(domain, settings) is { } document)
        {
            yield return "; the same for newer apps (PACC): paste both again when a port has changed";
            yield return $"{UserAgentConfiguration.HostPrefix}{domain}. CNAME {settings.HostName}.";
            yield return $"_ua-auto-config.{domain}. TXT \"v=UAAC1; a=sha256; d={Convert.ToBase64String(SHA256.HashData(document))}\"";
        }
    }
}
