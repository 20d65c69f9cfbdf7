using Npgsql;
using Posthorn.Core.Delivery;
using Posthorn.Core.Queue;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>The queue in PostgreSQL. Nodes lease rows side by side: what one is about to take, the others pass over.</summary>
internal sealed class PostgresQueue(PostgresTransaction transaction) : IWriteQueue
{
    private const string EnvelopeColumns = """
        SELECT id, sender, body, size, trace, received, expires, envid, ret, smtputf8, eightbit, require_tls, submitter, suspicion, forwarder FROM envelope
        """;

    private const string RecipientColumns = "id, address, notify, orcpt, attempts, due, delay_reported, last_reply, envelope, domain";

    // Rows that belong together (one envelope, one domain) are leased together, so that one connection takes them all.
    private const string Lease = """
        WITH due AS (
            SELECT envelope, domain, min(due) AS first FROM envelope_recipient
            WHERE due <= $1 AND (lease_until IS NULL OR lease_until < $1) AND domain <> ALL($3)
            GROUP BY envelope, domain ORDER BY first LIMIT $2),
        free AS MATERIALIZED (
            SELECT r.id FROM envelope_recipient r JOIN due ON due.envelope = r.envelope AND due.domain = r.domain
            WHERE r.due <= $1 AND (r.lease_until IS NULL OR r.lease_until < $1)
            FOR UPDATE OF r SKIP LOCKED)
        UPDATE envelope_recipient AS r SET lease_node = $4, lease_until = $5 FROM free WHERE r.id = free.id
        RETURNING r.id, r.address, r.notify, r.orcpt, r.attempts, r.due, r.delay_reported, r.last_reply, r.envelope, r.domain
        """;

    public ValueTask<IReadOnlyList<QueueEntry>> ListAsync() => EntriesAsync(
        transaction.Use(EnvelopeColumns + " ORDER BY id"),
        transaction.Use($"SELECT {RecipientColumns} FROM envelope_recipient ORDER BY id"));

    public async ValueTask<QueueEntry?> GetAsync(EnvelopeId id)
    {
        IReadOnlyList<QueueEntry> found = await EntriesAsync(
            transaction.Use(EnvelopeColumns + " WHERE id = $1").Bind(id.Value),
            transaction.Use($"SELECT {RecipientColumns} FROM envelope_recipient WHERE envelope = $1 ORDER BY id").Bind(id.Value));
        return found is [QueueEntry entry] ? entry : null;
    }

    public async ValueTask<DateTimeOffset?> NextDueAsync(DateTimeOffset now) =>
        await transaction.Use("SELECT min(greatest(due, coalesce(lease_until, 0))) FROM envelope_recipient").ScalarAsync<long>() is { } due
            ? DateTimeOffset.FromUnixTimeMilliseconds(due)
            : null;

    public async ValueTask<EnvelopeId> InsertAsync(Envelope envelope, BodyId body, long sizeBytes, DateTimeOffset expires) =>
        new(await transaction.Use("""
            INSERT INTO envelope(sender, body, size, trace, received, expires, envid, ret, smtputf8, eightbit, require_tls, submitter, suspicion, forwarder)
            VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id
            """).Bind(envelope.Sender).Bind(body.Value).Bind(sizeBytes).Bind(envelope.Trace).Bind(envelope.Received).Bind(expires)
            .Bind(envelope.EnvelopeIdentifier).Bind((int)envelope.Return).Bind(envelope.IsSmtpUtf8).Bind(envelope.IsEightBit).Bind(envelope.RequireTls)
            .Bind(envelope.Submitter?.Value).Bind((int)envelope.Suspicion).Bind(envelope.Forwarder?.Value).ScalarAsync<long>() ?? throw new InvalidOperationException("INSERT ... RETURNING gave no row."));

