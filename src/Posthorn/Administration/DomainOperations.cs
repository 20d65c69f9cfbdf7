using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Standards.Dkim;

namespace Posthorn.Administration;

internal sealed record DomainRequest(string? Name = null);

internal sealed record DomainInfo(string Name, DateTimeOffset Created, IReadOnlyList<string> Keys);

/// <param name="Zone">Records as lines of a zone file.</param>
internal sealed record DomainZone(string Name, IReadOnlyList<string> Zone);

/// <summary><c>domain add|list|remove|dns</c>. Private keys stay inside.</summary>
internal static class DomainOperations
{
    public static readonly Operation<DomainRequest, DomainInfo> Add = new("domain.add", static async (context, request, cancel) =>
        (await AddAsync(context.Services, context.Actor, request.Name ?? "", cancel)).Map(Info));

    public static readonly Operation<DomainRequest, IReadOnlyList<DomainInfo>> List = new("domain.list", static async (context, _, cancel) =>
        (await Domains(context).ListAsync(context.Actor, cancel)).Map<IReadOnlyList<DomainInfo>>(domains => [.. domains.Select(Info)]));

    public static readonly Operation<DomainRequest, Done> Remove = new("domain.remove", static (context, request, cancel) =>
        Domains(context).RemoveAsync(context.Actor, request.Name ?? "", cancel));

    public static readonly Operation<DomainRequest, DomainZone> Dns = new("domain.dns", static async (context, request, cancel) =>
    {
        string host = context.Services.GetRequiredService<Configuration.PosthornOptions>().HostName;
        return await Domains(context).FindAsync(request.Name ?? "", cancel) is { } domain
            ? new DomainZone(domain.Name, DomainRecords.Of(domain, host))
            : new Refusal.NotFound($"domain {request.Name}");
    });

    public static readonly Operation[] All = [Add, List, Remove, Dns];

    /// <summary>Adds a domain and makes its DKIM keys: RSA-2048 for everybody, Ed25519 for those who know it (RFC 8463).</summary>
    public static ValueTask<Result<Domain>> AddAsync(IServiceProvider services, Actor actor, string name, CancellationToken cancel)
    {
        string month = services.GetRequiredService<TimeProvider>().GetUtcNow().ToString("yyyyMM", System.Globalization.CultureInfo.InvariantCulture);
        using DkimKey rsa = DkimKey.GenerateRsa($"r{month}"), ed25519 = DkimKey.GenerateEd25519($"e{month}");
        DomainKey[] keys = [new(rsa.Selector, rsa.Algorithm, rsa.ToPem()), new(ed25519.Selector, ed25519.Algorithm, ed25519.ToPem())];
        return services.GetRequiredService<Domains>().AddAsync(actor, name, keys, cancel);
    }

    private static Domains Domains(OperationContext context) => context.Services.GetRequiredService<Domains>();

    private static DomainInfo Info(Domain domain) => new(domain.Name, domain.Created, [.. domain.Keys.Select(key => key.ToString())]);
}
