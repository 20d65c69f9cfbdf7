using System.Text.Json;
using Npgsql;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

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

    // By name; every write to an account's mailboxes makes them old.
    private readonly ExpectedAnswers<(AccountId Account, string Name), Mailbox> _expected = new(transaction);

    // Read in this transaction, of accounts that it holds, as they are by now: writes that share it need not ask again.
    private readonly List<Mailbox> _held = [];

    public ValueTask<IReadOnlyList<Mailbox>> ListAsync(AccountId account) => transaction.Use(SelectAll).Bind(account.Value).AllAsync(row => Read(row, account));

    public async ValueTask<Mailbox?> GetAsync(AccountId account, MailboxId id) =>
        Held(account, mailbox => mailbox.Id == id) ?? Hold(await transaction.Use(SelectById).Bind(account.Value).Bind(id.Value).FirstAsync(row => Read(row, account)));

    public void Expect(AccountId account, string name)
    {
        if (Held(account, mailbox => mailbox.Name == name) is null)
        {
            _expected.Ask((account, name), transaction.Use(SelectByName).Bind(account.Value).Bind(name), (_, row) => Read(row, account));
        }
    }

    public async ValueTask<Mailbox?> FindAsync(AccountId account, string name)
    {
        if (Held(account, mailbox => mailbox.Name == name) is { } held)
        {
            return held;
        }

        (bool isKnown, Mailbox? expected) = await _expected.TakeAsync((account, name));
        return Hold(isKnown ? expected : await transaction.Use(SelectByName).Bind(account.Value).Bind(name).FirstAsync(row => Read(row, account)));
    }

    public async ValueTask<int> CountOtherSubscriptionsAsync(AccountId account, string name) =>
        (int)(await transaction.Use("SELECT count(*) FROM subscription WHERE account = $1 AND name <> $2").Bind(account.Value).Bind(name).ScalarAsync<long>() ?? 0);

    public ValueTask<IReadOnlyList<string>> SubscriptionsAsync(AccountId account) =>
        transaction.Use("SELECT name FROM subscription WHERE account = $1 ORDER BY name").Bind(account.Value).AllAsync(static row => row.GetString(0));

    public async ValueTask<Mailbox> InsertAsync(AccountId account, string name, SpecialUse use, bool isContainer)
    {
        ForgetExpected(account);
        long id = await counters.NextMailboxAsync(account);
        long validity = await transaction.Use(Insert).Bind(account.Value).Bind(id).Bind(name).Bind((int)use).Bind(isContainer).ScalarAsync<long>()
            ?? throw new InvalidOperationException("INSERT ... RETURNING gave no row.");
        return new Mailbox(new MailboxId(id), name, new UidValidity((uint)validity), 1, new ModSeq(1), 0, 0, 0, 0, use, isContainer, []) { Account = account };
    }

    public ValueTask RenameAsync(AccountId account, MailboxId id, string name)
    {
        ForgetExpected(account);
        transaction.Use("UPDATE mailbox SET name = $3 WHERE account = $1 AND id = $2").Bind(account.Value).Bind(id.Value).Bind(name).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetContainerAsync(AccountId account, MailboxId id, bool isContainer)
    {
        ForgetExpected(account);
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
        ForgetExpected(account);
        transaction.Use("DELETE FROM mailbox WHERE account = $1 AND id = $2").Bind(account.Value).Bind(id.Value).Post();
        transaction.Use("DELETE FROM annotation WHERE account = $1 AND mailbox = $2").Bind(account.Value).Bind(id.Value).Post();
        transaction.Use("DELETE FROM user_seen WHERE account = $1 AND mailbox = $2").Bind(account.Value).Bind(id.Value).Post();
        transaction.Use("DELETE FROM mailbox_grant WHERE account = $1 AND mailbox = $2").Bind(account.Value).Bind(id.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask ChangeAsync(AccountId account, MailboxId id, MailboxDelta delta, ModSeq modSeq)
    {
        _expected.Forget(asked => asked.Account == account);
        if (_held.FindIndex(mailbox => mailbox.Account == account && mailbox.Id == id) is >= 0 and int held)
        {
            Mailbox before = _held[held];
            _held[held] = before with
            {
                UidNext = before.UidNext + (uint)delta.Uids,
                Messages = before.Messages + delta.Messages,
                Unseen = before.Unseen + delta.Unseen,
                Deleted = before.Deleted + delta.Deleted,
                SizeBytes = before.SizeBytes + delta.SizeBytes,
                HighestModSeq = before.HighestModSeq > modSeq ? before.HighestModSeq : modSeq,
            };
        }

        transaction.Use(Change).Bind(account.Value).Bind(id.Value).Bind(delta.Uids).Bind(delta.Messages).Bind(delta.Unseen).Bind(delta.Deleted)
            .Bind(delta.SizeBytes).Bind(modSeq.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetKeywordsAsync(AccountId account, MailboxId id, IReadOnlyList<string> keywords)
    {
        ForgetExpected(account);
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

    public ValueTask<IReadOnlyList<Grant>> GrantsAsync(AccountId account, MailboxId mailbox) =>
        transaction.Use("SELECT grantee, rights FROM mailbox_grant WHERE account = $1 AND mailbox = $2 ORDER BY grantee").Bind(account.Value).Bind(mailbox.Value)
            .AllAsync(static row => new Grant(new AccountId(row.GetInt64(0)), new RightSet(row.GetInt32(1))));

    public ValueTask<IReadOnlyList<GrantedMailbox>> GrantedAsync(AccountId grantee) =>
        transaction.Use("SELECT account, mailbox, rights FROM mailbox_grant WHERE grantee IN (0, $1) ORDER BY account, mailbox").Bind(grantee.Value)
            .AllAsync(static row => new GrantedMailbox(new AccountId(row.GetInt64(0)), new MailboxId(row.GetInt64(1)), new RightSet(row.GetInt32(2))));

    public ValueTask<UidSet?> SeenAsync(AccountId account, MailboxId mailbox, AccountId viewer) =>
        transaction.Use("SELECT uids FROM user_seen WHERE account = $1 AND mailbox = $2 AND viewer = $3").Bind(account.Value).Bind(mailbox.Value).Bind(viewer.Value)
            .FirstAsync(static row => UidSet.Parse(row.GetString(0)));

    public ValueTask GrantAsync(AccountId account, MailboxId mailbox, Grant grant)
    {
        PostgresStatement change = transaction.Use(grant.Rights.IsEmpty
            ? "DELETE FROM mailbox_grant WHERE account = $1 AND mailbox = $2 AND grantee = $3"
            : """
                INSERT INTO mailbox_grant(account, mailbox, grantee, rights) VALUES($1, $2, $3, $4)
                ON CONFLICT(account, mailbox, grantee) DO UPDATE SET rights = excluded.rights
                """).Bind(account.Value).Bind(mailbox.Value).Bind(grant.Grantee.Value);
        (grant.Rights.IsEmpty ? change : change.Bind(grant.Rights.Bits)).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask CopyGrantsAsync(AccountId account, MailboxId from, MailboxId to)
    {
        transaction.Use("""
            INSERT INTO mailbox_grant(account, mailbox, grantee, rights) SELECT account, $3, grantee, rights FROM mailbox_grant WHERE account = $1 AND mailbox = $2
            """).Bind(account.Value).Bind(from.Value).Bind(to.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetSeenAsync(AccountId account, MailboxId mailbox, AccountId viewer, UidSet uids, ModSeq modSeq)
    {
        transaction.Use("""
            INSERT INTO user_seen(account, mailbox, viewer, uids, modseq) VALUES($1, $2, $3, $4, $5)
            ON CONFLICT(account, mailbox, viewer) DO UPDATE SET uids = excluded.uids, modseq = excluded.modseq
            """).Bind(account.Value).Bind(mailbox.Value).Bind(viewer.Value).Bind(uids.ToString()).Bind(modSeq.Value).Post();
        return ValueTask.CompletedTask;
    }

    private void ForgetExpected(AccountId account)
    {
        _expected.Forget(asked => asked.Account == account);
        _held.RemoveAll(mailbox => mailbox.Account == account);
    }

    private Mailbox? Held(AccountId account, Predicate<Mailbox> which) =>
        counters.Holds(account) ? _held.Find(mailbox => mailbox.Account == account && which(mailbox)) : null;

    private Mailbox? Hold(Mailbox? read)
    {
        if (read is not null && counters.Holds(read.Account))
        {
            _held.Add(read);
        }

        return read;
    }

    private static Mailbox Read(NpgsqlDataReader row, AccountId account)
    {
        string keywords = row.GetString(11);
        return new Mailbox(
            new MailboxId(row.GetInt64(0)), row.GetString(1), new UidValidity((uint)row.GetInt64(2)), (uint)row.GetInt64(3), new ModSeq(row.GetInt64(4)),
            (int)row.GetInt64(5), (int)row.GetInt64(6), (int)row.GetInt64(7), row.GetInt64(8), (SpecialUse)row.GetInt32(9), row.GetBoolean(10),
            keywords == "[]" ? [] : JsonSerializer.Deserialize<string[]>(keywords) ?? [])
        {
            Account = account,
        };
    }
}
