using System.Text;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Queue;
using Posthorn.Core.Storage;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Delivery;

/// <summary>
/// Takes accepted mail: one transaction writes the envelope, files it with the local accounts and queues the rest. When the call
/// returns, the message is on disk: only then may "250" be said.
/// </summary>
public sealed class Deliveries
{
    private readonly IStore _store;
    private readonly AutomaticDelivery _automatic;
    private readonly QueueSignal _queue;
    private readonly TimeProvider _time;

    internal Deliveries(IStore store, AutomaticDelivery automatic, QueueSignal queue, TimeProvider time) =>
        (_store, _automatic, _queue, _time) = (store, automatic, queue, time);

    /// <returns>The queue's id of the message when something is still on its way, else null.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was accepted.</exception>
    public async ValueTask<EnvelopeId?> AcceptAsync(Envelope envelope, IncomingMessage message, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        AutomaticFacts? facts = await _automatic.PrepareAsync(envelope, message, cancel);
        EnvelopeId? queued;
        try
        {
            queued = await _store.WriteAsync(
                AccountsOf(envelope), session => Expect(session, envelope, message), session => AcceptAsync(session, envelope, message, facts, now), cancel);
        }
        catch (StoreUnavailableException failure) when (failure.IsOutcomeOpen)
        {
            // Nobody knows what became of it: the octets stay, the sweep finds out.
            message.IsKept = true;
            throw;
        }

        message.IsKept = true;
        if (queued is not null || facts is not null)
        {
            _queue.Raise();
        }

        return queued;
    }

    /// <summary>The same within a transaction of the caller, for notifications that must come exactly when an outcome is kept.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="envelope">To whom.</param>
    /// <param name="message">What.</param>
    /// <param name="facts">Of <see cref="AutomaticDelivery"/>.</param>
    /// <param name="now">The time of it.</param>
    internal static async ValueTask<EnvelopeId?> AcceptAsync(
        IWriteSession session, Envelope envelope, IncomingMessage message, AutomaticFacts? facts, DateTimeOffset now)
    {
        Expect(session, envelope, message);
        var remaining = new List<(string Address, EnvelopeRecipient Recipient)>();
        var delivered = new HashSet<AccountId>();
        foreach (EnvelopeRecipient recipient in envelope.Recipients)
        {
            if (!IsFiledNow(envelope, recipient) || recipient.Target is not Recipient.Local local)
            {
                // Not ours, held back, or with a notification to send: the queue files it here when its time has come. Where some of it goes elsewhere, each
                // address goes on its own, so that one of them does not hold up the others.
                IEnumerable<string> addresses = recipient.Target is Recipient.Local { Elsewhere.Count: > 0 } both
                    ? [.. both.Accounts.Select(static account => account.Address), .. both.Elsewhere]
                    : [recipient.Address];
                remaining.AddRange(addresses.Select(address => (address, recipient)));
                continue;
            }

            foreach (Account account in local.Accounts)
            {
                // Two addresses of one account are one delivery.
                if (!delivered.Contains(account.Id) && !await FileAsync(session, account, envelope, recipient.Address, recipient.Notify, message, envelope.Received, facts, now))
                {
                    remaining.Add((account.Address, recipient));
                }

                delivered.Add(account.Id);
            }

            remaining.AddRange(local.Elsewhere.Select(address => (address, recipient)));
        }

        return remaining.Count == 0 ? null : await EnqueueAsync(session, envelope, message.Body, remaining, now);
    }

    /// <summary>Announces what filing will ask for, of all accounts at once.</summary>
    private static void Expect(IWriteSession session, Envelope envelope, IncomingMessage message)
    {
        foreach (AccountId account in envelope.Recipients.Where(recipient => IsFiledNow(envelope, recipient))
            .SelectMany(static recipient => ((Recipient.Local)recipient.Target).Accounts).Select(static account => account.Id).Distinct())
        {
            session.Mailboxes.Expect(account, Mailbox.Inbox);
            session.Messages.ExpectThread(account, message.Metadata.ThreadKeys);
        }
    }

