using System.Globalization;
using System.Text.Json;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>Mailboxes in SQLite.</summary>
internal sealed class SqliteMailboxes(SqliteConnection connection) : IWriteMailboxes
{
    private const string DeleteAnnotation = "DELETE FROM annotation WHERE account = ?1 AND mailbox = ?2 AND viewer = ?3 AND entry = ?4";

    private const string SetAnnotation = """
        INSERT INTO annotation(account, mailbox, viewer, entry, value) VALUES(?1, ?2, ?3, ?4, ?5)
        ON CONFLICT(account, mailbox, viewer, entry) DO UPDATE SET value = excluded.value
        """;

    private const string Columns =
        "SELECT id, name, uid_validity, uid_next, highest_modseq, messages, unseen, deleted, size, special_use, container, keywords FROM mailbox";

    private const string SelectAll = Columns + " WHERE account = ?1";
    private const string SelectById = Columns + " WHERE account = ?1 AND id = ?2";
    private const string SelectByName = Columns + " WHERE account = ?1 AND name = ?2";

    // The counter is seeded once from the clock when the store is made, and never goes back.
    private const string NextUidValidity =
        "UPDATE setting SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'uidvalidity' RETURNING value";

    private const string Change = """
        UPDATE mailbox SET uid_next = uid_next + ?3, messages = messages + ?4, unseen = unseen + ?5, deleted = deleted + ?6, size = size + ?7,
            highest_modseq = max(highest_modseq, ?8)
        WHERE account = ?1 AND id = ?2
        """;

    public ValueTask<IReadOnlyList<Mailbox>> ListAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use(SelectAll).Bind(account.Value);
        var mailboxes = new List<Mailbox>();
        while (query.Step())
        {
            mailboxes.Add(Read(query, account));
        }

