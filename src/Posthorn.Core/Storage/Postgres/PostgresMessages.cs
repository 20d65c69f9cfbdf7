using Npgsql;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maildrops;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Messages in PostgreSQL: the wide <c>email</c> rows and the hot <c>mailbox_message</c> rows.</summary>
internal sealed class PostgresMessages(PostgresTransaction transaction, PostgresCounters counters) : IWriteMessages
{
    // All ranges of a set in one statement; each is one stretch of the primary key.
    private const string InRanges =
        " FROM unnest($3::bigint[], $4::bigint[]) AS r(first, last) JOIN mailbox_message m ON m.account = $1 AND m.mailbox = $2 AND m.uid BETWEEN r.first AND r.last";

    private const string SelectEntries = "SELECT m.uid, m.flags, m.modseq" + InRanges + " ORDER BY m.uid";
    private const string SelectFiled = "SELECT m.uid, m.email, m.flags, m.size" + InRanges + " ORDER BY m.uid";

    private const string SelectMessages = """
        SELECT m.uid, m.email, e.thread, m.flags, m.modseq, m.size, e.received, m.saved, e.uidl, e.body, length(e.prefix),
            CASE WHEN $6 THEN e.envelope END, CASE WHEN $7 THEN e.structure END, CASE WHEN $8 THEN e.preview END, CASE WHEN $9 THEN e.prefix END,
            CASE WHEN $10 THEN e.refs END
        """ + InRanges + " JOIN email e ON e.account = m.account AND e.id = m.email ORDER BY m.uid LIMIT $5";

    private const string SelectMaildrop = """
        SELECT m.uid, m.size, e.uidl FROM mailbox_message m JOIN email e ON e.account = m.account AND e.id = m.email
        WHERE m.account = $1 AND m.mailbox = $2 ORDER BY m.uid
        """;

    private const string InsertEmail = """
        INSERT INTO email(account, id, thread, body, size, received, sent, uidl, prefix, envelope, structure, preview, refs)
        VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """;

    private const string DuplicateEmail = """
        INSERT INTO email(account, id, thread, body, size, received, sent, uidl, prefix, envelope, structure, preview, refs)
        SELECT account, $3, thread, body, size, received, sent, $4, prefix, envelope, structure, preview, refs FROM email WHERE account = $1 AND id = $2
        """;

    private const string InsertMessage = """
        INSERT INTO mailbox_message(account, mailbox, uid, email, flags, modseq, size, saved) VALUES($1, $2, $3, $4, $5, $6, $7, $8)
        """;

    private const string UpdateFlags = """
        UPDATE mailbox_message SET flags = (flags & $5) | $6, modseq = $7 WHERE account = $1 AND mailbox = $2 AND uid BETWEEN $3 AND $4
        """;

    private const string DeleteFiled = "DELETE FROM mailbox_message WHERE account = $1 AND mailbox = $2 AND uid = ANY($3)";

    // Of the messages given, those in no mailbox any more go. Bodies are locked in the order of ids: accounts that share them do not wait crosswise.
    private const string DeleteUnfiled = """
        WITH gone AS (
            DELETE FROM email e WHERE e.account = $1 AND e.id = ANY($2)
                AND NOT EXISTS (SELECT 1 FROM mailbox_message m WHERE m.account = e.account AND m.email = e.id)
            RETURNING e.body),
        released AS (SELECT body, count(*) AS n FROM gone GROUP BY body),
        locked AS MATERIALIZED (SELECT b.id FROM body b WHERE b.id IN (SELECT body FROM released) ORDER BY b.id FOR NO KEY UPDATE)
        UPDATE body SET refs = refs - released.n, released = (extract(epoch FROM now()) * 1000)::bigint
        FROM released JOIN locked ON locked.id = released.body WHERE body.id = released.body
        """;

    private const string SelectThread = """
        SELECT t.thread FROM unnest($2::bigint[]) WITH ORDINALITY AS k(key, place) JOIN thread_key t ON t.account = $1 AND t.key = k.key
        ORDER BY k.place LIMIT 1
        """;

