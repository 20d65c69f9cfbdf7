using System.Globalization;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maildrops;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>Messages in SQLite: the wide <c>email</c> rows and the hot <c>mailbox_message</c> rows.</summary>
internal sealed class SqliteMessages(SqliteConnection connection) : IWriteMessages
{
    private const string InRange = " WHERE account = ?1 AND mailbox = ?2 AND uid BETWEEN ?3 AND ?4";
    private const string SelectEntries = "SELECT uid, flags, modseq FROM mailbox_message" + InRange + " ORDER BY uid LIMIT ?5";
    private const string SelectFiled = "SELECT uid, email, flags, size FROM mailbox_message" + InRange + " ORDER BY uid";

    private const string SelectMessages = """
        SELECT m.uid, m.email, e.thread, m.flags, m.modseq, m.size, e.received, m.saved, e.uidl, e.body, length(e.prefix),
            CASE WHEN ?6 THEN e.envelope END, CASE WHEN ?7 THEN e.structure END, CASE WHEN ?8 THEN e.preview END, CASE WHEN ?9 THEN e.prefix END, CASE WHEN ?10 THEN e.refs END
        FROM mailbox_message m JOIN email e ON e.key = (m.account << 32) + m.email
        WHERE m.account = ?1 AND m.mailbox = ?2 AND m.uid BETWEEN ?3 AND ?4 ORDER BY m.uid LIMIT ?5
        """;

    private const string SelectAbove = """
        SELECT 0, key & 4294967295, thread, 0, 0, size, received, received, uidl, body, length(prefix), envelope, structure, preview, prefix, refs
        FROM email WHERE key > ?1 AND key <= ?2 ORDER BY key LIMIT ?3
        """;

    // The planner knows nothing of how many messages an account has, and would go through all of them in the order of the table.
    private const string SelectPlaces = """
        SELECT mailbox, uid, email, flags, size FROM mailbox_message INDEXED BY mailbox_message_email WHERE account = ?1 AND email = ?2 ORDER BY mailbox, uid
        """;

    private const string SelectThreads = """
        SELECT m.uid, e.thread FROM mailbox_message m JOIN email e ON e.key = (m.account << 32) + m.email
        WHERE m.account = ?1 AND m.mailbox = ?2 AND m.uid BETWEEN ?3 AND ?4 ORDER BY m.uid
        """;