        return ValueTask.FromResult<IReadOnlyList<Mailbox>>(mailboxes);
    }

    public ValueTask<Mailbox?> GetAsync(AccountId account, MailboxId id)
    {
        using SqliteStatement query = connection.Use(SelectById).Bind(account.Value).Bind(id.Value);
        return ValueTask.FromResult(query.Step() ? Read(query, account) : null);
    }

    public ValueTask<Mailbox?> FindAsync(AccountId account, string name)
    {
        using SqliteStatement query = connection.Use(SelectByName).Bind(account.Value).Bind(name);
        return ValueTask.FromResult(query.Step() ? Read(query, account) : null);
    }

    public ValueTask<int> CountOtherSubscriptionsAsync(AccountId account, string name)
    {
        using SqliteStatement query = connection.Use("SELECT count(*) FROM subscription WHERE account = ?1 AND name <> ?2").Bind(account.Value).Bind(name);
        return ValueTask.FromResult(query.Step() ? query.Int32(0) : 0);
    }

    public ValueTask<IReadOnlyList<string>> SubscriptionsAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use("SELECT name FROM subscription WHERE account = ?1 ORDER BY name").Bind(account.Value);
        var names = new List<string>();
        while (query.Step())
        {
            names.Add(query.Text(0));
        }

        return ValueTask.FromResult<IReadOnlyList<string>>(names);
    }

    public ValueTask<Mailbox> InsertAsync(AccountId account, string name, SpecialUse use, bool isContainer)
    {
        uint validity;
        using (SqliteStatement next = connection.Use(NextUidValidity))
        {
            validity = next.Step() ? uint.Parse(next.Text(0), CultureInfo.InvariantCulture) : throw new InvalidOperationException("The store has no UIDVALIDITY counter.");
        }

        long id;
        using (SqliteStatement next = connection.Use("UPDATE account_counter SET next_mailbox = next_mailbox + 1 WHERE account = ?1 RETURNING next_mailbox - 1").Bind(account.Value))
        {
            id = next.Step() ? next.Int64(0) : throw new InvalidOperationException($"Account {account} has no counters.");
        }

        connection.Use("""
            INSERT INTO mailbox(account, id, name, uid_validity, uid_next, highest_modseq, messages, unseen, deleted, size, special_use, container, keywords)
            VALUES(?1, ?2, ?3, ?4, 1, 1, 0, 0, 0, 0, ?5, ?6, '[]')
            """).Bind(account.Value).Bind(id).Bind(name).Bind(validity).Bind((long)use).Bind(isContainer).Run();
        return ValueTask.FromResult(new Mailbox(
            new MailboxId(id), name, new UidValidity(validity), 1, new ModSeq(1), 0, 0, 0, 0, use, isContainer, [])
        { Account = account });
    }

    public ValueTask RenameAsync(AccountId account, MailboxId id, string name)
    {
        connection.Use("UPDATE mailbox SET name = ?3 WHERE account = ?1 AND id = ?2").Bind(account.Value).Bind(id.Value).Bind(name).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetContainerAsync(AccountId account, MailboxId id, bool isContainer)
    {
        connection.Use("UPDATE mailbox SET container = ?3 WHERE account = ?1 AND id = ?2").Bind(account.Value).Bind(id.Value).Bind(isContainer).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<Annotation>> AnnotationsAsync(AccountId account, MailboxId mailbox, AccountId? viewer)
    {
        using SqliteStatement query = connection.Use("SELECT entry, value FROM annotation WHERE account = ?1 AND mailbox = ?2 AND viewer IN (0, ?3)")
            .Bind(account.Value).Bind(mailbox.Value).Bind(viewer?.Value ?? 0);
        var annotations = new List<Annotation>();
        while (query.Step())
        {
            annotations.Add(new Annotation(query.Text(0), query.Blob(1).ToArray()));
        }

        return ValueTask.FromResult<IReadOnlyList<Annotation>>(annotations);
    }

    public ValueTask AnnotateAsync(AccountId account, MailboxId mailbox, AccountId? viewer, Annotation annotation)
    {
        SqliteStatement change = connection.Use(annotation.Value is null ? DeleteAnnotation : SetAnnotation)
            .Bind(account.Value).Bind(mailbox.Value).Bind(viewer?.Value ?? 0).Bind(annotation.Entry);
        (annotation.Value is { } value ? change.Bind(value.AsSpan()) : change).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask CopyAnnotationsAsync(AccountId account, MailboxId from, MailboxId to)
    {
        connection.Use("""
            INSERT INTO annotation(account, mailbox, viewer, entry, value)
            SELECT account, ?3, viewer, entry, value FROM annotation WHERE account = ?1 AND mailbox = ?2
            """).Bind(account.Value).Bind(from.Value).Bind(to.Value).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(AccountId account, MailboxId id)
    {
        connection.Use("DELETE FROM mailbox WHERE account = ?1 AND id = ?2").Bind(account.Value).Bind(id.Value).Run();
        connection.Use("DELETE FROM annotation WHERE account = ?1 AND mailbox = ?2").Bind(account.Value).Bind(id.Value).Run();
        connection.Use("DELETE FROM user_seen WHERE account = ?1 AND mailbox = ?2").Bind(account.Value).Bind(id.Value).Run();
        connection.Use("DELETE FROM mailbox_grant WHERE account = ?1 AND mailbox = ?2").Bind(account.Value).Bind(id.Value).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask ChangeAsync(AccountId account, MailboxId id, MailboxDelta delta, ModSeq modSeq)
    {
        connection.Use(Change).Bind(account.Value).Bind(id.Value).Bind(delta.Uids).Bind(delta.Messages).Bind(delta.Unseen).Bind(delta.Deleted)
            .Bind(delta.SizeBytes).Bind(modSeq.Value).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetKeywordsAsync(AccountId account, MailboxId id, IReadOnlyList<string> keywords)
    {
        connection.Use("UPDATE mailbox SET keywords = ?3 WHERE account = ?1 AND id = ?2")
            .Bind(account.Value).Bind(id.Value).Bind(JsonSerializer.Serialize(keywords)).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SubscribeAsync(AccountId account, string name, bool subscribed)
    {
        string sql = subscribed
            ? "INSERT OR IGNORE INTO subscription(account, name) VALUES(?1, ?2)"
            : "DELETE FROM subscription WHERE account = ?1 AND name = ?2";
        connection.Use(sql).Bind(account.Value).Bind(name).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<Grant>> GrantsAsync(AccountId account, MailboxId mailbox)
    {
        using SqliteStatement query = connection.Use("SELECT grantee, rights FROM mailbox_grant WHERE account = ?1 AND mailbox = ?2 ORDER BY grantee")
            .Bind(account.Value).Bind(mailbox.Value);
        var grants = new List<Grant>();
        while (query.Step())
        {
            grants.Add(new Grant(new AccountId(query.Int64(0)), new RightSet(query.Int32(1))));
        }

        return ValueTask.FromResult<IReadOnlyList<Grant>>(grants);
    }

    public ValueTask<IReadOnlyList<GrantedMailbox>> GrantedAsync(AccountId grantee)
    {
        using SqliteStatement query = connection.Use("SELECT account, mailbox, rights FROM mailbox_grant WHERE grantee IN (0, ?1) ORDER BY account, mailbox").Bind(grantee.Value);
        var granted = new List<GrantedMailbox>();
        while (query.Step())
        {
            granted.Add(new GrantedMailbox(new AccountId(query.Int64(0)), new MailboxId(query.Int64(1)), new RightSet(query.Int32(2))));
        }

        return ValueTask.FromResult<IReadOnlyList<GrantedMailbox>>(granted);
    }

    public ValueTask<UidSet?> SeenAsync(AccountId account, MailboxId mailbox, AccountId viewer)
    {
        using SqliteStatement query = connection.Use("SELECT uids FROM user_seen WHERE account = ?1 AND mailbox = ?2 AND viewer = ?3")
            .Bind(account.Value).Bind(mailbox.Value).Bind(viewer.Value);
        return ValueTask.FromResult(query.Step() ? UidSet.Parse(query.Text(0)) : null);
    }

    public ValueTask GrantAsync(AccountId account, MailboxId mailbox, Grant grant)
    {
        SqliteStatement change = connection.Use(grant.Rights.IsEmpty
            ? "DELETE FROM mailbox_grant WHERE account = ?1 AND mailbox = ?2 AND grantee = ?3"
            : """
                INSERT INTO mailbox_grant(account, mailbox, grantee, rights) VALUES(?1, ?2, ?3, ?4)
                ON CONFLICT(account, mailbox, grantee) DO UPDATE SET rights = excluded.rights
                """).Bind(account.Value).Bind(mailbox.Value).Bind(grant.Grantee.Value);
        (grant.Rights.IsEmpty ? change : change.Bind(grant.Rights.Bits)).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask CopyGrantsAsync(AccountId account, MailboxId from, MailboxId to)
    {
        connection.Use("""
            INSERT INTO mailbox_grant(account, mailbox, grantee, rights) SELECT account, ?3, grantee, rights FROM mailbox_grant WHERE account = ?1 AND mailbox = ?2
            """).Bind(account.Value).Bind(from.Value).Bind(to.Value).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetSeenAsync(AccountId account, MailboxId mailbox, AccountId viewer, UidSet uids, ModSeq modSeq)
    {
        connection.Use("""
            INSERT INTO user_seen(account, mailbox, viewer, uids, modseq) VALUES(?1, ?2, ?3, ?4, ?5)
            ON CONFLICT(account, mailbox, viewer) DO UPDATE SET uids = excluded.uids, modseq = excluded.modseq
            """).Bind(account.Value).Bind(mailbox.Value).Bind(viewer.Value).Bind(uids.ToString()).Bind(modSeq.Value).Run();
        return ValueTask.CompletedTask;
    }

    private static Mailbox Read(SqliteStatement row, AccountId account)
    {
        string keywords = row.Text(11);
        return new Mailbox(
            new MailboxId(row.Int64(0)), row.Text(1), new UidValidity((uint)row.Int64(2)), (uint)row.Int64(3), new ModSeq(row.Int64(4)), row.Int32(5),
            row.Int32(6), row.Int32(7), row.Int64(8), (SpecialUse)row.Int32(9), row.Bool(10),
            keywords == "[]" ? [] : JsonSerializer.Deserialize<string[]>(keywords) ?? [])
        {
            Account = account,
        };
    }
}