    private const string TakeLease = """
        INSERT INTO maildrop_lease(account, token, until) VALUES($1, $2, $4)
        ON CONFLICT(account) DO UPDATE SET token = excluded.token, until = excluded.until WHERE maildrop_lease.until < $3
        """;

    public ValueTask EntriesAsync(AccountId account, MailboxId mailbox, UidSet uids, List<MessageEntry> into) => uids.IsEmpty
        ? ValueTask.CompletedTask
        : InUids(SelectEntries, account, mailbox, uids)
            .EachAsync(row => into.Add(new MessageEntry((uint)row.GetInt64(0), (MessageFlags)row.GetInt64(1), new ModSeq(row.GetInt64(2)))));

    public ValueTask<IReadOnlyList<Message>> ReadAsync(AccountId account, MailboxId mailbox, UidSet uids, MessageFields fields, int most) =>
        InUids(SelectMessages, account, mailbox, uids).Bind(most)
            .Bind(fields.HasFlag(MessageFields.Envelope)).Bind(fields.HasFlag(MessageFields.Structure))
            .Bind(fields.HasFlag(MessageFields.Preview)).Bind(fields.HasFlag(MessageFields.Content)).Bind(fields.HasFlag(MessageFields.References))
            .AllAsync(ReadMessage);

    public ValueTask<IReadOnlyList<FiledMessage>> FiledAsync(AccountId account, MailboxId mailbox, UidSet uids) =>
        InUids(SelectFiled, account, mailbox, uids).AllAsync(static row =>
            new FiledMessage((uint)row.GetInt64(0), new EmailId(row.GetInt64(1)), (MessageFlags)row.GetInt64(2), row.GetInt64(3)));

    public ValueTask<IReadOnlyList<MaildropMessage>> MaildropAsync(AccountId account, MailboxId mailbox) =>
        transaction.Use(SelectMaildrop).Bind(account.Value).Bind(mailbox.Value)
            .AllAsync(static row => new MaildropMessage((uint)row.GetInt64(0), row.GetInt64(1), Convert.ToHexStringLower(row.Blob(2))));

    public async ValueTask<EmailId> InsertEmailAsync(AccountId account, EmailRow email)
    {
        EmailId id = await counters.NextEmailAsync(account);
        ThreadId thread = email.Thread == default ? new ThreadId(id.Value) : email.Thread;
        transaction.Use(InsertEmail).Bind(account.Value).Bind(id.Value).Bind(thread.Value).Bind(email.Body.Value).Bind(email.SizeBytes)
            .Bind(email.InternalDate).Bind(email.Metadata.Sent).Bind(Convert.FromHexString(email.Uidl)).Bind(email.Prefix).Bind(email.Metadata.Envelope)
            .Bind(email.Metadata.Structure).Bind(email.Metadata.Preview).Bind(email.Metadata.References).Post();
        return id;
    }

    public async ValueTask<EmailId> DuplicateEmailAsync(AccountId account, EmailId email, string uidl)
    {
        EmailId id = await counters.NextEmailAsync(account);
        transaction.Use(DuplicateEmail).Bind(account.Value).Bind(email.Value).Bind(id.Value).Bind(Convert.FromHexString(uidl)).Post();
        transaction.Use("UPDATE body SET refs = refs + 1 WHERE id = (SELECT body FROM email WHERE account = $1 AND id = $2)")
            .Bind(account.Value).Bind(email.Value).Post();
        return id;
    }

    public async ValueTask<IReadOnlySet<EmailId>> HeldAsync(AccountId account, MailboxId mailbox, IReadOnlyList<FiledMessage> messages)
    {
        var held = new HashSet<EmailId>();
        await transaction.Use("SELECT email FROM mailbox_message WHERE account = $1 AND email = ANY($3) AND mailbox = $2")
            .Bind(account.Value).Bind(mailbox.Value).Bind([.. messages.Select(message => message.Email.Value)])
            .EachAsync(row => held.Add(new EmailId(row.GetInt64(0))));
        return held;
    }

