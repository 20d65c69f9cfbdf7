using Posthorn.Configuration;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Hosting;
using Posthorn.Standards.Dns;
using Posthorn.Web;
using Posthorn.Web.Admin;

namespace Posthorn.Administration;

internal sealed record DomainRequest(string? Name = null);

/// <param name="UsedBytes">What its accounts hold together, where it has a quota.</param>
internal sealed record DomainInfo(string Name, DateTimeOffset Created, IReadOnlyList<string> Keys, long? QuotaBytes, long? UsedBytes);

/// <param name="Bytes">Null takes the quota away.</param>
internal sealed record DomainQuotaRequest(string Name, long? Bytes);

/// <param name="Zone">Records as lines of a zone file.</param>
internal sealed record DomainZone(string Name, IReadOnlyList<string> Zone);

/// <param name="State">right, missing, different, no answer.</param>
/// <param name="Found">What the DNS says instead; empty: nothing.</param>
internal sealed record DomainRecordInfo(string State, string Name, string Type, string Value, string Found);

/// <summary><c>domain add|list|remove|quota|dns|check</c>. Private keys stay inside.</summary>
internal static class DomainOperations
{
    public static readonly Operation<DomainRequest, DomainInfo> Add = new("domain.add", static async (context, request, cancel) =>
        (await AddAsync(context.Services, context.Actor, request.Name ?? "", cancel)).Map(Info));

    public static readonly Operation<DomainRequest, IReadOnlyList<DomainInfo>> List = new("domain.list", static async (context, _, cancel) =>
        (await Domains(context).ListAsync(context.Actor, cancel)).Map<IReadOnlyList<DomainInfo>>(domains => [.. domains.Select(Info)]))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<DomainRequest, Done> Remove = new("domain.remove", static (context, request, cancel) =>
        Domains(context).RemoveAsync(context.Actor, request.Name ?? "", cancel));

    public static readonly Operation<DomainQuotaRequest, DomainInfo> Quota = new("domain.quota", static async (context, request, cancel) =>
        (await Domains(context).SetQuotaAsync(context.Actor, request.Name, request.Bytes, cancel)).Map(Info));

    public static readonly Operation<DomainRequest, DomainZone> Dns = new("domain.dns", static async (context, request, cancel) =>
    {
        var options = context.Services.GetRequiredService<PosthornOptions>();
        return await Domains(context).FindAsync(request.Name ?? "", cancel) is { } domain
            ? new DomainZone(domain.Name, DomainRecords.Of(domain, options))
            : new Refusal.NotFound($"domain {request.Name}");
    })
    { LeavesStoreAsItIs = true };

    /// <summary>What the page of the domain shows.</summary>
    public static readonly Operation<DomainRequest, IReadOnlyList<DomainRecordInfo>> Check = new("domain.check", static async (context, request, cancel) =>
    {
        if (await Domains(context).FindAsync(request.Name ?? "", cancel) is not { } domain)
        {
            return new Refusal.NotFound($"domain {request.Name}");
        }

        MailAppSettings settings = context.Services.GetService<MailPorts>() is { } ports
            ? WebEdge.SettingsOf(context.Services.GetRequiredService<PosthornOptions>(), ports)
            : WebEdge.SettingsOf(context.Services.GetRequiredService<PosthornOptions>());
        IReadOnlyList<IReadOnlyList<CheckedRecord>> groups =
            await new DomainRecordCheck(context.Services.GetRequiredService<IDnsResolver>()).CheckAsync(ZoneText.Groups(domain, settings), cancel);
        return new Result<IReadOnlyList<DomainRecordInfo>>([.. groups.SelectMany(static group => group).Select(Info)]);
    })
    { LeavesStoreAsItIs = true };

    public static readonly Operation[] All = [Add, List, Remove, Quota, Dns, Check];

    /// <summary>Adds a domain and makes its DKIM keys.</summary>
    public static ValueTask<Result<Domain>> AddAsync(IServiceProvider services, Actor actor, string name, CancellationToken cancel) =>
        services.GetRequiredService<Domains>().AddAsync(actor, name, DomainKeys.Make(services.GetRequiredService<TimeProvider>().GetUtcNow()), cancel);

    private static Domains Domains(OperationContext context) => context.Services.GetRequiredService<Domains>();

    private static DomainRecordInfo Info(CheckedRecord record) => new(
        record.State switch
        {
            DomainRecordState.Right => "right",
            DomainRecordState.Missing => "missing",
            DomainRecordState.Differs => "different",
            _ => "no answer",
        },
        record.Record.Name, record.Record.Type.ToString().ToUpperInvariant(), record.Record.Value, record.Found);

    private static DomainInfo Info(Domain domain) => new(domain.Name, domain.Created, [.. domain.Keys.Select(key => key.ToString())], domain.QuotaBytes, domain.QuotaBytes is null ? null : domain.UsedBytes);
}
