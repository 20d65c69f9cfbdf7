using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Messages;
using Posthorn.Core.Queue;
using Posthorn.Core.Scheduling;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Delivery;

/// <summary>Mail that its writer keeps here: drafts, sending with a copy, and a moment in which what was sent can be taken back. Each is one transaction.</summary>
public sealed class Outbox
{
    private readonly IStore _store;
    private readonly AutomaticDelivery _automatic;
    private readonly QueueSignal _queue;
    private readonly ScheduleSignal _schedule;
    private readonly TimeProvider _time;

    internal Outbox(IStore store, AutomaticDelivery automatic, QueueSignal queue, ScheduleSignal schedule, TimeProvider time) =>
        (_store, _automatic, _queue, _schedule, _time) = (store, automatic, queue, schedule, time);

    /// <summary>Files a draft in the place of an older one, which may be gone already (sent or deleted on another device). Returns its UID.</summary>
    public async ValueTask<Result<uint>> SaveAsync(
        Actor actor, AccountId account, MailboxId drafts, IncomingMessage content, uint? replaced, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Insert) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        Result<uint> saved = await KeepingAsync([content], () => _store.WriteAsync<Result<uint>>(
            new[] { account },
            async session =>
            {
                IReadOnlyList<FiledMessage> old = await OldAsync(session, account, drafts, replaced);
                Result<Filing> filing = await StartAsync(session, account, drafts, content.Length - old.Sum(static message => message.SizeBytes), 1 - old.Count, now);
                if (!filing.TryGet(out Filing? into, out Refusal? full))
                {
                    return full;
                }

                uint uid = into.NextUid;
                await into.AddAsync(content, [], MessageFlags.Draft | MessageFlags.Seen, now, Uidl.New());
                await into.FinishAsync();
                await Removal.ApplyAsync(session, account, drafts, old, now);
                return uid;
            },
            cancel));
        content.IsKept |= saved.IsOk;
        return saved;
    }

    /// <summary>Queues the message, files the copy, takes the draft away.</summary>
    /// <param name="message">What is sent.</param>
    /// <param name="copy">What the sender keeps; may be <paramref name="message"/> itself.</param>
    /// <param name="draft">Folder and UID; null: it was never saved.</param>
    /// <param name="actor">Who.</param>
    /// <param name="account">Whose mail.</param>
    /// <param name="envelope">To whom; <see cref="Envelope.HoldUntil"/> is the time in which it can be taken back.</param>
    /// <param name="sent">Folder of the copy.</param>
    /// <param name="waiting">Of mail that leaves at a time its writer chose, the folder in which the copy waits until then; null: it leaves now.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Result<SentMail>> SendAsync(
        Actor actor, AccountId account, Envelope envelope, IncomingMessage message, IncomingMessage copy, MailboxId sent, MailboxId? waiting,
        (MailboxId Box, uint Uid)? draft, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Send) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        AutomaticFacts? facts = await _automatic.PrepareAsync(envelope, message, cancel);
        AccountId[] written = [.. Deliveries.AccountsOf(envelope).Append(account).Distinct().OrderBy(static id => id.Value)];
        Result<SentMail> result = await KeepingAsync([message, copy], () => _store.WriteAsync<Result<SentMail>>(
            written,
            async session =>
            {
                IReadOnlyList<FiledMessage> old = draft is null ? [] : await OldAsync(session, account, draft.Value.Box, draft.Value.Uid);
                Result<Filing> filing = await StartAsync(session, account, waiting ?? sent, copy.Length - old.Sum(static message => message.SizeBytes), 1 - old.Count, now);
                if (!filing.TryGet(out Filing? into, out Refusal? full))
                {
                    return full;
                }

                uint uid = into.NextUid;
                await into.AddAsync(copy, [], MessageFlags.Seen, now, Uidl.New());
                await into.FinishAsync();
                if (draft is not null)
                {
                    await Removal.ApplyAsync(session, account, draft.Value.Box, old, now);
                }

                EnvelopeId? queued = await Deliveries.AcceptAsync(session, envelope, message, facts, now);
                if (waiting is { } box && envelope.HoldUntil is { } due)
                {
                    await session.Scheduled.SetAsync(account, new ScheduledMessage(box, uid, ScheduledKind.SendLater, due, sent, queued));
                }

                return new SentMail(queued, uid);
            },
            cancel));
        message.IsKept |= result.IsOk;
        copy.IsKept |= result.IsOk;
        _queue.Raise();
        _schedule.Raise();
        return result;
    }

    /// <summary>Takes back what is still held for everybody it was sent to: the copy becomes a draft again. Returns the draft's UID.</summary>
    public async ValueTask<Result<uint>> TakeBackAsync(
        Actor actor, AccountId account, EnvelopeId envelope, MailboxId sent, uint copy, MailboxId drafts, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Send) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        return await _store.WriteAsync<Result<uint>>(
            new[] { account },
            async session =>
            {
                // Looked for first: a refusal keeps what was written before it.
                if (await session.Mailboxes.GetAsync(account, drafts) is not { IsContainer: false }
                    || (await session.Messages.FiledAsync(account, sent, UidSet.Of(copy))).Count == 0
                    || await session.Queue.WithdrawAsync(envelope, account, now) is not { } body)
                {
                    return new Refusal.NotFound("way to take it back: it is on its way already");
                }

                await session.Bodies.ReleaseAsync(body, now);
                await session.Scheduled.RemoveAsync(account, sent, copy);
                Result<Copied> moved = await Transfer.ApplyAsync(session, account, sent, UidSet.Of(copy), drafts, move: true, now);
                if (!moved.TryGet(out Copied? where, out Refusal? refused))
                {
                    return refused;
                }

                var asDraft = new FlagChange(FlagOperation.Add, MessageFlags.Draft, []);
                await FlagChanges.ApplyAsync(session, account, drafts, where.Destination, 0, asDraft, null);
                return where.Destination.Enumerate().First();
            },
            cancel);
    }

    private static async ValueTask<IReadOnlyList<FiledMessage>> OldAsync(IWriteSession session, AccountId account, MailboxId drafts, uint? uid)
    {
        IReadOnlyList<FiledMessage> old = uid is null ? [] : await session.Messages.FiledAsync(account, drafts, UidSet.Of(uid.Value));
        // What is no draft any more is not ours to take away.
        return [.. old.Where(static message => message.Flags.HasFlag(MessageFlags.Draft))];
    }

    private static async ValueTask<Result<Filing>> StartAsync(IWriteSession session, AccountId account, MailboxId box, long bytes, int messages, DateTimeOffset now)
    {
        if (await session.Mailboxes.GetAsync(account, box) is not { IsContainer: false } mailbox)
        {
            return new Refusal.NotFound("mailbox");
        }

        return (await session.Directory.AccountAsync(account))?.ObjectTo(bytes, messages) is { } refusal
            ? refusal
            : new Filing(session, account, mailbox, await session.ModSeqAsync(account), now);
    }

    private static async ValueTask<T> KeepingAsync<T>(IReadOnlyList<IncomingMessage> messages, Func<ValueTask<T>> write)
    {
        try
        {
            return await write();
        }
        catch (StoreUnavailableException failure) when (failure.IsOutcomeOpen)
        {
            // Nobody knows what became of it: the octets stay, the sweep finds out.
            foreach (IncomingMessage message in messages)
            {
                message.IsKept = true;
            }

            throw;
        }
    }
}

/// <param name="Envelope">Null: all of it is delivered already.</param>
/// <param name="Copy">UID of the copy in its folder.</param>
public sealed record SentMail(EnvelopeId? Envelope, uint Copy);