    private static bool IsFiledNow(Envelope envelope, EnvelopeRecipient recipient) =>
        recipient.Target is Recipient.Local && envelope.HoldUntil is null && !recipient.Notify.HasFlag(DsnNotify.Success);

    /// <summary>Puts the message into the account's inbox, and does what else the account wants done with it; false when the account has gone.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="owner">Whose inbox.</param>
    /// <param name="envelope">As it was taken.</param>
    /// <param name="address">The recipient's, by which it came to the account.</param>
    /// <param name="notify">What its sender wants to know.</param>
    /// <param name="message">What.</param>
    /// <param name="date">INTERNALDATE: of the final delivery (RFC 9051 §2.3.3), which of mail that was held is later than <see cref="Envelope.Received"/>.</param>
    /// <param name="facts">Of <see cref="AutomaticDelivery"/>.</param>
    /// <param name="now">The time of it.</param>
    internal static async ValueTask<bool> FileAsync(
        IWriteSession session, Account owner, Envelope envelope, string address, DsnNotify notify, IncomingMessage message, DateTimeOffset date, AutomaticFacts? facts,
        DateTimeOffset now)
    {
        AccountId account = owner.Id;
        if (await session.Mailboxes.FindAsync(account, Mailbox.Inbox) is not { } inbox)
        {
            return false;
        }

        if (facts is not null && owner.Automatic != AutomaticMail.None && !await AutomaticDelivery.RunAsync(session, owner, envelope, address, notify, message, facts, now))
        {
            return true;
        }

        // What it holds is asked for only where that can matter: the account as the recipient was resolved says whether it has a quota.
        Account? before = owner.HasQuota ? await session.Directory.AccountAsync(account) : null;
        var filing = new Filing(session, account, inbox, await session.ModSeqAsync(account), now);
        await filing.AddAsync(message, Prefix(envelope, address), MessageFlags.None, date, Uidl.New());
        await filing.FinishAsync();
        await QuotaWarning.FileAsync(session, before, now);
        return true;
    }

    internal static AccountId[] AccountsOf(Envelope envelope) =>
    [
        .. envelope.Recipients.Select(recipient => recipient.Target).OfType<Recipient.Local>().SelectMany(local => local.Accounts)
            .Select(account => account.Id).Distinct().OrderBy(id => id.Value),
    ];

    /// <summary>The lines of this recipient: the reverse path of the final delivery (RFC 5321 §4.4), whom it was for, then the common trace.</summary>
    private static byte[] Prefix(Envelope envelope, string address) =>
        [.. Encoding.UTF8.GetBytes($"Return-Path: <{envelope.Sender}>\r\nDelivered-To: {address}\r\n"), .. envelope.Trace];

    /// <summary>By which the queue groups: what goes to one domain goes together.</summary>
    internal static string DomainOf(string address) => address[(address.LastIndexOf('@') + 1)..].ToLowerInvariant();

    // RFC 6531 §3.1: U-labels go with SMTPUTF8 only, and every domain has A-labels.
    private static string Sent(string address) => EmailAddress.TryParse(address, out EmailAddress? parsed) ? parsed.ToString() : address;

    /// <summary>Puts the message into the queue; what is sent is the envelope's trace, then the body.</summary>
    internal static async ValueTask<EnvelopeId> EnqueueAsync(
        IWriteSession session, Envelope envelope, StoredBody body, IReadOnlyList<(string Address, EnvelopeRecipient Recipient)> remaining, DateTimeOffset now)
    {
        await session.Bodies.ReferAsync(body, 1, now);
        DateTimeOffset due = envelope.HoldUntil ?? now;
        EnvelopeId id = await session.Queue.InsertAsync(envelope, body.Id, envelope.Trace.Length + body.SizeBytes, due + MailQueue.Lifetime);
        foreach ((string address, EnvelopeRecipient recipient) in remaining.Select(static pair => pair with { Address = Sent(pair.Address) })
            .DistinctBy(static pair => pair.Address, StringComparer.OrdinalIgnoreCase))
        {
            await session.Queue.InsertRecipientAsync(id, address, DomainOf(address), recipient.Notify, recipient.OriginalRecipient, due);
        }

        return id;
    }
}
