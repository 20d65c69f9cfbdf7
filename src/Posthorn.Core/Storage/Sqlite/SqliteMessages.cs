using System.Globalization;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maildrops;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>Messages in SQLite: the wide <c>email</c> rows and the hot <c>mailbox_message</c> rows.</summary>
internal sealed class SqliteMessages(SqliteConnection connection) : IWriteMessages
{
    private const string InRange = " WHERE account = ?1 AND mailbox = ?2 AND uid BETWEEN ?3 AND ?4";
    private const string SelectEntries = "SELECT uid, flags, modseq FROM mailbox_message" + InRange + " ORDER BY uid";
    private const string SelectFiled = "SELECT uid, email, flags, size FROM mailbox_message" + InRange + " ORDER BY uid";

    private const string SelectMessages = """
        SELECT m.uid, m.email, e.thread, m.flags, m.modseq, m.size, e.received, m.saved, e.uidl, e.body, length(e.prefix),
            CASE WHEN ?6 THEN e.envelope END, CASE WHEN ?7 THEN e.structure END, CASE WHEN ?8 THEN e.preview END, CASE WHEN ?9 THEN e.prefix END, CASE WHEN ?10 THEN e.refs END
        FROM mailbox_message m JOIN email e ON e.key = (m.account << 32) + m.email
        WHERE m.account = ?1 AND m.mailbox = ?2 AND m.uid BETWEEN ?3 AND ?4 ORDER BY m.uid LIMIT ?5
        """;

    private const string SelectMaildrop = """
        SELECT m.uid, m.size, e.uidl FROM mailbox_message m JOIN email e ON e.key = (m.account << 32) + m.email
        WHERE m.account = ?1 AND m.mailbox = ?2 ORDER BY m.uid
        """;

    private const string InsertEmail = """
        INSERT INTO email(key, thread, body, size, received, sent, uidl, prefix, envelope, structure, preview, refs)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        """;

    private const string InsertMessage = """
        INSERT INTO mailbox_message(account, mailbox, uid, email, flags, modseq, size, saved) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """;

    private const string UpdateFlags = "UPDATE mailbox_message SET flags = (flags & ?5) | ?6, modseq = ?7" + InRange;

    private const string TakeLease = """
        INSERT INTO maildrop_lease(account, token, until) VALUES(?1, ?2, ?4)
        ON CONFLICT(account) DO UPDATE SET token = excluded.token, until = excluded.until WHERE until < ?3
        """;

    /// <summary>Key of an email row: the account in the upper 31 bits.</summary>
    public static long Key(AccountId account, EmailId email) => (account.Value << 32) + email.Value;

