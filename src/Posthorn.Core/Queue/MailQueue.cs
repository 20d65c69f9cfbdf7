using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;

namespace Posthorn.Core.Queue;

/// <summary>The durable queue of mail to other hosts. Rows are leased one by one, so any node may deliver.</summary>
public sealed class MailQueue
{
    /// <summary>Takes due recipients for <paramref name="lease"/>: nobody else gets them meanwhile. At most <paramref name="most"/> rows, oldest due first,
    /// none of a domain in <paramref name="busyDomains"/>.</summary>
    public ValueTask<IReadOnlyList<QueuedMail>> LeaseAsync(string node, TimeSpan lease, int most, IReadOnlyCollection<string> busyDomains, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>
    /// Writes the outcomes of leased recipients in one transaction; a notification (DSN) goes into the same one, so it is sent exactly when the
    /// outcome is kept. An envelope without recipients left goes, its body with it.
    /// </summary>
    public ValueTask ReportAsync(
        EnvelopeId envelope, IReadOnlyList<QueueOutcome> outcomes, Envelope? notification, IncomingMessage? notificationMessage, CancellationToken cancel) =>
        throw new NotImplementedException();

    /// <summary>Gives leases back untouched (a stopping node).</summary>
    public ValueTask ReleaseAsync(string node, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>The octets to send: trace, then body.</summary>
    public ValueTask<MessageContent?> OpenAsync(QueuedMail mail, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Completes when mail may be due: something was queued or retried, or the earliest waiting row's time has come.</summary>
    public Task WaitForWorkAsync(CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<IReadOnlyList<QueueEntry>>> ListAsync(Actor actor, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<QueueEntry>> GetAsync(Actor actor, EnvelopeId envelope, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Makes all recipients of an envelope (null: of all) due now; says how many.</summary>
    public ValueTask<Result<int>> RetryAsync(Actor actor, EnvelopeId? envelope, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Takes an envelope out without a word to anybody.</summary>
    public ValueTask<Result<Done>> DropAsync(Actor actor, EnvelopeId envelope, CancellationToken cancel) => throw new NotImplementedException();
}

/// <summary>Leased recipients of one envelope and one domain.</summary>
public sealed record QueuedMail(
    EnvelopeId Id, Envelope Envelope, BodyId Body, long SizeBytes, string Domain, DateTimeOffset Expires, IReadOnlyList<QueuedRecipient> Recipients);

public sealed record QueuedRecipient(
    QueueRecipientId Id, string Address, DsnNotify Notify, string? OriginalRecipient, int Attempts, DateTimeOffset NextAttempt, bool DelayWasReported, string? LastReply);

/// <summary>What became of a leased recipient.</summary>
public abstract record QueueOutcome(QueueRecipientId Recipient)
{
    public sealed record Delivered(QueueRecipientId Recipient) : QueueOutcome(Recipient);

    public sealed record Failed(QueueRecipientId Recipient, string Reply) : QueueOutcome(Recipient);

    public sealed record Deferred(QueueRecipientId Recipient, DateTimeOffset NextAttempt, string Reply, bool DelayReported) : QueueOutcome(Recipient);
}

/// <summary>An envelope as the administrator sees it.</summary>
public sealed record QueueEntry(EnvelopeId Id, string Sender, DateTimeOffset Received, DateTimeOffset Expires, long SizeBytes, IReadOnlyList<QueuedRecipient> Recipients);
