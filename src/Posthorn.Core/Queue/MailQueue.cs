using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Queue;

/// <summary>The durable queue of mail that is still on its way. Rows are leased one by one, so any node may deliver.</summary>
public sealed class MailQueue
{
    /// <summary>How long a message is tried before it is returned (RFC 5321 §4.5.4.1: at least 4 to 5 days).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(5);

    // The queue's rows are locked one by one, not as a whole: nodes work side by side.
    private static readonly AccountId[] NoAccount = [];

    private readonly IStore _store;
    private readonly IBlobStore _blobs;
    private readonly AutomaticDelivery _automatic;
    private readonly QueueSignal _signal;
    private readonly TimeProvider _time;

    internal MailQueue(IStore store, IBlobStore blobs, AutomaticDelivery automatic, QueueSignal signal, TimeProvider time) =>
        (_store, _blobs, _automatic, _signal, _time) = (store, blobs, automatic, signal, time);

    /// <summary>Takes due recipients for <paramref name="lease"/>: nobody else gets them meanwhile. At most <paramref name="most"/> groups (one envelope, one
    /// domain), oldest due first, none of a domain in <paramref name="busyDomains"/>.</summary>
    public ValueTask<IReadOnlyList<QueuedMail>> LeaseAsync(
        string node, TimeSpan lease, int most, IReadOnlyCollection<string> busyDomains, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        return _store.WriteAsync(NoAccount, session => session.Queue.LeaseAsync(node, now, now + lease, most, busyDomains), cancel);
    }

    /// <summary>Makes the lease of mail that had to wait its turn begin anew. What comes back is still leased; the rest was dropped, or is with somebody else by now.</summary>
    public async ValueTask<QueuedMail> RenewAsync(string node, QueuedMail mail, TimeSpan lease, CancellationToken cancel)
    {
        DateTimeOffset until = _time.GetUtcNow() + lease;
        return await _store.WriteAsync(
            NoAccount,
            async session =>
            {
                var kept = new List<QueuedRecipient>();
                foreach (QueuedRecipient recipient in mail.Recipients)
                {
                    if (await session.Queue.RenewLeaseAsync(recipient.Id, node, mail.LeasedUntil, until))
                    {
                        kept.Add(recipient);
                    }
                }

                return mail with { Recipients = kept, LeasedUntil = until };
            },
            cancel);
    }

    /// <summary>
    /// Writes the outcomes of leased recipients in one transaction; a notification (DSN) goes into the same one, so it is sent exactly when the
    /// outcome is kept. An envelope without recipients left goes, its body with it.
    /// </summary>
    public async ValueTask ReportAsync(
        EnvelopeId envelope, IReadOnlyList<QueueOutcome> outcomes, Envelope? notification, IncomingMessage? notificationMessage, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        AutomaticFacts? facts = notification is null || notificationMessage is null ? null : await _automatic.PrepareAsync(notification, notificationMessage, cancel);
        bool wasSent;
        try
        {
            wasSent = await _store.WriteAsync(
                notification is null ? NoAccount : Deliveries.AccountsOf(notification),
                async session =>
                {
                    bool any = false;
                    foreach (QueueOutcome outcome in outcomes)
                    {
                        any |= await ApplyAsync(session, outcome);
                    }

                    await RemoveIfDoneAsync(session, envelope, now);
                    if (!any || notification is null || notificationMessage is null)
                    {
                        return false;
                    }

                    await Deliveries.AcceptAsync(session, notification, notificationMessage, facts, now);
                    return true;
                },
                cancel);
        }
        catch (StoreUnavailableException failure) when (failure.IsOutcomeOpen && notificationMessage is not null)
        {
            // Nobody knows what became of it: the octets stay, the sweep finds out.
            notificationMessage.IsKept = true;
            throw;
        }

        if (notificationMessage is not null)
        {
            notificationMessage.IsKept |= wasSent;
        }

        _signal.Raise();
    }

    /// <summary>
    /// Files a leased message with accounts of this store (held mail whose time has come, an alias that leads back here). A second try, after a crash before
    /// the outcome was reported, finds it done.
    /// </summary>
    public async ValueTask DeliverLocallyAsync(QueuedMail mail, QueuedRecipient recipient, IReadOnlyList<Account> accounts, CancellationToken cancel)
    {
        StoredBody body = await _store.ReadAsync(AccountId.Store, session => session.Bodies.GetAsync(mail.Body), cancel)
            ?? throw new StoreUnavailableException($"The body of envelope {mail.Id} is missing.", isFull: false);
        await using MessageContent content = await BodyReading.OpenAsync(_blobs, [], body, cancel)
            ?? throw new StoreUnavailableException($"The octets of envelope {mail.Id} are missing.", isFull: false);
        await using Stream octets = content.OpenRead();
        var message = new IncomingMessage(_blobs, body, MessageMetadata.Read(octets)) { IsKept = true };
        AutomaticFacts? facts = await _automatic.PrepareAsync(accounts, mail.Envelope, message, cancel);
        DateTimeOffset now = _time.GetUtcNow();
        await _store.WriteAsync(
            accounts.Select(account => account.Id).OrderBy(id => id.Value).ToArray(),
            async session =>
            {
                foreach (Account account in accounts)
                {
                    if (await session.Messages.MarkDeliveredAsync(account.Id, mail.Id, recipient.Address, now))
                    {
                        await Deliveries.FileAsync(session, account, mail.Envelope, recipient.Address, recipient.Notify, message, now, facts, now);
                    }
                }

                return Done.Value;
            },
            cancel);
    }

