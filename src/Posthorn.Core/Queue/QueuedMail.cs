using Posthorn.Core.Delivery;

namespace Posthorn.Core.Queue;

/// <summary>Leased recipients of one envelope and one domain.</summary>
public sealed record QueuedMail(
    EnvelopeId Id, Envelope Envelope, BodyId Body, long SizeBytes, string Domain, DateTimeOffset Expires, IReadOnlyList<QueuedRecipient> Recipients)
{
    /// <summary>Nobody else gets it before.</summary>
    public DateTimeOffset LeasedUntil { get; init; }
}

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
public sealed record QueueEntry(EnvelopeId Id, string Sender, DateTimeOffset Received, DateTimeOffset Expires, long SizeBytes, IReadOnlyList<QueuedRecipient> Recipients)
{
    /// <summary>Its sender chose a time that is to come (FUTURERELEASE, sending later); nobody else makes it leave before.</summary>
    public bool IsHeldAt(DateTimeOffset now) => Recipients.All(recipient => recipient.Attempts == 0 && recipient.NextAttempt > now);
}