    public ValueTask InsertRecipientAsync(EnvelopeId envelope, string address, string domain, DsnNotify notify, string? originalRecipient, DateTimeOffset due)
    {
        transaction.Use("INSERT INTO envelope_recipient(envelope, address, domain, notify, orcpt, due) VALUES($1, $2, $3, $4, $5, $6)")
            .Bind(envelope.Value).Bind(address).Bind(domain).Bind((int)notify).Bind(originalRecipient).Bind(due).Post();
        return ValueTask.CompletedTask;
    }

    public async ValueTask<IReadOnlyList<QueuedMail>> LeaseAsync(
        string node, DateTimeOffset now, DateTimeOffset until, int most, IReadOnlyCollection<string> busyDomains)
    {
        IReadOnlyList<(QueuedRecipient Recipient, long Envelope, string Domain)> leased = await transaction.Use(Lease)
            .Bind(now).Bind((long)most).Bind([.. busyDomains]).Bind(node).Bind(until)
            .AllAsync(static row => (ReadRecipient(row), row.GetInt64(8), row.GetString(9)));
        if (leased.Count == 0)
        {
            return [];
        }

        var envelopes = new Dictionary<long, (Envelope Envelope, BodyId Body, long Size, DateTimeOffset Expires)>();
        await transaction.Use(EnvelopeColumns + " WHERE id = ANY($1)").Bind([.. leased.Select(row => row.Envelope).Distinct()])
            .EachAsync(row => envelopes[row.GetInt64(0)] = (ReadEnvelope(row), new BodyId(row.GetGuid(2)), row.GetInt64(3), row.Time(6)));
        return
        [
            .. from row in leased.OrderBy(row => row.Recipient.Id.Value)
               where envelopes.ContainsKey(row.Envelope)
               group row.Recipient by (row.Envelope, row.Domain) into mail
               orderby mail.Min(recipient => recipient.NextAttempt)
               let envelope = envelopes[mail.Key.Envelope]
               select new QueuedMail(
                   new EnvelopeId(mail.Key.Envelope), envelope.Envelope, envelope.Body, envelope.Size, mail.Key.Domain, envelope.Expires, [.. mail])
               {
                   LeasedUntil = until,
               },
        ];
    }

    public async ValueTask<bool> RenewLeaseAsync(QueueRecipientId id, string node, DateTimeOffset leased, DateTimeOffset until) =>
        await transaction.Use("UPDATE envelope_recipient SET lease_until = $4 WHERE id = $1 AND lease_node = $2 AND lease_until = $3")
            .Bind(id.Value).Bind(node).Bind(leased).Bind(until).RunAsync() > 0;

    public async ValueTask<bool> RemoveRecipientAsync(QueueRecipientId id) =>
        await transaction.Use("DELETE FROM envelope_recipient WHERE id = $1").Bind(id.Value).RunAsync() > 0;

