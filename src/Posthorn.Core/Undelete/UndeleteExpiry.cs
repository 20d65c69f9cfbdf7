using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Accounts;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Undelete;

/// <summary>Lets go of removed messages and accounts when their time is over; the body sweep then takes octets that nothing refers to.</summary>
public sealed partial class UndeleteExpiry : BackgroundService
{
    /// <summary>Between two rounds.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Accounts that fail before a round is given up.</summary>
    private const int MostFailures = 10;

    private readonly IStore _store;
    private readonly StoreOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<UndeleteExpiry> _log;

    internal UndeleteExpiry(IStore store, StoreOptions options, TimeProvider time, ILogger<UndeleteExpiry> log) =>
        (_store, _options, _time, _log) = (store, options, time, log);

    /// <summary>One round. Returns how many messages and accounts went for good.</summary>
    public async Task<(int Messages, int Accounts)> ExpireAsync(CancellationToken cancel)
    {
        DateTimeOffset before = _time.GetUtcNow() - _options.UndeleteFor;
        IReadOnlyList<RemovedAccount> removed = await _store.ReadAsync(AccountId.Store, session => session.Directory.RemovedAccountsAsync(), cancel);
        int accounts = 0, messages = 0;
        var failures = new List<StoreUnavailableException>();
        foreach (RemovedAccount account in removed.Where(account => account.Removed < before))
        {
            await TryAsync(failures, async () => accounts += await ExpireAsync(account, cancel));
        }

        foreach (Account account in await _store.ReadAsync(AccountId.Store, session => session.Directory.AccountsAsync(), cancel))
        {
            await TryAsync(failures, async () => messages += await ExpireAsync(account.Id, before, cancel));
        }

        if (failures.Count > 0)
        {
            LogFailed(failures[0].Message);
        }

        return (messages, accounts);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RunOnceAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The program stops.
        }
    }

    private async Task RunOnceAsync(CancellationToken cancel)
    {
        try
        {
            (int messages, int accounts) = await ExpireAsync(cancel);
            if (messages + accounts > 0)
            {
                LogExpired(messages, accounts);
            }
        }
        catch (StoreUnavailableException failure)
        {
            LogFailed(failure.Message);
        }
    }

    /// <summary>An account that cannot be looked at now keeps no other from its turn; when it is many of them, it is the store.</summary>
    private static async Task TryAsync(List<StoreUnavailableException> failures, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (StoreUnavailableException failure) when (failures.Count < MostFailures)
        {
            failures.Add(failure);
        }
    }

    private ValueTask<int> ExpireAsync(RemovedAccount account, CancellationToken cancel) => _store.WriteAsync(
        new[] { AccountId.Store },
        async session =>
        {
            // It may have been brought back meanwhile, and removed again.
            if (!(await session.Directory.RemovedAccountsAsync()).Contains(account))
            {
                return 0;
            }

            await session.Directory.DeleteAccountAsync(account.Id);
            return 1;
        },
        cancel);

    private async Task<int> ExpireAsync(AccountId account, DateTimeOffset before, CancellationToken cancel)
    {
        RemovedSelection over = RemovedSelection.All with { Before = before };
        int expired = 0;
        while ((await _store.ReadAsync(account, session => session.Messages.RemovedAsync(account, over, 1), cancel)).Count > 0)
        {
            expired += await _store.WriteAsync(
                new[] { account },
                async session =>
                {
                    IReadOnlyList<RemovedMessage> messages = await session.Messages.RemovedAsync(account, over, Messages.Messages.ChunkSize);
                    await session.Messages.ForgetAsync(account, messages);
                    return messages.Count;
                },
                cancel);
        }

        return expired;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Messages} removed messages and {Accounts} removed accounts can no longer be brought back")]
    private partial void LogExpired(int messages, int accounts);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The expiry of removed mail failed and will be tried again: {Reason}")]
    private partial void LogFailed(string reason);
}
