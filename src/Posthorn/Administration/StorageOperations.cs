using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Search;

namespace Posthorn.Administration;

/// <param name="Top">Accounts to list, the largest first.</param>
internal sealed record StorageRequest(int Top = StorageOperations.DefaultTop);

/// <param name="Octets">As they came: most take less room, they are compressed.</param>
internal sealed record StoredBodies(long Count, long Octets);

/// <param name="IndexBytes">Of its search index.</param>
internal sealed record AccountRoom(string Address, long UsedBytes, long Messages, long? QuotaBytes, long IndexBytes);

/// <param name="Small">In the database.</param>
/// <param name="Large">Beside it, in files or in a bucket.</param>
/// <param name="FreeBytes">On the disk of the data folder.</param>
/// <param name="Accounts">The largest first.</param>
/// <param name="AllAccounts">How many there are.</param>
internal sealed record StorageInfo(long DatabaseBytes, StoredBodies Small, StoredBodies Large, long FreeBytes, IReadOnlyList<AccountRoom> Accounts, int AllAccounts);

/// <summary><c>storage</c>: how much room everything takes, as the page of administration shows it.</summary>
internal static class StorageOperations
{
    public const int DefaultTop = 100;

    public static readonly Operation<StorageRequest, StorageInfo> Show = new("storage", static async (context, request, cancel) =>
    {
        if (request.Top < 0)
        {
            return new Refusal.Invalid("A number of accounts is 0 or more.");
        }

        if (!(await context.Services.GetRequiredService<StoreMeasure>().MeasureAsync(context.Actor, cancel)).TryGet(out StoreSizes? sizes, out Refusal? refusal)
            || !(await context.Services.GetRequiredService<Accounts>().ListAsync(context.Actor, cancel)).TryGet(out IReadOnlyList<Account>? all, out refusal))
        {
            return refusal;
        }

        var indexer = context.Services.GetRequiredService<SearchIndexer>();
        var largest = new List<AccountRoom>();
        foreach (Account account in all.OrderByDescending(static account => account.UsedBytes).ThenBy(static account => account.Address, StringComparer.Ordinal).Take(request.Top))
        {
            long index = (await indexer.StatusAsync(context.Actor, account.Id, cancel)).TryGet(out SearchIndexStatus? status, out _) ? status.Octets : 0;
            largest.Add(new AccountRoom(account.Address, account.UsedBytes, account.MessageCount, account.QuotaBytes, index));
        }

        return new StorageInfo(
            sizes.DatabaseBytes, Bodies(sizes.Inside), Bodies(sizes.Outside), new DriveInfo(context.Services.GetRequiredService<StoreOptions>().DataFolder).AvailableFreeSpace, largest,
            all.Count);
    })
    { LeavesStoreAsItIs = true };

    public static readonly Operation[] All = [Show];

    private static StoredBodies Bodies(BodySizes sizes) => new(sizes.Count, sizes.Octets);
}
