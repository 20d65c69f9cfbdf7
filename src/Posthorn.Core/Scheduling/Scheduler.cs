using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Scheduling;

/// <summary>Moves messages when their time has come: what was put off returns, the copy of mail that left goes to the sent mail.</summary>
/// <remarks>
/// Every node runs one. Looking again, moving and forgetting the row are one transaction that holds the account, so that two nodes never move a message twice, and a
/// crash in between leaves it due.
/// </remarks>
public sealed partial class Scheduler : BackgroundService
{
    /// <summary>Messages that are looked up at a time.</summary>
    private const int PageSize = 200;

    /// <summary>The longest wait: what another node plans is seen by then.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly IStore _store;
    private readonly ScheduleSignal _signal;
    private readonly TimeProvider _time;
    private readonly ILogger<Scheduler> _log;

    internal Scheduler(IStore store, ScheduleSignal signal, TimeProvider time, ILogger<Scheduler> log) => (_store, _signal, _time, _log) = (store, signal, time, log);

    /// <summary>Moves all that is due now. Returns how many messages moved.</summary>
    public async Task<int> RunDueAsync(CancellationToken cancel)
    {
        int moved = 0;
        while (true)
        {
            DateTimeOffset now = _time.GetUtcNow();
            IReadOnlyList<(AccountId Account, ScheduledMessage Message)> due = await _store.ReadAsync(
                AccountId.Store, session => session.Scheduled.DueAsync(now, PageSize), cancel);
            foreach (IGrouping<AccountId, ScheduledMessage> group in due.GroupBy(static row => row.Account, static row => row.Message))
            {
                moved += await _store.WriteAsync(new[] { group.Key }, session => MoveAsync(session, group.Key, [.. group], now), cancel);
            }

            if (due.Count < PageSize)
            {
                return moved;
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                Task planned = _signal.Next;
                DateTimeOffset next = await RunOnceAsync(stoppingToken);
                using var timer = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                await Task.WhenAny(planned, _time.UntilAsync(next, timer.Token));
                await timer.CancelAsync();
                stoppingToken.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException)
        {
            // The program stops.
        }
    }

    /// <returns>When to look again.</returns>
    private async Task<DateTimeOffset> RunOnceAsync(CancellationToken cancel)
    {
        DateTimeOffset latest = _time.GetUtcNow() + LongestWait;
        try
        {
            await RunDueAsync(cancel);
            DateTimeOffset? next = await _store.ReadAsync(AccountId.Store, static session => session.Scheduled.NextDueAsync(), cancel);
            return next < latest ? next.Value : latest;
        }
        catch (StoreUnavailableException failure)
        {
            LogFailed(failure.Message);
            return latest;
        }
    }

    private static async ValueTask<int> MoveAsync(IWriteSession session, AccountId account, IReadOnlyList<ScheduledMessage> messages, DateTimeOffset now)
    {
        int moved = 0;
        foreach (ScheduledMessage message in messages)
        {
            // Planned anew, or done by another node, since it was looked up.
            if (await session.Scheduled.GetAsync(account, message.Mailbox, message.Uid) != message)
            {
                continue;
            }

            await session.Scheduled.RemoveAsync(account, message.Mailbox, message.Uid);
            moved += await MoveAsync(session, account, message, now);
        }

        return moved;
    }

    private static async ValueTask<int> MoveAsync(IWriteSession session, AccountId account, ScheduledMessage message, DateTimeOffset now)
    {
        Mailbox? target = await session.Mailboxes.GetAsync(account, message.Target) is { IsContainer: false } there
            ? there
            : await session.Mailboxes.FindAsync(account, Mailbox.Inbox);
        if (target is null || target.Id == message.Mailbox)
        {
            return 0;
        }

        Result<Copied> result = await Transfer.ApplyAsync(session, account, message.Mailbox, UidSet.Of(message.Uid), target.Id, move: true, now);
        if (!result.TryGet(out Copied? copied, out _) || copied.Destination.IsEmpty)
        {
            // Its owner moved or deleted it meanwhile.
            return 0;
        }

        if (message.Kind == ScheduledKind.Snooze)
        {
            var asNew = new FlagChange(FlagOperation.Remove, MessageFlags.Seen, []);
            await FlagChanges.ApplyAsync(session, account, target.Id, copied.Destination, 0, asNew, null);
        }

        return 1;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Messages whose time has come could not be moved and will be tried again: {Reason}")]
    private partial void LogFailed(string reason);
}