    public ValueTask FileAsync(
        AccountId account, MailboxId mailbox, uint uid, EmailId email, MessageFlags flags, ModSeq modSeq, long sizeBytes, DateTimeOffset saved)
    {
        transaction.Use(InsertMessage).Bind(account.Value).Bind(mailbox.Value).Bind((long)uid).Bind(email.Value).Bind((long)flags).Bind(modSeq.Value)
            .Bind(sizeBytes).Bind(saved).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetFlagsAsync(AccountId account, MailboxId mailbox, UidRange range, MessageFlags keep, MessageFlags set, ModSeq modSeq)
    {
        transaction.Use(UpdateFlags).Bind(account.Value).Bind(mailbox.Value).Bind((long)range.First).Bind((long)range.Last).Bind((long)keep).Bind((long)set)
            .Bind(modSeq.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask UnfileAsync(AccountId account, MailboxId mailbox, IReadOnlyList<FiledMessage> messages)
    {
        transaction.Use(DeleteFiled).Bind(account.Value).Bind(mailbox.Value).Bind([.. messages.Select(message => (long)message.Uid)]).Post();
        transaction.Use(DeleteUnfiled).Bind(account.Value).Bind([.. messages.Select(message => message.Email.Value)]).Post();
        return ValueTask.CompletedTask;
    }

    public async ValueTask<ThreadId?> ThreadAsync(AccountId account, IReadOnlyList<long> keys) =>
        keys.Count > 0 && await transaction.Use(SelectThread).Bind(account.Value).Bind([.. keys]).ScalarAsync<long>() is { } thread ? new ThreadId(thread) : null;

    public ValueTask JoinThreadAsync(AccountId account, ThreadId thread, IReadOnlyList<long> keys)
    {
        if (keys.Count > 0)
        {
            transaction.Use("INSERT INTO thread_key(account, key, thread) SELECT $1, key, $2 FROM unnest($3::bigint[]) AS key ON CONFLICT DO NOTHING")
                .Bind(account.Value).Bind(thread.Value).Bind([.. keys]).Post();
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> MarkDeliveredAsync(AccountId account, EnvelopeId envelope, string recipient, DateTimeOffset now) =>
        await transaction.Use("INSERT INTO delivered(account, envelope, recipient, at) VALUES($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .Bind(account.Value).Bind(envelope.Value).Bind(recipient).Bind(now).RunAsync() > 0;

    public async ValueTask<bool> TakeMaildropAsync(AccountId account, Guid token, DateTimeOffset now, DateTimeOffset until) =>
        await transaction.Use(TakeLease).Bind(account.Value).Bind(token).Bind(now).Bind(until).RunAsync() > 0;

    public async ValueTask<bool> RenewMaildropAsync(AccountId account, Guid token, DateTimeOffset until) =>
        await transaction.Use("UPDATE maildrop_lease SET until = $3 WHERE account = $1 AND token = $2").Bind(account.Value).Bind(token).Bind(until).RunAsync() > 0;

    public ValueTask LeaveMaildropAsync(AccountId account, Guid token)
    {
        transaction.Use("DELETE FROM maildrop_lease WHERE account = $1 AND token = $2").Bind(account.Value).Bind(token).Post();
        return ValueTask.CompletedTask;
    }

    private PostgresStatement InUids(string sql, AccountId account, MailboxId mailbox, UidSet uids) =>
        transaction.Use(sql).Bind(account.Value).Bind(mailbox.Value)
            .Bind([.. uids.Ranges.Select(range => (long)range.First)]).Bind([.. uids.Ranges.Select(range => (long)range.Last)]);

    private static Message ReadMessage(NpgsqlDataReader row) => new(
        (uint)row.GetInt64(0), new EmailId(row.GetInt64(1)), new ThreadId(row.GetInt64(2)), (MessageFlags)row.GetInt64(3), new ModSeq(row.GetInt64(4)),
        row.GetInt64(5), row.Time(6), row.Time(7), Convert.ToHexStringLower(row.Blob(8)), new BodyId(row.GetGuid(9)), row.GetInt32(10))
    {
        Envelope = row.NullableBlob(11),
        Structure = row.NullableBlob(12),
        Preview = row.NullableText(13),
        Prefix = row.NullableBlob(14),
        References = row.NullableText(15),
    };
}
