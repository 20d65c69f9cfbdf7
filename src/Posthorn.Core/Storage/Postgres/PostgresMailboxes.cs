using System.Text.Json;
using Npgsql;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Mailboxes in PostgreSQL.</summary>
internal sealed class PostgresMailboxes(PostgresTransaction transaction, PostgresCounters counters) : IWriteMailboxes
{
    private const string DeleteAnnotation = "DELETE FROM annotation WHERE account = $1 AND mailbox = $2 AND viewer = $3 AND entry = $4";

    private const string SetAnnotation = """
        INSERT INTO annotation(account, mailbox, viewer, entry, value) VALUES($1, $2, $3, $4, $5)
        ON CONFLICT(account, mailbox, viewer, entry) DO UPDATE SET value = excluded.value
        """;

    private const string Columns =
        "SELECT id, name, uid_validity, uid_next, highest_modseq, messages, unseen, deleted, size, special_use, container, keywords FROM mailbox";

    private const string SelectAll = Columns + " WHERE account = $1";
    private const string SelectById = Columns + " WHERE account = $1 AND id = $2";
    private const string SelectByName = Columns + " WHERE account = $1 AND name = $2";

    private const string Change = """
        UPDATE mailbox SET uid_next = uid_next + $3, messages = messages + $4, unseen = unseen + $5, deleted = deleted + $6, size = size + $7,
            highest_modseq = greatest(highest_modseq, $8)
        WHERE account = $1 AND id = $2
        """;

    // The sequence is set once from the clock when the store is made, and never goes back. It makes nobody wait: accounts are independent of each other.
    private const string Insert = """
        INSERT INTO mailbox(account, id, name, uid_validity, uid_next, highest_modseq, messages, unseen, deleted, size, special_use, container, keywords)
        VALUES($1, $2, $3, nextval('uid_validity'), 1, 1, 0, 0, 0, 0, $4, $5, '[]') RETURNING uid_validity
        """;

    public ValueTask<IReadOnlyList<Mailbox>> ListAsync(AccountId account) => transaction.Use(SelectAll).Bind(account.Value).AllAsync(Read);

    public ValueTask<Mailbox?> GetAsync(AccountId account, MailboxId id) => transaction.Use(SelectById).Bind(account.Value).Bind(id.Value).FirstAsync(Read);

    public ValueTask<Mailbox?> FindAsync(AccountId account, string name) => transaction.Use(SelectByName).Bind(account.Value).Bind(name).FirstAsync(Read);

    public ValueTask<IReadOnlyList<string>> SubscriptionsAsync(AccountId account) =>
        transaction.Use("SELECT name FROM subscription WHERE account = $1 ORDER BY name").Bind(account.Value).AllAsync(static row => row.GetString(0));

    public async ValueTask<Mailbox> InsertAsync(AccountId account, string name, SpecialUse use, bool isContainer)
    {
        long id = await counters.NextMailboxAsync(account);
        long validity = await transaction.Use(Insert).Bind(account.Value).Bind(id).Bind(name).Bind((int)use).Bind(isContainer).ScalarAsync<long>()
            ?? throw new InvalidOperationException("INSERT ... RETURNING gave no row.");
        return new Mailbox(new MailboxId(id), name, new UidValidity((uint)validity), 1, new ModSeq(1), 0, 0, 0, 0, use, isContainer, []);
    }

    public ValueTask RenameAsync(AccountId account, MailboxId id, string name)
    {
        transaction.Use("UPDATE mailbox SET name = $3 WHERE account = $1 AND id = $2").Bind(account.Value).Bind(id.Value).Bind(name).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetContainerAsync(AccountId account, MailboxId id, bool isContainer)
    {
        transaction.Use("UPDATE mailbox SET container = $3 WHERE account = $1 AND id = $2").Bind(account.Value).Bind(id.Value).Bind(isContainer).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<Annotation>> AnnotationsAsync(AccountId account, MailboxId mailbox, AccountId? viewer) =>
        transaction.Use("SELECT entry, value FROM annotation WHERE account = $1 AND mailbox = $2 AND viewer IN (0, $3)")
            .Bind(account.Value).Bind(mailbox.Value).Bind(viewer?.Value ?? 0).AllAsync(static row => new Annotation(row.GetString(0), row.Blob(1)));

    public ValueTask AnnotateAsync(AccountId account, MailboxId mailbox, AccountId? viewer, Annotation annotation)
    {
        PostgresStatement change = transaction.Use(annotation.Value is null ? DeleteAnnotation : SetAnnotation)
            .Bind(account.Value).Bind(mailbox.Value).Bind(viewer?.Value ?? 0).Bind(annotation.Entry);
        (annotation.Value is { } value ? change.Bind(value) : change).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask CopyAnnotationsAsync(AccountId account, MailboxId from, MailboxId to)
    {
        transaction.Use("""
            INSERT INTO annotation(account, mailbox, viewer, entry, value)
            SELECT account, $3, viewer, entry, value FROM annotation WHERE account = $1 AND mailbox = $2
            """).Bind(account.Value).Bind(from.Value).Bind(to.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(AccountId account, MailboxId id)
    {
        transaction.Use("DELETE FROM mailbox WHERE account = $1 AND id = $2").Bind(account.Value).Bind(id.Value).Post();
        transaction.Use("DELETE FROM annotation WHERE account = $1 AND mailbox = $2").Bind(account.Value).Bind(id.Value).Post();
        transaction.Use("DELETE FROM user_seen WHERE account = $1 AND mailbox = $2").Bind(account.Value).Bind(id.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask ChangeAsync(AccountId account, MailboxId id, MailboxDelta delta, ModSeq modSeq)
    {
        transaction.Use(Change).Bind(account.Value).Bind(id.Value).Bind(delta.Uids).Bind(delta.Messages).Bind(delta.Unseen).Bind(delta.Deleted)
            .Bind(delta.SizeBytes).Bind(modSeq.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetKeywordsAsync(AccountId account, MailboxId id, IReadOnlyList<string> keywords)
    {
        transaction.Use("UPDATE mailbox SET keywords = $3 WHERE account = $1 AND id = $2")
            .Bind(account.Value).Bind(id.Value).Bind(JsonSerializer.Serialize(keywords)).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SubscribeAsync(AccountId account, string name, bool subscribed)
    {
        transaction.Use(subscribed
            ? "INSERT INTO subscription(account, name) VALUES($1, $2) ON CONFLICT DO NOTHING"
            : "DELETE FROM subscription WHERE account = $1 AND name = $2").Bind(account.Value).Bind(name).Post();
        return ValueTask.CompletedTask;
    }

    private static Mailbox Read(NpgsqlDataReader row)
    {
        string keywords = row.GetString(11);
        return new Mailbox(
            new MailboxId(row.GetInt64(0)), row.GetString(1), new UidValidity((uint)row.GetInt64(2)), (uint)row.GetInt64(3), new ModSeq(row.GetInt64(4)),
            (int)row.GetInt64(5), (int)row.GetInt64(6), (int)row.GetInt64(7), row.GetInt64(8), (SpecialUse)row.GetInt32(9), row.GetBoolean(10),
            keywords == "[]" ? [] : JsonSerializer.Deserialize<string[]>(keywords) ?? []);
    }
}
