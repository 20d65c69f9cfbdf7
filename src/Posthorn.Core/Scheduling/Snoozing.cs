using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Scheduling;

/// <summary>Puts messages off: they leave their mailbox and come back to it, unread, at a time. Until then they lie in a mailbox that every client sees.</summary>
public sealed class Snoozing
{
    /// <summary>Name of the mailbox in which they wait.</summary>
    public const string MailboxName = "Snoozed";

    /// <summary>Messages of one call.</summary>
    public const int MaxMessages = 1_000;

    /// <summary>The farthest time ahead.</summary>
    public static readonly TimeSpan Farthest = TimeSpan.FromDays(3 * 366);

    private readonly IStore _store;
    private readonly StoreOptions _options;
    private readonly ScheduleSignal _signal;
    private readonly TimeProvider _time;

    internal Snoozing(IStore store, StoreOptions options, ScheduleSignal signal, TimeProvider time) => (_store, _options, _signal, _time) = (store, options, signal, time);

    /// <summary>Returns where they lie now. Of messages that wait already the time changes.</summary>
    /// <param name="actor">Who.</param>
    /// <param name="account">Whose messages.</param>
    /// <param name="from">Where they lie.</param>
    /// <param name="uids">There.</param>
    /// <param name="until">When they come back.</param>
    /// <param name="target">Where to; null: to where they lie.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Result<(MailboxId Mailbox, UidSet Uids)>> SnoozeAsync(
        Actor actor, AccountId account, MailboxId from, UidSet uids, DateTimeOffset until, MailboxId? target, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.DeleteMessages) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        if (until <= now || until - now > Farthest)
        {
            return new Refusal.Invalid("Choose a time that is to come, within three years.");
        }

        Result<(MailboxId, UidSet)> result = await _store.WriteAsync<Result<(MailboxId, UidSet)>>(
            new[] { account },
            async session =>
            {
                if ((await session.Messages.FiledAsync(account, from, uids)).Count > MaxMessages)
                {
                    return new Refusal.Limit("messages that are put off together", MaxMessages);
                }

                Result<Mailbox> snoozed = await SnoozedAsync(session, account);
                if (!snoozed.TryGet(out Mailbox? waiting, out Refusal? objection))
                {
                    return objection;
                }

                UidSet placed = uids;
                if (waiting.Id != from)
                {
                    Result<Copied> moved = await Transfer.ApplyAsync(session, account, from, uids, waiting.Id, move: true, now);
                    if (!moved.TryGet(out Copied? copied, out objection))
                    {
                        return objection;
                    }

                    placed = copied.Destination;
                }

                foreach (FiledMessage message in await session.Messages.FiledAsync(account, waiting.Id, placed))
                {
                    MailboxId back = (await session.Scheduled.GetAsync(account, waiting.Id, message.Uid))?.Target ?? target ?? from;
                    await session.Scheduled.SetAsync(account, new ScheduledMessage(waiting.Id, message.Uid, ScheduledKind.Snooze, until, back, null));
                }

                return (waiting.Id, placed);
            },
            cancel);
        _signal.Raise();
        return result;
    }

    /// <summary>What waits, the earliest first.</summary>
    public async ValueTask<Result<IReadOnlyList<ScheduledMessage>>> ListAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Read) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<ScheduledMessage>>(await _store.ReadAsync(account, session => session.Scheduled.ListAsync(account), cancel));
    }

    private async ValueTask<Result<Mailbox>> SnoozedAsync(IWriteSession session, AccountId account) =>
        await session.Mailboxes.FindAsync(account, MailboxName) is { IsContainer: false } there
            ? there
            : await MailboxTree.CreateAsync(session, account, MailboxName, SpecialUse.None, _options.MaxMailboxes);
}
