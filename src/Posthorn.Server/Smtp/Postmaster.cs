using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Standards.Smtp;

namespace Posthorn.Server.Smtp;

/// <summary>postmaster without a domain: whoever it is at the domain of this host, or at the first of our domains.</summary>
/// <remarks>RFC 5321 §4.5.1.</remarks>
internal static class Postmaster
{
    public static async ValueTask<(string Path, Recipient Target)> ResolveAsync(SmtpServer server, CancellationToken cancel)
    {
        var domain = await DomainAsync(server, cancel);
        if (domain is null || !EmailAddress.TryParse($"postmaster@{domain}", out var address))
        {
            return ("postmaster", new Recipient.Unknown());
        }
        return ($"postmaster@{domain}", await server.Recipients.ResolveAsync(address, cancel));
    }

    private static async ValueTask<string?> DomainAsync(SmtpServer server, CancellationToken cancel)
    {
        for (var name = server.Options.HostName; name.Contains('.', StringComparison.Ordinal); name = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            if (await server.Domains.FindAsync(name, cancel) is { } domain)
            {
                return domain.Name;
            }
        }
        var all = await server.Domains.ListAsync(Actor.System("smtp"), cancel);
        return all.IsOk && all.Value.Count > 0 ? all.Value[0].Name : null;
    }
}