    public ValueTask DeferAsync(QueueOutcome.Deferred outcome)
    {
        transaction.Use("""
            UPDATE envelope_recipient SET attempts = attempts + 1, due = $2, last_reply = $3, delay_reported = $4, lease_node = NULL, lease_until = NULL
            WHERE id = $1
            """).Bind(outcome.Recipient.Value).Bind(outcome.NextAttempt).Bind(outcome.Reply).Bind(outcome.DelayReported).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask ReleaseLeasesAsync(string node)
    {
        transaction.Use("UPDATE envelope_recipient SET lease_node = NULL, lease_until = NULL WHERE lease_node = $1").Bind(node).Post();
        return ValueTask.CompletedTask;
    }

    public async ValueTask<BodyId?> RemoveIfDoneAsync(EnvelopeId id)
    {
        transaction.HoldsSharedRows = true;
        // Two nodes that report the last two recipients: the second waits for the row, and its next statement sees what the first did.
        transaction.Use("SELECT 1 FROM envelope WHERE id = $1 FOR UPDATE").Bind(id.Value).Post(static _ => { });
        return await RemoveEnvelopeAsync("""
            DELETE FROM envelope WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM envelope_recipient WHERE envelope = $1) RETURNING body
            """, id);
    }

    public async ValueTask<int> RetryAsync(EnvelopeId? id, DateTimeOffset now) =>
        await transaction.Use("UPDATE envelope_recipient SET due = $2 WHERE ($1 IS NULL OR envelope = $1) AND lease_until IS NULL AND (attempts > 0 OR due <= $2)")
            .Bind(id?.Value).Bind(now).RunAsync();

    public ValueTask<BodyId?> DropAsync(EnvelopeId id)
    {
        transaction.HoldsSharedRows = true;
        transaction.Use("DELETE FROM envelope_recipient WHERE envelope = $1").Bind(id.Value).Post();
        return RemoveEnvelopeAsync("DELETE FROM envelope WHERE id = $1 RETURNING body", id);
    }

    public async ValueTask<BodyId?> WithdrawAsync(EnvelopeId id, AccountId submitter, DateTimeOffset now)
    {
        transaction.HoldsSharedRows = true;
        // Whoever leases meanwhile passes over locked rows; whoever leased before is waited for, and seen.
        transaction.Use("SELECT 1 FROM envelope_recipient WHERE envelope = $1 FOR UPDATE").Bind(id.Value).Post(static _ => { });
        long? waits = await transaction.Use("""
            SELECT id FROM envelope WHERE id = $1 AND submitter = $2 AND NOT EXISTS (
                SELECT 1 FROM envelope_recipient WHERE envelope = $1 AND (due <= $3 OR attempts > 0 OR lease_until IS NOT NULL))
            """).Bind(id.Value).Bind(submitter.Value).Bind(now).ScalarAsync<long>();
        return waits is null ? null : await DropAsync(id);
    }

    private async ValueTask<BodyId?> RemoveEnvelopeAsync(string sql, EnvelopeId id) =>
        await transaction.Use(sql).Bind(id.Value).ScalarAsync<Guid>() is { } body ? new BodyId(body) : null;

    private static async ValueTask<IReadOnlyList<QueueEntry>> EntriesAsync(PostgresStatement envelopes, PostgresStatement recipients)
    {
        var found = new List<QueueEntry>();
        envelopes.Post(row => found.Add(
            new QueueEntry(new EnvelopeId(row.GetInt64(0)), row.GetString(1), row.Time(5), row.Time(6), row.GetInt64(3), [])));
        IReadOnlyList<(QueuedRecipient Recipient, long Envelope)> rows = await recipients.AllAsync(static row => (ReadRecipient(row), row.GetInt64(8)));
        ILookup<long, QueuedRecipient> byEnvelope = rows.ToLookup(row => row.Envelope, row => row.Recipient);
        return [.. found.Select(entry => entry with { Recipients = [.. byEnvelope[entry.Id.Value]] })];
    }

    private static QueuedRecipient ReadRecipient(NpgsqlDataReader row) => new(
        new QueueRecipientId(row.GetInt64(0)), row.GetString(1), (DsnNotify)row.GetInt32(2), row.NullableText(3), row.GetInt32(4), row.Time(5), row.GetBoolean(6),
        row.NullableText(7));

    private static Envelope ReadEnvelope(NpgsqlDataReader row) => new(row.GetString(1), [], row.Blob(4), row.Time(5))
    {
        EnvelopeIdentifier = row.NullableText(7),
        Return = (DsnReturn)row.GetInt32(8),
        IsSmtpUtf8 = row.GetBoolean(9),
        IsEightBit = row.GetBoolean(10),
        RequireTls = row.GetBoolean(11),
        Submitter = row.NullableInt64(12) is { } submitter ? new AccountId(submitter) : null,
        Suspicion = (Suspicion)row.GetInt32(13),
        Forwarder = row.NullableInt64(14) is { } forwarder ? new AccountId(forwarder) : null,
    };
}
