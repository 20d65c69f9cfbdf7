using Npgsql;
using Posthorn.Core.Scheduling;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Messages that go to another mailbox at a time, in PostgreSQL.</summary>
internal sealed class PostgresScheduled(PostgresTransaction transaction) : IWriteScheduled
{
    private const string Columns = "SELECT account, mailbox, uid, kind, due, target, envelope FROM scheduled";

    public ValueTask<IReadOnlyList<ScheduledMessage>> ListAsync(AccountId account) =>
        transaction.Use(Columns + " WHERE account = $1 ORDER BY due, mailbox, uid").Bind(account.Value).AllAsync(Read);

    public ValueTask<IReadOnlyList<ScheduledMessage>> InAsync(AccountId account, MailboxId mailbox) =>
        transaction.Use(Columns + " WHERE account = $1 AND mailbox = $2 ORDER BY uid").Bind(account.Value).Bind(mailbox.Value).AllAsync(Read);

    public ValueTask<ScheduledMessage?> GetAsync(AccountId account, MailboxId mailbox, uint uid) =>
        transaction.Use(Columns + " WHERE account = $1 AND mailbox = $2 AND uid = $3").Bind(account.Value).Bind(mailbox.Value).Bind((long)uid).FirstAsync(Read);

    public ValueTask<IReadOnlyList<(AccountId Account, ScheduledMessage Message)>> DueAsync(DateTimeOffset now, int most) =>
        transaction.Use(Columns + " WHERE due <= $1 ORDER BY due, account, mailbox, uid LIMIT $2").Bind(now).Bind(most)
            .AllAsync(static row => (new AccountId(row.GetInt64(0)), Read(row)));

    public async ValueTask<DateTimeOffset?> NextDueAsync() =>
        await transaction.Use("SELECT min(due) FROM scheduled").ScalarAsync<long>() is { } due ? DateTimeOffset.FromUnixTimeMilliseconds(due) : null;

    public ValueTask SetAsync(AccountId account, ScheduledMessage message)
    {
        transaction.Use("""
            INSERT INTO scheduled(account, mailbox, uid, kind, due, target, envelope) VALUES($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT(account, mailbox, uid) DO UPDATE SET kind = excluded.kind, due = excluded.due, target = excluded.target, envelope = excluded.envelope
            """).Bind(account.Value).Bind(message.Mailbox.Value).Bind((long)message.Uid).Bind((int)message.Kind).Bind(message.Due).Bind(message.Target.Value)
            .Bind(message.Envelope?.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask RemoveAsync(AccountId account, MailboxId mailbox, uint uid)
    {
        transaction.Use("DELETE FROM scheduled WHERE account = $1 AND mailbox = $2 AND uid = $3").Bind(account.Value).Bind(mailbox.Value).Bind((long)uid).Post();
        return ValueTask.CompletedTask;
    }

    private static ScheduledMessage Read(NpgsqlDataReader row) => new(
        new MailboxId(row.GetInt64(1)), (uint)row.GetInt64(2), (ScheduledKind)row.GetInt32(3), row.Time(4), new MailboxId(row.GetInt64(5)),
        row.NullableInt64(6) is { } envelope ? new EnvelopeId(envelope) : null);
}
