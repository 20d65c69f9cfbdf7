using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Search;
using Posthorn.Standards.Mime;

namespace Posthorn.Administration;

/// <param name="Account">Address; null: every account.</param>
internal sealed record SearchIndexRequest(string? Account = null);

/// <param name="Missing">Messages that are not in the index yet: searches read them directly.</param>
internal sealed record SearchIndexInfo(string Account, long Messages, long Missing, int Segments, long Bytes);

internal sealed record SearchRebuilt(int Accounts, long Messages);

internal sealed record SearchFindRequest(string Account, string Query, int Most);

internal sealed record FoundMessageInfo(string Mailbox, uint Uid, DateTimeOffset Received, string From, string Subject);

internal sealed record FoundMessages(IReadOnlyList<FoundMessageInfo> Messages, bool More, IReadOnlyList<string> Objections);

/// <summary><c>search status|rebuild|find</c>.</summary>
internal static class SearchOperations
{
    public static readonly Operation<SearchIndexRequest, IReadOnlyList<SearchIndexInfo>> Status = new("search.status", StatusAsync) { LeavesStoreAsItIs = true };

    public static readonly Operation<SearchIndexRequest, SearchRebuilt> Rebuild = new("search.rebuild", RebuildAsync);

    public static readonly Operation<SearchFindRequest, FoundMessages> Find = new("search.find", FindAsync) { LeavesStoreAsItIs = true };

    public static readonly Operation[] All = [Status, Rebuild, Find];

    private static async ValueTask<Result<IReadOnlyList<SearchIndexInfo>>> StatusAsync(OperationContext context, SearchIndexRequest request, CancellationToken cancel)
    {
        Result<IReadOnlyList<Account>> chosen = await AccountsAsync(context, request.Account, cancel);
        if (!chosen.TryGet(out IReadOnlyList<Account>? accounts, out Refusal? refusal))
        {
            return refusal;
        }

        var rows = new List<SearchIndexInfo>();
        foreach (Account account in accounts)
        {
            Result<SearchIndexStatus> status = await Indexer(context).StatusAsync(context.Actor, account.Id, cancel);
            if (!status.TryGet(out SearchIndexStatus? known, out refusal))
            {
                return refusal;
            }

            rows.Add(new SearchIndexInfo(account.Address, known.Messages, known.Missing, known.Segments, known.Octets));
        }

        return rows;
    }

    private static async ValueTask<Result<SearchRebuilt>> RebuildAsync(OperationContext context, SearchIndexRequest request, CancellationToken cancel)
    {
        Result<IReadOnlyList<Account>> chosen = await AccountsAsync(context, request.Account, cancel);
        if (!chosen.TryGet(out IReadOnlyList<Account>? accounts, out Refusal? refusal))
        {
            return refusal;
        }

        long done = 0, total = accounts.Sum(static account => account.MessageCount);
        foreach (Account account in accounts)
        {
            var progress = new CountedProgress(new Shifted(context.Progress, done), "Messages indexed", total);
            Result<long> built = await Indexer(context).RebuildAsync(context.Actor, account.Id, progress, cancel);
            if (!built.TryGet(out long messages, out refusal))
            {
                return refusal;
            }

            done += messages;
        }

        return new SearchRebuilt(accounts.Count, done);
    }

    private static async ValueTask<Result<FoundMessages>> FindAsync(OperationContext context, SearchFindRequest request, CancellationToken cancel)
    {
        Result<Account> found = await context.Services.GetRequiredService<Accounts>().GetAsync(context.Actor, request.Account, cancel);
        if (!found.TryGet(out Account? account, out Refusal? refusal))
        {
            return refusal;
        }

        var query = SearchQuery.Parse(request.Query);
        Result<SearchHits> searched = await context.Services.GetRequiredService<Searches>()
            .FindAsync(context.Actor, account.Id, query, new SearchPage(null, request.Most), cancel);
        return searched.Map(hits => new FoundMessages([.. hits.Hits.Select(Info)], hits.Next is not null, query.Objections));
    }

    private static FoundMessageInfo Info(SearchHit hit)
    {
        EnvelopeSummary envelope = EnvelopeSummary.Read(hit.Message.Envelope);
        return new FoundMessageInfo(
            hit.Mailbox.Name, hit.Message.Uid, hit.Message.InternalDate, envelope.From is [var from, ..] ? from.Shown : "", envelope.Subject);
    }

    private static async ValueTask<Result<IReadOnlyList<Account>>> AccountsAsync(OperationContext context, string? address, CancellationToken cancel)
    {
        Accounts accounts = context.Services.GetRequiredService<Accounts>();
        return address is null
            ? await accounts.ListAsync(context.Actor, cancel)
            : (await accounts.GetAsync(context.Actor, address, cancel)).Map<IReadOnlyList<Account>>(static account => [account]);
    }

    private static SearchIndexer Indexer(OperationContext context) => context.Services.GetRequiredService<SearchIndexer>();

    /// <summary>Goes on counting where the account before ended.</summary>
    private sealed class Shifted(IProgress<WorkProgress> progress, long before) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => progress.Report(value with { Done = before + value.Done });
    }
}
