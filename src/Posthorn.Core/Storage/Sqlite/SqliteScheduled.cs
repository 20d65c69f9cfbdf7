using Posthorn.Core.Scheduling;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>Messages that go to another mailbox at a time, in SQLite.</summary>
internal sealed class SqliteScheduled(SqliteConnection connection) : IWriteScheduled
{
    private const string Columns = "SELECT account, mailbox, uid, kind, due, target, envelope FROM scheduled";

    public ValueTask<IReadOnlyList<ScheduledMessage>> ListAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use(Columns + " WHERE account = ?1 ORDER BY due, mailbox, uid").Bind(account.Value);
        return ValueTask.FromResult<IReadOnlyList<ScheduledMessage>>(All(query));
    }

    public ValueTask<IReadOnlyList<ScheduledMessage>> InAsync(AccountId account, MailboxId mailbox)
    {
        using SqliteStatement query = connection.Use(Columns + " WHERE account = ?1 AND mailbox = ?2 ORDER BY uid").Bind(account.Value).Bind(mailbox.Value);
        return ValueTask.FromResult<IReadOnlyList<ScheduledMessage>>(All(query));
    }

    public ValueTask<ScheduledMessage?> GetAsync(AccountId account, MailboxId mailbox, uint uid)
    {
        using SqliteStatement query = connection.Use(Columns + " WHERE account = ?1 AND mailbox = ?2 AND uid = ?3").Bind(account.Value).Bind(mailbox.Value).Bind(uid);
        return ValueTask.FromResult(query.Step() ? Read(query) : null);
    }

    public ValueTask<IReadOnlyList<(AccountId Account, ScheduledMessage Message)>> DueAsync(DateTimeOffset now, int most)
    {
        using SqliteStatement query = connection.Use(Columns + " WHERE due <= ?1 ORDER BY due, account, mailbox, uid LIMIT ?2").Bind(now).Bind(most);
        var found = new List<(AccountId, ScheduledMessage)>();
        while (query.Step())
        {
            found.Add((new AccountId(query.Int64(0)), Read(query)));
        }

        return ValueTask.FromResult<IReadOnlyList<(AccountId, ScheduledMessage)>>(found);
    }

    public ValueTask<DateTimeOffset?> NextDueAsync()
    {
        using SqliteStatement query = connection.Use("SELECT min(due) FROM scheduled");
        return ValueTask.FromResult<DateTimeOffset?>(query.Step() && !query.IsNull(0) ? query.Time(0) : null);
    }

    public ValueTask SetAsync(AccountId account, ScheduledMessage message)
    {
        connection.Use("""
            INSERT INTO scheduled(account, mailbox, uid, kind, due, target, envelope) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT(account, mailbox, uid) DO UPDATE SET kind = excluded.kind, due = excluded.due, target = excluded.target, envelope = excluded.envelope
            """).Bind(account.Value).Bind(message.Mailbox.Value).Bind(message.Uid).Bind((long)message.Kind).Bind(message.Due).Bind(message.Target.Value)
            .Bind(message.Envelope?.Value).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask RemoveAsync(AccountId account, MailboxId mailbox, uint uid)
    {
        connection.Use("DELETE FROM scheduled WHERE account = ?1 AND mailbox = ?2 AND uid = ?3").Bind(account.Value).Bind(mailbox.Value).Bind(uid).Run();
        return ValueTask.CompletedTask;
    }

    private static List<ScheduledMessage> All(SqliteStatement query)
    {
        var found = new List<ScheduledMessage>();
        while (query.Step())
        {
            found.Add(Read(query));
        }

        return found;
    }

    private static ScheduledMessage Read(SqliteStatement row) => new(
        new MailboxId(row.Int64(1)), (uint)row.Int64(2), (ScheduledKind)row.Int32(3), row.Time(4), new MailboxId(row.Int64(5)),
        row.NullableInt64(6) is { } envelope ? new EnvelopeId(envelope) : null);
}