    /// <summary>
    /// Puts other addresses in the place of a leased recipient, in one transaction: from then on each is delivered, and told of, on its own. Addresses that wait there
    /// already get it once.
    /// </summary>
    public async ValueTask ReplaceAsync(QueuedMail mail, QueuedRecipient recipient, IReadOnlyList<string> addresses, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        await _store.WriteAsync(
            NoAccount,
            async session =>
            {
                if (await session.Queue.RemoveRecipientAsync(recipient.Id) && await session.Queue.GetAsync(mail.Id) is { } entry)
                {
                    foreach (string address in addresses.Except(entry.Recipients.Select(static waiting => waiting.Address), StringComparer.OrdinalIgnoreCase))
                    {
                        await session.Queue.InsertRecipientAsync(
                            mail.Id, address, Deliveries.DomainOf(address), recipient.Notify, recipient.OriginalRecipient, now);
                    }
                }

                return Done.Value;
            },
            cancel);
        _signal.Raise();
    }

    /// <summary>Gives leases back untouched (a stopping node, or one that comes back after a crash under the same name).</summary>
    public async ValueTask ReleaseAsync(string node, CancellationToken cancel) => await _store.WriteAsync(
        NoAccount,
        async session =>
        {
            await session.Queue.ReleaseLeasesAsync(node);
            return Done.Value;
        },
        cancel);

    /// <summary>The octets to send: trace, then body. Null: they are missing.</summary>
    public async ValueTask<MessageContent?> OpenAsync(QueuedMail mail, CancellationToken cancel)
    {
        StoredBody? body = await _store.ReadAsync(AccountId.Store, session => session.Bodies.GetAsync(mail.Body), cancel);
        return body is null ? null : await BodyReading.OpenAsync(_blobs, mail.Envelope.Trace, body, cancel);
    }

    /// <summary>Completes when mail may be due: something was queued or retried, or the earliest waiting row's time has come.</summary>
    public async Task WaitForWorkAsync(CancellationToken cancel)
    {
        Task raised = _signal.Next;
        DateTimeOffset now = _time.GetUtcNow();
        DateTimeOffset? due = await _store.ReadAsync(AccountId.Store, session => session.Queue.NextDueAsync(now), cancel);
        if (due is null)
        {
            await raised.WaitAsync(cancel);
            return;
        }

        using var stopWaiting = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Task.WhenAny(raised, _time.UntilAsync(due.Value, stopWaiting.Token));
        await stopWaiting.CancelAsync();
        cancel.ThrowIfCancellationRequested();
    }

    public async ValueTask<Result<IReadOnlyList<QueueEntry>>> ListAsync(Actor actor, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<QueueEntry>>(await _store.ReadAsync(AccountId.Store, session => session.Queue.ListAsync(), cancel));
    }

    public async ValueTask<Result<QueueEntry>> GetAsync(Actor actor, EnvelopeId envelope, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        return await _store.ReadAsync(AccountId.Store, session => session.Queue.GetAsync(envelope), cancel) is { } entry
            ? entry
            : new Refusal.NotFound($"message {envelope} in the queue");
    }

    /// <summary>Makes all recipients of an envelope (null: of all) due now; says how many. Mail that its sender holds back stays so.</summary>
    public async ValueTask<Result<int>> RetryAsync(Actor actor, EnvelopeId? envelope, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        int count = await _store.WriteAsync(NoAccount, session => session.Queue.RetryAsync(envelope, now), cancel);
        _signal.Raise();
        if (count > 0 || envelope is not { } id)
        {
            return count;
        }

        return await _store.ReadAsync(AccountId.Store, session => session.Queue.GetAsync(id), cancel) is { } entry && entry.IsHeldAt(now)
            ? new Refusal.Invalid($"Message {id} waits for the time that its sender chose. It does not leave before.")
            : new Refusal.NotFound($"message {id} that waits in the queue");
    }

    /// <summary>Takes an envelope out without a word to anybody.</summary>
    public async ValueTask<Result<Done>> DropAsync(Actor actor, EnvelopeId envelope, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        bool wasThere = await _store.WriteAsync(
            NoAccount,
            async session =>
            {
                if (await session.Queue.DropAsync(envelope) is not { } body)
                {
                    return false;
                }

                await session.Bodies.ReleaseAsync(body, now);
                return true;
            },
            cancel);
        return wasThere ? Done.Value : new Refusal.NotFound($"message {envelope} in the queue");
    }

    private static async ValueTask<bool> ApplyAsync(IWriteSession session, QueueOutcome outcome)
    {
        if (outcome is QueueOutcome.Deferred deferred)
        {
            await session.Queue.DeferAsync(deferred);
            return true;
        }

        return await session.Queue.RemoveRecipientAsync(outcome.Recipient);
    }

    private static async ValueTask RemoveIfDoneAsync(IWriteSession session, EnvelopeId envelope, DateTimeOffset now)
    {
        if (await session.Queue.RemoveIfDoneAsync(envelope) is { } body)
        {
            await session.Bodies.ReleaseAsync(body, now);
        }
    }
}
