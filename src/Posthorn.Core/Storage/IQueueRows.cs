using Posthorn.Core.Delivery;
using Posthorn.Core.Queue;

namespace Posthorn.Core.Storage;

public interface IReadQueue
{
    ValueTask<IReadOnlyList<QueueEntry>> ListAsync();

    ValueTask<QueueEntry?> GetAsync(EnvelopeId id);

    /// <summary>When the earliest row that nobody has leased is due; null: the queue is empty.</summary>
    ValueTask<DateTimeOffset?> NextDueAsync(DateTimeOffset now);
}

public interface IWriteQueue : IReadQueue
{
    ValueTask<EnvelopeId> InsertAsync(Envelope envelope, BodyId body, long sizeBytes, DateTimeOffset expires);

    ValueTask InsertRecipientAsync(EnvelopeId envelope, string address, string domain, DsnNotify notify, string? originalRecipient, DateTimeOffset due);

    ValueTask<IReadOnlyList<QueuedMail>> LeaseAsync(string node, DateTimeOffset now, DateTimeOffset until, int most, IReadOnlyCollection<string> busyDomains);

    /// <summary>False when the row is gone, or was leased by another since: then its lease does not end at <paramref name="leased"/>.</summary>
    ValueTask<bool> RenewLeaseAsync(QueueRecipientId id, string node, DateTimeOffset leased, DateTimeOffset until);

    /// <summary>False when the row is gone (dropped, or done by another node).</summary>
    ValueTask<bool> RemoveRecipientAsync(QueueRecipientId id);

    ValueTask DeferAsync(QueueOutcome.Deferred outcome);

    ValueTask ReleaseLeasesAsync(string node);

    /// <summary>Removes the envelope when no recipient is left; gives the body to release.</summary>
    ValueTask<BodyId?> RemoveIfDoneAsync(EnvelopeId id);

    /// <summary>Makes recipients due now that nobody has leased, of one envelope or of all; says how many. What was never tried and whose time is to come is held: its sender chose the time.</summary>
    ValueTask<int> RetryAsync(EnvelopeId? id, DateTimeOffset now);

    /// <summary>Removes envelope and recipients; gives the body to release. Null: there was none.</summary>
    ValueTask<BodyId?> DropAsync(EnvelopeId id);

    /// <summary>
    /// Removes what <paramref name="submitter"/> sent as long as nothing of it was tried: every recipient waits for a time after <paramref name="now"/> and
    /// nobody has leased it. Gives the body to release. Null: it is too late, or not theirs.
    /// </summary>
    ValueTask<BodyId?> WithdrawAsync(EnvelopeId id, AccountId submitter, DateTimeOffset now);
}
