using Posthorn.Configuration;
using Posthorn.Core.Accounts;
using Posthorn.Hosting;
using Posthorn.Web.Admin;

namespace Posthorn.Administration;

/// <summary>The DNS records a domain needs, as lines of a zone file to paste.</summary>
internal static class DomainRecords
{
    public static IReadOnlyList<string> Of(Domain domain, PosthornOptions options) => ZoneText.Of(domain, WebEdge.SettingsOf(options));
}
