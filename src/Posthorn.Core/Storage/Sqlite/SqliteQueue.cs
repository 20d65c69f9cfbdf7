using System.Text.Json;
using Posthorn.Core.Delivery;
using Posthorn.Core.Queue;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>The queue in SQLite.</summary>
internal sealed class SqliteQueue(SqliteConnection connection) : IWriteQueue
{
    private const string EnvelopeColumns = """
        SELECT id, sender, body, size, trace, received, expires, envid, ret, smtputf8, eightbit, require_tls, submitter, suspicion, forwarder FROM envelope
        """;

    private const string SelectEnvelopes = EnvelopeColumns + " ORDER BY id";
    private const string SelectEnvelope = EnvelopeColumns + " WHERE id = ?1";

    private const string RecipientColumns = """
        SELECT id, address, notify, orcpt, attempts, due, delay_reported, last_reply, domain FROM envelope_recipient
        """;

    private const string SelectRecipients = RecipientColumns + " WHERE envelope = ?1 ORDER BY id";

    // Rows that belong together (one envelope, one domain) are leased together, so that one connection takes them all.
    private const string LeaseGroups = """
        SELECT envelope, domain, min(due) AS first FROM envelope_recipient
        WHERE due <= ?1 AND (lease_until IS NULL OR lease_until < ?1) AND domain NOT IN (SELECT value FROM json_each(?3))
        GROUP BY envelope, domain ORDER BY first LIMIT ?2
        """;

    private const string LeaseRows = """
        UPDATE envelope_recipient SET lease_node = ?4, lease_until = ?5
        WHERE envelope = ?1 AND domain = ?2 AND due <= ?3 AND (lease_until IS NULL OR lease_until < ?3)
        RETURNING id, address, notify, orcpt, attempts, due, delay_reported, last_reply
        """;

    public ValueTask<IReadOnlyList<QueueEntry>> ListAsync()
    {
        var entries = new List<QueueEntry>();
        using SqliteStatement query = connection.Use(SelectEnvelopes);
        while (query.Step())
        {
            entries.Add(ReadEntry(query));
        }

        return ValueTask.FromResult<IReadOnlyList<QueueEntry>>(entries);
    }

    public ValueTask<QueueEntry?> GetAsync(EnvelopeId id)
    {
        using SqliteStatement query = connection.Use(SelectEnvelope).Bind(id.Value);
        return ValueTask.FromResult(query.Step() ? ReadEntry(query) : null);
    }

    public ValueTask<DateTimeOffset?> NextDueAsync(DateTimeOffset now)
    {
        using SqliteStatement query = connection.Use("SELECT min(max(due, ifnull(lease_until, 0))) FROM envelope_recipient");
        return ValueTask.FromResult<DateTimeOffset?>(query.Step() && !query.IsNull(0) ? query.Time(0) : null);
    }

    public ValueTask<EnvelopeId> InsertAsync(Envelope envelope, BodyId body, long sizeBytes, DateTimeOffset expires)
    {
        connection.Use("""
            INSERT INTO envelope(sender, body, size, trace, received, expires, envid, ret, smtputf8, eightbit, require_tls, submitter, suspicion, forwarder)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """).Bind(envelope.Sender).Bind(body.Value).Bind(sizeBytes).Bind(envelope.Trace).Bind(envelope.Received).Bind(expires)
            .Bind(envelope.EnvelopeIdentifier).Bind((long)envelope.Return).Bind(envelope.IsSmtpUtf8).Bind(envelope.IsEightBit).Bind(envelope.RequireTls)
            .Bind(envelope.Submitter?.Value).Bind((long)envelope.Suspicion).Bind(envelope.Forwarder?.Value).Run();
        return ValueTask.FromResult(new EnvelopeId(connection.LastRowId));
    }

