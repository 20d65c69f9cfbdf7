using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Changes;
using Posthorn.Core.Search.Index;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Search;

/// <summary>Follows the changes of all accounts with the search index, in the background: a delivery never waits for it.</summary>
/// <remarks>One account after another; what comes while an account waits is indexed with it. Searches read directly what is not indexed yet.</remarks>
public sealed partial class SearchIndexer : BackgroundService
{
    /// <summary>Between two looks at what changed: a burst of mail becomes one segment.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Between two looks at every account: what another node left behind when it died, and the indexes of accounts that are gone.</summary>
    private static readonly TimeSpan RoundInterval = TimeSpan.FromMinutes(15);

    private readonly SearchIndex _index;
    private readonly Indexing _indexing;
    private readonly IStore _store;
    private readonly ChangeFeed _feed;
    private readonly TimeProvider _time;
    private readonly ILogger<SearchIndexer> _log;
    private readonly ConcurrentDictionary<AccountId, bool> _changed = new();

    // One at a time: memory and processor time of the index are bounded whoever asks.
    private readonly SemaphoreSlim _turn = new(1);

    // The real clock, whatever else the program's is: processor time is compared with it, and nothing that anybody is told depends on it.
    private readonly BackgroundPace _pace = new(TimeProvider.System, static () => Environment.CpuUsage.TotalTime);
    private int _waiting;

    internal SearchIndexer(SearchIndex index, Indexing indexing, IStore store, ChangeFeed feed, TimeProvider time, ILogger<SearchIndexer> log) =>
        (_index, _indexing, _store, _feed, _time, _log) = (index, indexing, store, feed, time, log);

    /// <summary>Brings the index of one account up to date now. Returns how many messages were new to it.</summary>
    public ValueTask<Result<long>> UpdateAsync(Actor actor, AccountId account, CancellationToken cancel) =>
        RunAsync(actor, account, isNew: false, null, cancel);

    /// <summary>Makes the index of one account anew. Meanwhile its searches read the messages themselves.</summary>
    /// <param name="progress">Messages indexed so far.</param>
    public ValueTask<Result<long>> RebuildAsync(Actor actor, AccountId account, IProgress<long>? progress, CancellationToken cancel) =>
        RunAsync(actor, account, isNew: true, progress, cancel);

    /// <summary>How far the index of an account has come.</summary>
    public async ValueTask<Result<SearchIndexStatus>> StatusAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        IndexState state = await _index.StateAsync(account, cancel);
        IReadOnlyList<EmailId> missing = await _store.ReadAsync(
            account, session => session.Messages.IdsAsync(account, new EmailId(state.Reached.Value + 1), new EmailId(uint.MaxValue)), cancel);
        return new SearchIndexStatus(state.Messages, missing.Count, state.Segments.Count, state.Octets);
    }

    /// <summary>Brings every account up to date, and lets go of the indexes of accounts that are no more.</summary>
    public async Task RunRoundAsync(CancellationToken cancel)
    {
        foreach (AccountId account in await SweepAsync(cancel))
        {
            await IndexAsync(account, rests: false, cancel);
        }
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    /// <summary>Drops the indexes of accounts that are no more. Returns those that are there.</summary>
    private async Task<IReadOnlyList<AccountId>> SweepAsync(CancellationToken cancel)
    {
        IReadOnlyList<Account> accounts = await _store.ReadAsync(AccountId.Store, static session => session.Directory.AccountsAsync(), cancel);
        IReadOnlyList<RemovedAccount> removed = await _store.ReadAsync(AccountId.Store, static session => session.Directory.RemovedAccountsAsync(), cancel);
        HashSet<AccountId> known = [.. accounts.Select(static account => account.Id), .. removed.Select(static account => account.Id)];
        foreach (AccountId gone in (await _index.Files.AccountsAsync(cancel)).Where(account => !known.Contains(account)))
        {
            await _index.Files.DropAsync(gone, cancel);
        }

        return [.. accounts.Select(static account => account.Id)];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _feed.Changed += Note;
        _index.Dropped += Note;
        try
        {
            using var timer = new PeriodicTimer(Interval, _time);
            long lastRound = 0;
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (lastRound == 0 || _time.GetElapsedTime(lastRound) >= RoundInterval)
                {
                    lastRound = _time.GetTimestamp();
                    await TryAsync(async () =>
                    {
                        foreach (AccountId account in await SweepAsync(stoppingToken))
                        {
                            Note(account);
                        }
                    });
                }

                foreach (AccountId account in _changed.Keys)
                {
                    _changed.TryRemove(account, out _);
                    await TryAsync(() => IndexAsync(account, rests: true, stoppingToken));
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The program stops.
        }
        finally
        {
            _feed.Changed -= Note;
            _index.Dropped -= Note;
        }
    }

    // On the thread that commits.
    private void Note(AccountId account) => _changed[account] = true;

    private async ValueTask<Result<long>> RunAsync(Actor actor, AccountId account, bool isNew, IProgress<long>? progress, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        await TakeTurnAsync(cancel);
        try
        {
            if (isNew)
            {
                await _index.Files.DropAsync(account, cancel);
            }

            return await _indexing.RunAsync(account, progress, rest: null, cancel);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>For whoever asks: while it waits, the account that is indexed now does not rest.</summary>
    private async ValueTask TakeTurnAsync(CancellationToken cancel)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await _turn.WaitAsync(cancel);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async Task IndexAsync(AccountId account, bool rests, CancellationToken cancel)
    {
        await (rests ? new ValueTask(_turn.WaitAsync(cancel)) : TakeTurnAsync(cancel));
        try
        {
            long start = Stopwatch.GetTimestamp();
            _pace.Begin();
            long indexed = await _indexing.RunAsync(
                account, null, rests ? stop => _pace.RestAsync(() => Volatile.Read(ref _waiting) > 0, stop) : null, cancel);
            TimeSpan taken = Stopwatch.GetElapsedTime(start);
            if (indexed > 0)
            {
                LogIndexed(account, indexed, taken);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception failure) when (failure is StoreUnavailableException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // The next round tries again; searches go on without.
            LogFailed(failure.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Search index of account {Account}: {Messages} messages in {Taken}")]
    private partial void LogIndexed(AccountId account, long messages, TimeSpan taken);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The search index could not be brought up to date and will be tried again: {Reason}")]
    private partial void LogFailed(string reason);
}

/// <param name="Messages">In the index.</param>
/// <param name="Missing">Not yet in it: read directly by searches.</param>
/// <param name="Octets">Of its files.</param>
public sealed record SearchIndexStatus(long Messages, long Missing, int Segments, long Octets);