    public ValueTask EntriesAsync(AccountId account, MailboxId mailbox, UidSet uids, List<MessageEntry> into)
    {
        foreach (UidRange range in uids.Ranges)
        {
            using SqliteStatement query = InUids(SelectEntries, account, mailbox, range);
            while (query.Step())
            {
                into.Add(new MessageEntry((uint)query.Int64(0), (MessageFlags)query.Int64(1), new ModSeq(query.Int64(2))));
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<Message>> ReadAsync(AccountId account, MailboxId mailbox, UidSet uids, MessageFields fields, int most)
    {
        var messages = new List<Message>();
        foreach (UidRange range in uids.Ranges)
        {
            if (messages.Count >= most)
            {
                break;
            }

            using SqliteStatement query = InUids(SelectMessages, account, mailbox, range).Bind(most - messages.Count)
                .Bind(fields.HasFlag(MessageFields.Envelope)).Bind(fields.HasFlag(MessageFields.Structure))
                .Bind(fields.HasFlag(MessageFields.Preview)).Bind(fields.HasFlag(MessageFields.Content))
                .Bind(fields.HasFlag(MessageFields.References));
            while (query.Step())
            {
                messages.Add(ReadMessage(query, fields));
            }
        }

        return ValueTask.FromResult<IReadOnlyList<Message>>(messages);
    }

    public ValueTask<IReadOnlyList<FiledMessage>> FiledAsync(AccountId account, MailboxId mailbox, UidSet uids)
    {
        var filed = new List<FiledMessage>();
        foreach (UidRange range in uids.Ranges)
        {
            using SqliteStatement query = InUids(SelectFiled, account, mailbox, range);
            while (query.Step())
            {
                filed.Add(new FiledMessage((uint)query.Int64(0), new EmailId(query.Int64(1)), (MessageFlags)query.Int64(2), query.Int64(3)));
            }
        }

        return ValueTask.FromResult<IReadOnlyList<FiledMessage>>(filed);
    }

    public ValueTask<IReadOnlyList<MaildropMessage>> MaildropAsync(AccountId account, MailboxId mailbox)
    {
        using SqliteStatement query = connection.Use(SelectMaildrop).Bind(account.Value).Bind(mailbox.Value);
        var messages = new List<MaildropMessage>();
        while (query.Step())
        {
            messages.Add(new MaildropMessage((uint)query.Int64(0), query.Int64(1), Convert.ToHexStringLower(query.Blob(2))));
        }

        return ValueTask.FromResult<IReadOnlyList<MaildropMessage>>(messages);
    }

    public ValueTask<EmailId> InsertEmailAsync(AccountId account, EmailRow email)
    {
        EmailId id = NextEmail(account);
        ThreadId thread = email.Thread.Value == 0 ? new ThreadId(id.Value) : email.Thread;
        connection.Use(InsertEmail).Bind(Key(account, id)).Bind(thread.Value).Bind(email.Body.Value).Bind(email.SizeBytes).Bind(email.InternalDate)
            .Bind(email.Metadata.Sent).Bind(Convert.FromHexString(email.Uidl)).Bind(email.Prefix).Bind(email.Metadata.Envelope)
            .Bind(email.Metadata.Structure).Bind(email.Metadata.Preview).Bind(email.Metadata.References).Run();
        return ValueTask.FromResult(id);
    }

    public ValueTask<EmailId> DuplicateEmailAsync(AccountId account, EmailId email, string uidl)
    {
        EmailId id = NextEmail(account);
        connection.Use("""
            INSERT INTO email(key, thread, body, size, received, sent, uidl, prefix, envelope, structure, preview, refs)
            SELECT ?2, thread, body, size, received, sent, ?3, prefix, envelope, structure, preview, refs FROM email WHERE key = ?1
            """).Bind(Key(account, email)).Bind(Key(account, id)).Bind(Convert.FromHexString(uidl)).Run();
        connection.Use("UPDATE body SET refs = refs + 1 WHERE id = (SELECT body FROM email WHERE key = ?1)").Bind(Key(account, email)).Run();
        return ValueTask.FromResult(id);
    }

    public ValueTask<IReadOnlySet<EmailId>> HeldAsync(AccountId account, MailboxId mailbox, IReadOnlyList<FiledMessage> messages)
    {
        var held = new HashSet<EmailId>();
        foreach (FiledMessage message in messages)
        {
            using SqliteStatement query = connection.Use("SELECT 1 FROM mailbox_message WHERE account = ?1 AND email = ?2 AND mailbox = ?3")
                .Bind(account.Value).Bind(message.Email.Value).Bind(mailbox.Value);
            if (query.Step())
            {
                held.Add(message.Email);
            }
        }

        return ValueTask.FromResult<IReadOnlySet<EmailId>>(held);
    }

    public ValueTask FileAsync(
        AccountId account, MailboxId mailbox, uint uid, EmailId email, MessageFlags flags, ModSeq modSeq, long sizeBytes, DateTimeOffset saved)
    {
        connection.Use(InsertMessage).Bind(account.Value).Bind(mailbox.Value).Bind(uid).Bind(email.Value).Bind((long)flags).Bind(modSeq.Value)
            .Bind(sizeBytes).Bind(saved).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetFlagsAsync(AccountId account, MailboxId mailbox, UidRange range, MessageFlags keep, MessageFlags set, ModSeq modSeq)
    {
        InUids(UpdateFlags, account, mailbox, range).Bind((long)keep).Bind((long)set).Bind(modSeq.Value).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask UnfileAsync(AccountId account, MailboxId mailbox, IReadOnlyList<FiledMessage> messages)
    {
        foreach (FiledMessage message in messages)
        {
            connection.Use("DELETE FROM mailbox_message WHERE account = ?1 AND mailbox = ?2 AND uid = ?3")
                .Bind(account.Value).Bind(mailbox.Value).Bind(message.Uid).Run();
            RemoveUnfiledEmail(account, message.Email);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<ThreadId?> ThreadAsync(AccountId account, IReadOnlyList<long> keys)
    {
        foreach (long key in keys)
        {
            using SqliteStatement query = connection.Use("SELECT thread FROM thread_key WHERE account = ?1 AND key = ?2").Bind(account.Value).Bind(key);
            if (query.Step())
            {
                return ValueTask.FromResult<ThreadId?>(new ThreadId(query.Int64(0)));
            }
        }

        return ValueTask.FromResult<ThreadId?>(null);
    }

    public ValueTask JoinThreadAsync(AccountId account, ThreadId thread, IReadOnlyList<long> keys)
    {
        foreach (long key in keys)
        {
            connection.Use("INSERT OR IGNORE INTO thread_key(account, key, thread) VALUES(?1, ?2, ?3)")
                .Bind(account.Value).Bind(key).Bind(thread.Value).Run();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> MarkDeliveredAsync(AccountId account, EnvelopeId envelope, string recipient, DateTimeOffset now) =>
        ValueTask.FromResult(connection.Use("INSERT OR IGNORE INTO delivered(account, envelope, recipient, at) VALUES(?1, ?2, ?3, ?4)")
            .Bind(account.Value).Bind(envelope.Value).Bind(recipient).Bind(now).Run() > 0);

    public ValueTask<bool> TakeMaildropAsync(AccountId account, Guid token, DateTimeOffset now, DateTimeOffset until) =>
        ValueTask.FromResult(connection.Use(TakeLease).Bind(account.Value).Bind(token).Bind(now).Bind(until).Run() > 0);

    public ValueTask<bool> RenewMaildropAsync(AccountId account, Guid token, DateTimeOffset until) =>
        ValueTask.FromResult(connection.Use("UPDATE maildrop_lease SET until = ?3 WHERE account = ?1 AND token = ?2")
            .Bind(account.Value).Bind(token).Bind(until).Run() > 0);

    public ValueTask LeaveMaildropAsync(AccountId account, Guid token)
    {
        connection.Use("DELETE FROM maildrop_lease WHERE account = ?1 AND token = ?2").Bind(account.Value).Bind(token).Run();
        return ValueTask.CompletedTask;
    }

    private SqliteStatement InUids(string sql, AccountId account, MailboxId mailbox, UidRange range) =>
        connection.Use(sql).Bind(account.Value).Bind(mailbox.Value).Bind(range.First).Bind(range.Last);

    private EmailId NextEmail(AccountId account)
    {
        using SqliteStatement next = connection.Use("UPDATE account_counter SET next_email = next_email + 1 WHERE account = ?1 RETURNING next_email - 1")
            .Bind(account.Value);
        return next.Step() ? new EmailId(next.Int64(0)) : throw new InvalidOperationException($"Account {account.Value.ToString(CultureInfo.InvariantCulture)} has no counters.");
    }

    private void RemoveUnfiledEmail(AccountId account, EmailId email)
    {
        using (SqliteStatement query = connection.Use("SELECT 1 FROM mailbox_message WHERE account = ?1 AND email = ?2 LIMIT 1").Bind(account.Value).Bind(email.Value))
        {
            if (query.Step())
            {
                return;
            }
        }

        long key = Key(account, email);
        connection.Use("UPDATE body SET refs = refs - 1, released = unixepoch() * 1000 WHERE id = (SELECT body FROM email WHERE key = ?1)").Bind(key).Run();
        connection.Use("DELETE FROM email WHERE key = ?1").Bind(key).Run();
    }

    private static Message ReadMessage(SqliteStatement row, MessageFields fields) => new(
        (uint)row.Int64(0), new EmailId(row.Int64(1)), new ThreadId(row.Int64(2)), (MessageFlags)row.Int64(3), new ModSeq(row.Int64(4)), row.Int64(5),
        row.Time(6), row.Time(7), Convert.ToHexStringLower(row.Blob(8)), new BodyId(row.Guid(9)), row.Int32(10))
    {
        Envelope = fields.HasFlag(MessageFields.Envelope) ? row.Blob(11).ToArray() : null,
        Structure = fields.HasFlag(MessageFields.Structure) ? row.Blob(12).ToArray() : null,
        Preview = fields.HasFlag(MessageFields.Preview) ? row.Text(13) : null,
        Prefix = fields.HasFlag(MessageFields.Content) ? row.Blob(14).ToArray() : null,
        References = fields.HasFlag(MessageFields.References) ? row.Text(15) : null,
    };
}