    public ValueTask InsertRecipientAsync(EnvelopeId envelope, string address, string domain, DsnNotify notify, string? originalRecipient, DateTimeOffset due)
    {
        connection.Use("INSERT INTO envelope_recipient(envelope, address, domain, notify, orcpt, due) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
            .Bind(envelope.Value).Bind(address).Bind(domain).Bind((long)notify).Bind(originalRecipient).Bind(due).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<QueuedMail>> LeaseAsync(
        string node, DateTimeOffset now, DateTimeOffset until, int most, IReadOnlyCollection<string> busyDomains)
    {
        var groups = new List<(long Envelope, string Domain)>();
        using (SqliteStatement query = connection.Use(LeaseGroups).Bind(now).Bind(most).Bind(JsonSerializer.Serialize(busyDomains)))
        {
            while (query.Step())
            {
                groups.Add((query.Int64(0), query.Text(1)));
            }
        }

        var mails = new List<QueuedMail>();
        foreach ((long envelope, string domain) in groups)
        {
            var recipients = new List<QueuedRecipient>();
            using (SqliteStatement rows = connection.Use(LeaseRows).Bind(envelope).Bind(domain).Bind(now).Bind(node).Bind(until))
            {
                while (rows.Step())
                {
                    recipients.Add(ReadRecipient(rows));
                }
            }

            using SqliteStatement query = connection.Use(SelectEnvelope).Bind(envelope);
            if (query.Step())
            {
                mails.Add(new QueuedMail(
                    new EnvelopeId(envelope), ReadEnvelope(query), new BodyId(query.Guid(2)), query.Int64(3), domain, query.Time(6), recipients)
                {
                    LeasedUntil = until,
                });
            }
        }

        return ValueTask.FromResult<IReadOnlyList<QueuedMail>>(mails);
    }

    public ValueTask<bool> RenewLeaseAsync(QueueRecipientId id, string node, DateTimeOffset leased, DateTimeOffset until) => ValueTask.FromResult(
        connection.Use("UPDATE envelope_recipient SET lease_until = ?4 WHERE id = ?1 AND lease_node = ?2 AND lease_until = ?3")
            .Bind(id.Value).Bind(node).Bind(leased).Bind(until).Run() > 0);

    public ValueTask<bool> RemoveRecipientAsync(QueueRecipientId id) =>
        ValueTask.FromResult(connection.Use("DELETE FROM envelope_recipient WHERE id = ?1").Bind(id.Value).Run() > 0);

    public ValueTask DeferAsync(QueueOutcome.Deferred outcome)
    {
        connection.Use("""
            UPDATE envelope_recipient SET attempts = attempts + 1, due = ?2, last_reply = ?3, delay_reported = ?4, lease_node = NULL, lease_until = NULL
            WHERE id = ?1
            """).Bind(outcome.Recipient.Value).Bind(outcome.NextAttempt).Bind(outcome.Reply).Bind(outcome.DelayReported).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask ReleaseLeasesAsync(string node)
    {
        connection.Use("UPDATE envelope_recipient SET lease_node = NULL, lease_until = NULL WHERE lease_node = ?1").Bind(node).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask<BodyId?> RemoveIfDoneAsync(EnvelopeId id) => ValueTask.FromResult(RemoveEnvelope("""
        DELETE FROM envelope WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM envelope_recipient WHERE envelope = ?1) RETURNING body
        """, id));

    public ValueTask<int> RetryAsync(EnvelopeId? id, DateTimeOffset now) => ValueTask.FromResult(
        connection.Use("UPDATE envelope_recipient SET due = ?2 WHERE (?1 IS NULL OR envelope = ?1) AND lease_until IS NULL AND (attempts > 0 OR due <= ?2)")
            .Bind(id?.Value).Bind(now).Run());

    public ValueTask<BodyId?> DropAsync(EnvelopeId id)
    {
        connection.Use("DELETE FROM envelope_recipient WHERE envelope = ?1").Bind(id.Value).Run();
        return ValueTask.FromResult(RemoveEnvelope("DELETE FROM envelope WHERE id = ?1 RETURNING body", id));
    }

    public ValueTask<BodyId?> WithdrawAsync(EnvelopeId id, AccountId submitter, DateTimeOffset now)
    {
        using SqliteStatement query = connection.Use("""
            SELECT 1 FROM envelope WHERE id = ?1 AND submitter = ?2 AND NOT EXISTS (
                SELECT 1 FROM envelope_recipient WHERE envelope = ?1 AND (due <= ?3 OR attempts > 0 OR lease_until IS NOT NULL))
            """).Bind(id.Value).Bind(submitter.Value).Bind(now);
        return query.Step() ? DropAsync(id) : ValueTask.FromResult<BodyId?>(null);
    }

    private BodyId? RemoveEnvelope(string sql, EnvelopeId id)
    {
        using SqliteStatement query = connection.Use(sql).Bind(id.Value);
        return query.Step() ? new BodyId(query.Guid(0)) : null;
    }

    private QueueEntry ReadEntry(SqliteStatement row)
    {
        var recipients = new List<QueuedRecipient>();
        using SqliteStatement query = connection.Use(SelectRecipients).Bind(row.Int64(0));
        while (query.Step())
        {
            recipients.Add(ReadRecipient(query));
        }

        return new QueueEntry(new EnvelopeId(row.Int64(0)), row.Text(1), row.Time(5), row.Time(6), row.Int64(3), recipients);
    }

    private static QueuedRecipient ReadRecipient(SqliteStatement row) => new(
        new QueueRecipientId(row.Int64(0)), row.Text(1), (DsnNotify)row.Int32(2), row.NullableText(3), row.Int32(4), row.Time(5), row.Bool(6), row.NullableText(7));

    private static Envelope ReadEnvelope(SqliteStatement row) => new(row.Text(1), [], row.Blob(4).ToArray(), row.Time(5))
    {
        EnvelopeIdentifier = row.NullableText(7),
        Return = (DsnReturn)row.Int32(8),
        IsSmtpUtf8 = row.Bool(9),
        IsEightBit = row.Bool(10),
        RequireTls = row.Bool(11),
        Submitter = row.NullableInt64(12) is { } submitter ? new AccountId(submitter) : null,
        Suspicion = (Suspicion)row.Int32(13),
        Forwarder = row.NullableInt64(14) is { } forwarder ? new AccountId(forwarder) : null,
    };
}