    // A thread has the number of its first message, which the index leaves out. It names thread and key: accounts have threads of the same number.
    private const string SelectConversation = """
        WITH e AS (
            SELECT key, received FROM email WHERE key = (?1 << 32) + ?2 AND thread = ?2
            UNION ALL
            SELECT key, received FROM email INDEXED BY email_answer
            WHERE thread = ?2 AND thread <> (key & 4294967295) AND key BETWEEN (?1 << 32) AND (?1 << 32) + 4294967295)
        SELECT m.mailbox, m.uid FROM e JOIN mailbox_message m ON m.account = ?1 AND m.email = e.key - (?1 << 32)
        ORDER BY e.received DESC, e.key DESC, m.mailbox LIMIT ?3
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

    // What an email is held by: a mailbox, or the time in which a removed message can be brought back.
    private const string SelectHolder = """
        SELECT 1 FROM mailbox_message WHERE account = ?1 AND email = ?2 UNION ALL SELECT 1 FROM removed_message WHERE account = ?1 AND email = ?2 LIMIT 1
        """;

    private const string SelectRemoved = """
        SELECT r.mailbox, r.uid, r.email, r.name, r.flags, r.keywords, r.size, r.removed, e.received, e.preview
        FROM removed_message r JOIN email e ON e.key = (r.account << 32) + r.email
        WHERE r.account = ?1 AND r.removed >= ?2 AND r.removed < ?3 AND (?4 IS NULL OR r.name = ?4) AND (?5 IS NULL OR r.mailbox = ?5 AND r.uid = ?6)
        """;

    private const string OldestFirst = " ORDER BY r.removed, r.mailbox, r.uid LIMIT ?7";
    private const string LatestFirst = " ORDER BY r.removed DESC, r.mailbox DESC, r.uid DESC LIMIT ?7";

    private const string TakeLease = """
        INSERT INTO maildrop_lease(account, token, until, node) VALUES(?1, ?2, ?4, ?5)
        ON CONFLICT(account) DO UPDATE SET token = excluded.token, until = excluded.until, node = excluded.node WHERE until < ?3
        """;

    /// <summary>Key of an email row: the account in the upper 31 bits.</summary>
    public static long Key(AccountId account, EmailId email) => (account.Value << 32) + email.Value;

    public ValueTask EntriesAsync(AccountId account, MailboxId mailbox, UidSet uids, List<MessageEntry> into, int most)
    {
        foreach (UidRange range in uids.Ranges)
        {
            if (most <= 0)
            {
                break;
            }

            using SqliteStatement query = InUids(SelectEntries, account, mailbox, range).Bind(most);
            for (; query.Step(); most--)
            {
                into.Add(new MessageEntry((uint)query.Int64(0), (MessageFlags)query.Int64(1), new ModSeq(query.Int64(2))));
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<MessageEntry>> NewestAsync(AccountId account, MailboxId mailbox, int most)
    {
        var entries = new List<MessageEntry>(most);
        using SqliteStatement query = connection.Use("SELECT uid, flags, modseq FROM mailbox_message WHERE account = ?1 AND mailbox = ?2 ORDER BY uid DESC LIMIT ?3")
            .Bind(account.Value).Bind(mailbox.Value).Bind(most);
        while (query.Step())
        {
            entries.Add(new MessageEntry((uint)query.Int64(0), (MessageFlags)query.Int64(1), new ModSeq(query.Int64(2))));
        }

        entries.Reverse();
        return ValueTask.FromResult<IReadOnlyList<MessageEntry>>(entries);
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

    public ValueTask<IReadOnlyList<Message>> AboveAsync(AccountId account, EmailId after, int most)
    {
        using SqliteStatement query = connection.Use(SelectAbove).Bind(Key(account, after)).Bind(Key(account, new EmailId(uint.MaxValue))).Bind(most);
        var messages = new List<Message>();
        while (query.Step())
        {
            messages.Add(ReadMessage(query, MessageFields.Envelope | MessageFields.Structure | MessageFields.Content));
        }

        return ValueTask.FromResult<IReadOnlyList<Message>>(messages);
    }

    public ValueTask<IReadOnlyList<EmailId>> IdsAsync(AccountId account, EmailId first, EmailId last)
    {
        using SqliteStatement query = connection.Use("SELECT key & 4294967295 FROM email WHERE key BETWEEN ?1 AND ?2 ORDER BY key")
            .Bind(Key(account, first)).Bind(Key(account, last));
        var ids = new List<EmailId>();
        while (query.Step())
        {
            ids.Add(new EmailId(query.Int64(0)));
        }

        return ValueTask.FromResult<IReadOnlyList<EmailId>>(ids);
    }

    public ValueTask<IReadOnlyList<FiledPlace>> PlacesAsync(AccountId account, IReadOnlyList<EmailId> emails)
    {
        var places = new List<FiledPlace>(emails.Count);
        foreach (EmailId email in emails)
        {
            using SqliteStatement query = connection.Use(SelectPlaces).Bind(account.Value).Bind(email.Value);
            while (query.Step())
            {
                places.Add(new FiledPlace(
                    new MailboxId(query.Int64(0)), new FiledMessage((uint)query.Int64(1), new EmailId(query.Int64(2)), (MessageFlags)query.Int64(3), query.Int64(4))));
            }
        }

        return ValueTask.FromResult<IReadOnlyList<FiledPlace>>(places);
    }

    public ValueTask<EmailId> NextEmailAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use("SELECT next_email FROM account_counter WHERE account = ?1").Bind(account.Value);
        return ValueTask.FromResult(new EmailId(query.Step() ? query.Int64(0) : 1));
    }

    public ValueTask<IReadOnlyList<(uint Uid, ThreadId Thread)>> ThreadsAsync(AccountId account, MailboxId mailbox, UidSet uids)
    {
        var threads = new List<(uint, ThreadId)>();
        foreach (UidRange range in uids.Ranges)
        {
            using SqliteStatement query = InUids(SelectThreads, account, mailbox, range);
            while (query.Step())
            {
                threads.Add(((uint)query.Int64(0), new ThreadId(query.Int64(1))));
            }
        }

        return ValueTask.FromResult<IReadOnlyList<(uint, ThreadId)>>(threads);
    }

    public ValueTask<IReadOnlyList<(MailboxId Mailbox, uint Uid)>> ConversationAsync(AccountId account, ThreadId thread, int most)
    {
        using SqliteStatement query = connection.Use(SelectConversation).Bind(account.Value).Bind(thread.Value).Bind(most);
        var places = new List<(MailboxId, uint)>();
        while (query.Step())
        {
            places.Add((new MailboxId(query.Int64(0)), (uint)query.Int64(1)));
        }

        places.Reverse();
        return ValueTask.FromResult<IReadOnlyList<(MailboxId, uint)>>(places);
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

    public ValueTask SetFlagsAsync(AccountId account, MailboxId mailbox, IReadOnlyList<UidRange> ranges, MessageFlags keep, MessageFlags set, ModSeq modSeq)
    {
        foreach (UidRange range in ranges)
        {
            InUids(UpdateFlags, account, mailbox, range).Bind((long)keep).Bind((long)set).Bind(modSeq.Value).Run();
        }

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

    public ValueTask<IReadOnlyList<RemovedMessage>> RemovedAsync(AccountId account, RemovedSelection selection, int most, bool latestFirst)
    {
        using SqliteStatement query = connection.Use(latestFirst ? SelectRemoved + LatestFirst : SelectRemoved + OldestFirst).Bind(account.Value)
            .Bind(selection.Since.ToUnixTimeMilliseconds()).Bind(selection.Before.ToUnixTimeMilliseconds()).Bind(selection.Mailbox).Bind(selection.Id?.Mailbox.Value).Bind((long?)selection.Id?.Uid).Bind(most);
        var removed = new List<RemovedMessage>();
        while (query.Step())
        {
            removed.Add(new RemovedMessage(
                new RemovedId(new MailboxId(query.Int64(0)), (uint)query.Int64(1)), new EmailId(query.Int64(2)), query.Text(3), (MessageFlags)query.Int64(4),
                RemovedMessage.ReadKeywords(query.Text(5)), query.Int64(6), query.Time(7), query.Time(8), query.Text(9)));
        }

        return ValueTask.FromResult<IReadOnlyList<RemovedMessage>>(removed);
    }

    public ValueTask KeepAsync(AccountId account, Mailbox mailbox, IReadOnlyList<FiledMessage> messages, DateTimeOffset now)
    {
        foreach (FiledMessage message in messages)
        {
            connection.Use("INSERT INTO removed_message(account, mailbox, uid, email, name, flags, keywords, size, removed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
                .Bind(account.Value).Bind(mailbox.Id.Value).Bind(message.Uid).Bind(message.Email.Value).Bind(mailbox.Name)
                .Bind((long)(message.Flags & MessageFlags.System)).Bind(RemovedMessage.WriteKeywords(mailbox, message.Flags)).Bind(message.SizeBytes).Bind(now).Run();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask ForgetAsync(AccountId account, IReadOnlyList<RemovedMessage> messages)
    {
        foreach (RemovedMessage message in messages)
        {
            connection.Use("DELETE FROM removed_message WHERE account = ?1 AND mailbox = ?2 AND uid = ?3")
                .Bind(account.Value).Bind(message.Id.Mailbox.Value).Bind(message.Id.Uid).Run();
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

    public ValueTask<bool> TakeMaildropAsync(AccountId account, Guid token, string node, DateTimeOffset now, DateTimeOffset until) =>
        ValueTask.FromResult(connection.Use(TakeLease).Bind(account.Value).Bind(token).Bind(now).Bind(until).Bind(node).Run() > 0);

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
        using (SqliteStatement query = connection.Use(SelectHolder).Bind(account.Value).Bind(email.Value))
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
