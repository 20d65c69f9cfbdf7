using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Search;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Admin;

/// <summary>How much room everything takes: the database, bodies, the search index, each account.</summary>
internal static class StorageEndpoints
{
    public const string Address = "/admin/storage";

    /// <summary>Accounts of the page, the largest first.</summary>
    public const int MaxShown = 100;

    public static void Map(RouteGroupBuilder admin) => admin.MapGet("/storage", async Task<IResult> (
        HttpContext http, StoreMeasure measure, Accounts accounts, SearchIndexer indexer, StoreOptions options, CancellationToken cancel) =>
    {
        Actor actor = http.Session().Administrator;
        if (!(await measure.MeasureAsync(actor, cancel)).TryGet(out StoreSizes? sizes, out Refusal? refusal)
            || !(await accounts.ListAsync(actor, cancel)).TryGet(out IReadOnlyList<Account>? all, out refusal))
        {
            return Results.Text(refusal.Text, statusCode: StatusCodes.Status403Forbidden);
        }

        var shown = new List<AccountStorage>();
        foreach (Account account in all.OrderByDescending(static account => account.UsedBytes).ThenBy(static account => account.Address, StringComparer.Ordinal).Take(MaxShown))
        {
            shown.Add(new AccountStorage(account, (await indexer.StatusAsync(actor, account.Id, cancel)).TryGet(out SearchIndexStatus? status, out _) ? status.Octets : 0));
        }

        return new RazorComponentResult<StoragePage>(new
        {
            Viewer = Viewer.Of(http),
            Sizes = sizes,
            FreeBytes = new DriveInfo(options.DataFolder).AvailableFreeSpace,
            Accounts = shown,
            Total = all.Count,
        });
    });
}

/// <param name="IndexBytes">Of its search index.</param>
public sealed record AccountStorage(Account Account, long IndexBytes);
