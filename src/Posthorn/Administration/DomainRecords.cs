using Posthorn.Core.Accounts;
using Posthorn.Standards.Dkim;

namespace Posthorn.Administration;

/// <summary>The DNS records a domain needs, as lines of a zone file to paste.</summary>
internal static class DomainRecords
{
    public static IReadOnlyList<string> Of(Domain domain, string hostName)
    {
        string name = domain.Name + ".", host = hostName + ".";
        var lines = new List<string>
        {
            $"; mail for {domain.Name} comes to this host",
            $"{name} MX 10 {host}",
            $"; only this host sends mail for {domain.Name} (RFC 7208); receivers report what fails (RFC 7489)",
            $"{name} TXT \"v=spf1 mx -all\"",
            $"_dmarc.{name} TXT \"v=DMARC1; p=none; rua=mailto:postmaster@{domain.Name}\"",
            "; signatures are checked with these keys (RFC 6376)",
        };
        foreach (DomainKey key in domain.Keys)
        {
            using DkimKey signing = DkimKey.FromPem(key.Selector, key.PrivateKeyPem);
            lines.Add(signing.ZoneLine(domain.Name));
        }

        lines.AddRange(
        [
            "; where mail apps find their server (RFC 6186, RFC 8314 §5.1)",
            $"_submissions._tcp.{name} SRV 0 1 465 {host}",
            $"_submission._tcp.{name} SRV 10 1 587 {host}",
            $"_imaps._tcp.{name} SRV 0 1 993 {host}",
            $"_pop3s._tcp.{name} SRV 10 1 995 {host}",
        ]);
        return lines;
    }
}
