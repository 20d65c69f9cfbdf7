using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Delivery;
using Posthorn.Core.Queue;
using Posthorn.Core.Storage;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Admin;

/// <param name="Trouble">Why the store cannot be written; null: it can.</param>
/// <param name="FreeBytes">Room on the disk of the data folder.</param>
public sealed record Overview(
    string HostName, string Version, DateTimeOffset Started, long ResidentBytes, string? Trouble, long FreeBytes, long MailBytes, long Messages, int Accounts, int Domains,
    int Waiting, DateTimeOffset? Oldest, IReadOnlyList<DeliveryEvent> Refusals);

/// <summary>The first page: whether all is well, and how much there is.</summary>
internal static class OverviewEndpoints
{
    /// <summary>Lines of trouble on the page.</summary>
    private const int ShownRefusals = 8;

    public static void Map(RouteGroupBuilder admin, Func<MailAppSettings> settings) => admin.MapGet("", async Task<IResult> (
        HttpContext http, IStore store, StoreOptions options, Accounts accounts, Domains domains, MailQueue queue, DeliveryLog log, CancellationToken cancel) =>
    {
        Actor actor = http.Session().Administrator;
        if (!(await accounts.ListAsync(actor, cancel)).TryGet(out IReadOnlyList<Account>? all, out Refusal? refusal)
            || !(await domains.ListAsync(actor, cancel)).TryGet(out IReadOnlyList<Domain>? known, out refusal)
            || !(await queue.ListAsync(actor, cancel)).TryGet(out IReadOnlyList<QueueEntry>? waiting, out refusal)
            || !(await log.ListAsync(actor, "", troubleOnly: true, cancel)).TryGet(out IReadOnlyList<DeliveryEvent>? trouble, out refusal))
        {
            return Results.Text(refusal.Text, statusCode: StatusCodes.Status403Forbidden);
        }

        using var process = Process.GetCurrentProcess();
        var overview = new Overview(
            settings().HostName,
            typeof(Account).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "",
            new DateTimeOffset(process.StartTime.ToUniversalTime()), process.WorkingSet64,
            await TroubleAsync(store, cancel), new DriveInfo(options.DataFolder).AvailableFreeSpace,
            all.Sum(static account => account.UsedBytes), all.Sum(static account => account.MessageCount), all.Count, known.Count,
            waiting.Count, waiting.Count == 0 ? null : waiting.Min(static entry => entry.Received), [.. trouble.Take(ShownRefusals)]);
        return new RazorComponentResult<OverviewPage>(new { Viewer = Viewer.Of(http), Overview = overview });
    });

    /// <summary>Healthy means that mail can be taken: a write that is synced.</summary>
    private static async ValueTask<string?> TroubleAsync(IStore store, CancellationToken cancel)
    {
        try
        {
            await store.WriteAsync(ReadOnlyMemory<AccountId>.Empty, static _ => ValueTask.FromResult(true), cancel);
            return null;
        }
        catch (StoreUnavailableException failure)
        {
            return failure.Message;
        }
    }
}
