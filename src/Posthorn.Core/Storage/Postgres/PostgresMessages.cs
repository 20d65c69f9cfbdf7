using Npgsql;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maildrops;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Messages in PostgreSQL: the wide <c>email</c> rows and the hot <c>mailbox_message</c> rows.</summary>
internal sealed class PostgresMessages(PostgresTransaction transaction, PostgresCounters counters) : IWriteMessages
{
    // All ranges of a set in one statement; each is one stretch of the primary key. That the end of a stretch is inside keeps the planner from joining the ranges to the
    // mailbox in the order of UIDs, which reads all of it up to what is wanted. Where emails belong to it they are inside, too: outside, the planner takes them for few
    // that come again and again, and keeps them in a cache that costs more than finding them.
    private const string OfEachRange = "SELECT w.* FROM unnest($3::bigint[], $4::bigint[]) AS r(first, last) CROSS JOIN LATERAL (SELECT ";
    private const string Filed = " FROM mailbox_message m";
    private const string FiledEmails = Filed + " JOIN email e ON e.account = m.account AND e.id = m.email";
    private const string InRange = " WHERE m.account = $1 AND m.mailbox = $2 AND m.uid BETWEEN r.first AND r.last ORDER BY m.uid";
    private const string All = InRange + " OFFSET 0) w ORDER BY w.uid";
    private const string Some = InRange + " LIMIT $5) w ORDER BY w.uid LIMIT $5";

    internal const string SelectEntries = OfEachRange + "m.uid, m.flags, m.modseq" + Filed + Some;
    internal const string SelectFiled = OfEachRange + "m.uid, m.email, m.flags, m.size" + Filed + All;
    internal const string SelectThreads = OfEachRange + "m.uid, e.thread" + FiledEmails + All;

    internal const string SelectMessages = OfEachRange + """
        m.uid, m.email, e.thread, m.flags, m.modseq, m.size, e.received, m.saved, e.uidl, e.body, length(e.prefix),
            CASE WHEN $6 THEN e.envelope END, CASE WHEN $7 THEN e.structure END, CASE WHEN $8 THEN e.preview END, CASE WHEN $9 THEN e.prefix END,
            CASE WHEN $10 THEN e.refs END
        """ + FiledEmails + Some;

    private const string SelectAbove = """
        SELECT 0::bigint, id, thread, 0::bigint, 0::bigint, size, received, received, uidl, body, length(prefix), envelope, structure, NULL::text, prefix, NULL::text
        FROM email WHERE account = $1 AND id > $2 ORDER BY id LIMIT $3
        """;

    private const string SelectPlaces = "SELECT mailbox, uid, email, flags, size FROM mailbox_message WHERE account = $1 AND email = ANY($2) ORDER BY mailbox, uid";

    // A thread has the number of its first message, which the index leaves out.
    private const string SelectConversation = """
        SELECT m.mailbox, m.uid FROM (
            SELECT id, received FROM email WHERE account = $1 AND id = $2 AND thread = $2
            UNION ALL
            SELECT id, received FROM email WHERE account = $1 AND thread = $2 AND thread <> id) e
        JOIN mailbox_message m ON m.account = $1 AND m.email = e.id ORDER BY e.received DESC, e.id DESC, m.mailbox LIMIT $3
        """;

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

    internal const string UpdateFlags = """
        UPDATE mailbox_message m SET flags = (m.flags & $5) | $6, modseq = $7 FROM unnest($3::bigint[], $4::bigint[]) AS r(first, last)
        WHERE m.account = $1 AND m.mailbox = $2 AND m.uid BETWEEN r.first AND r.last
        """;

    private const string DeleteFiled = "DELETE FROM mailbox_message WHERE account = $1 AND mailbox = $2 AND uid = ANY($3)";

    // Of the messages given, those in no mailbox any more go. Bodies are locked in the order of ids: accounts that share them do not wait crosswise.
    private const string DeleteUnfiled = """
        WITH gone AS (
            DELETE FROM email e WHERE e.account = $1 AND e.id = ANY($2)
                AND NOT EXISTS (SELECT 1 FROM mailbox_message m WHERE m.account = e.account AND m.email = e.id)
                AND NOT EXISTS (SELECT 1 FROM removed_message r WHERE r.account = e.account AND r.email = e.id)
            RETURNING e.body),
        released AS (SELECT body, count(*) AS n FROM gone GROUP BY body),
        locked AS MATERIALIZED (SELECT b.id FROM body b WHERE b.id IN (SELECT body FROM released) ORDER BY b.id FOR NO KEY UPDATE)
        UPDATE body SET refs = refs - released.n, released = (extract(epoch FROM now()) * 1000)::bigint
        FROM released JOIN locked ON locked.id = released.body WHERE body.id = released.body
        """;

    private const string SelectRemoved = """
        SELECT r.mailbox, r.uid, r.email, r.name, r.flags, r.keywords, r.size, r.removed, e.received, e.preview
        FROM removed_message r JOIN email e ON e.account = r.account AND e.id = r.email
        WHERE r.account = $1 AND r.removed >= $2 AND r.removed < $3 AND ($4::text IS NULL OR r.name = $4) AND ($5::bigint IS NULL OR r.mailbox = $5 AND r.uid = $6)
        """;

    private const string OldestFirst = " ORDER BY r.removed, r.mailbox, r.uid LIMIT $7";
    private const string LatestFirst = " ORDER BY r.removed DESC, r.mailbox DESC, r.uid DESC LIMIT $7";

    private const string InsertRemoved = """
        INSERT INTO removed_message(account, mailbox, uid, email, name, flags, keywords, size, removed)
        SELECT $1, $2, m.uid, m.email, $3, m.flags, m.keywords, m.size, $4
        FROM unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[]) AS m(uid, email, flags, keywords, size)
        """;

    private const string SelectThread = """
        SELECT t.thread FROM unnest($2::bigint[]) WITH ORDINALITY AS k(key, place) JOIN thread_key t ON t.account = $1 AND t.key = k.key
        ORDER BY k.place LIMIT 1
        """;

    private const string TakeLease = """
        INSERT INTO maildrop_lease(account, token, until, node) VALUES($1, $2, $4, $5)
        ON CONFLICT(account) DO UPDATE SET token = excluded.token, until = excluded.until, node = excluded.node WHERE maildrop_lease.until < $3
        """;

    // By the list itself: who announces it asks with the same one.
    private readonly ExpectedAnswers<(AccountId Account, IReadOnlyList<long> Keys), ThreadId?> _threads = new(transaction);

    public ValueTask EntriesAsync(AccountId account, MailboxId mailbox, UidSet uids, List<MessageEntry> into, int most) => uids.IsEmpty
        ? ValueTask.CompletedTask
        : InUids(SelectEntries, account, mailbox, uids.Ranges).Bind((long)most)
            .EachAsync(row => into.Add(new MessageEntry((uint)row.GetInt64(0), (MessageFlags)row.GetInt64(1), new ModSeq(row.GetInt64(2)))));

    public async ValueTask<IReadOnlyList<MessageEntry>> NewestAsync(AccountId account, MailboxId mailbox, int most)
    {
        var entries = new List<MessageEntry>(most);
        await transaction.Use("SELECT uid, flags, modseq FROM mailbox_message WHERE account = $1 AND mailbox = $2 ORDER BY uid DESC LIMIT $3")
            .Bind(account.Value).Bind(mailbox.Value).Bind((long)most)
            .EachAsync(row => entries.Add(new MessageEntry((uint)row.GetInt64(0), (MessageFlags)row.GetInt64(1), new ModSeq(row.GetInt64(2)))));
        entries.Reverse();
        return entries;
    }

    public ValueTask<IReadOnlyList<Message>> ReadAsync(AccountId account, MailboxId mailbox, UidSet uids, MessageFields fields, int most) =>
        InUids(SelectMessages, account, mailbox, uids.Ranges).Bind(most)
            .Bind(fields.HasFlag(MessageFields.Envelope)).Bind(fields.HasFlag(MessageFields.Structure))
            .Bind(fields.HasFlag(MessageFields.Preview)).Bind(fields.HasFlag(MessageFields.Content)).Bind(fields.HasFlag(MessageFields.References))
            .AllAsync(ReadMessage);

    public ValueTask<IReadOnlyList<FiledMessage>> FiledAsync(AccountId account, MailboxId mailbox, UidSet uids) =>
        InUids(SelectFiled, account, mailbox, uids.Ranges).AllAsync(static row =>
            new FiledMessage((uint)row.GetInt64(0), new EmailId(row.GetInt64(1)), (MessageFlags)row.GetInt64(2), row.GetInt64(3)));

    public ValueTask<IReadOnlyList<Message>> AboveAsync(AccountId account, EmailId after, int most) =>
        transaction.Use(SelectAbove).Bind(account.Value).Bind(after.Value).Bind(most).AllAsync(ReadMessage);

    public ValueTask<IReadOnlyList<EmailId>> IdsAsync(AccountId account, EmailId first, EmailId last) =>
        transaction.Use("SELECT id FROM email WHERE account = $1 AND id BETWEEN $2 AND $3 ORDER BY id").Bind(account.Value).Bind(first.Value).Bind(last.Value)
            .AllAsync(static row => new EmailId(row.GetInt64(0)));

    public ValueTask<IReadOnlyList<FiledPlace>> PlacesAsync(AccountId account, IReadOnlyList<EmailId> emails) =>
        transaction.Use(SelectPlaces).Bind(account.Value).Bind([.. emails.Select(static email => email.Value)])
            .AllAsync(static row => new FiledPlace(
                new MailboxId(row.GetInt64(0)), new FiledMessage((uint)row.GetInt64(1), new EmailId(row.GetInt64(2)), (MessageFlags)row.GetInt64(3), row.GetInt64(4))));

    public async ValueTask<EmailId> NextEmailAsync(AccountId account) =>
        new(await transaction.Use("SELECT next_email FROM account_counter WHERE account = $1").Bind(account.Value).ScalarAsync<long>() ?? 1);

    public ValueTask<IReadOnlyList<(uint Uid, ThreadId Thread)>> ThreadsAsync(AccountId account, MailboxId mailbox, UidSet uids) =>
        InUids(SelectThreads, account, mailbox, uids.Ranges).AllAsync(static row => ((uint)row.GetInt64(0), new ThreadId(row.GetInt64(1))));

    public async ValueTask<IReadOnlyList<(MailboxId Mailbox, uint Uid)>> ConversationAsync(AccountId account, ThreadId thread, int most) =>
    [
        .. (await transaction.Use(SelectConversation).Bind(account.Value).Bind(thread.Value).Bind(most)
            .AllAsync(static row => (new MailboxId(row.GetInt64(0)), (uint)row.GetInt64(1)))).Reverse(),
    ];

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
        transaction.HoldsSharedRows = true;
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

    public ValueTask SetFlagsAsync(AccountId account, MailboxId mailbox, IReadOnlyList<UidRange> ranges, MessageFlags keep, MessageFlags set, ModSeq modSeq)
    {
        InUids(UpdateFlags, account, mailbox, ranges).Bind((long)keep).Bind((long)set).Bind(modSeq.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask UnfileAsync(AccountId account, MailboxId mailbox, IReadOnlyList<FiledMessage> messages)
    {
        transaction.HoldsSharedRows = true;
        transaction.Use(DeleteFiled).Bind(account.Value).Bind(mailbox.Value).Bind([.. messages.Select(message => (long)message.Uid)]).Post();
        transaction.Use(DeleteUnfiled).Bind(account.Value).Bind([.. messages.Select(message => message.Email.Value)]).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<RemovedMessage>> RemovedAsync(AccountId account, RemovedSelection selection, int most, bool latestFirst) =>
        transaction.Use(latestFirst ? SelectRemoved + LatestFirst : SelectRemoved + OldestFirst).Bind(account.Value).Bind(selection.Since).Bind(selection.Before).Bind(selection.Mailbox).Bind(selection.Id?.Mailbox.Value)
            .Bind((long?)selection.Id?.Uid).Bind(most)
            .AllAsync(static row => new RemovedMessage(
                new RemovedId(new MailboxId(row.GetInt64(0)), (uint)row.GetInt64(1)), new EmailId(row.GetInt64(2)), row.GetString(3), (MessageFlags)row.GetInt64(4),
                RemovedMessage.ReadKeywords(row.GetString(5)), row.GetInt64(6), row.Time(7), row.Time(8), row.GetString(9)));

    public ValueTask KeepAsync(AccountId account, Mailbox mailbox, IReadOnlyList<FiledMessage> messages, DateTimeOffset now)
    {
        transaction.Use(InsertRemoved).Bind(account.Value).Bind(mailbox.Id.Value).Bind(mailbox.Name).Bind(now)
            .Bind([.. messages.Select(message => (long)message.Uid)]).Bind([.. messages.Select(message => message.Email.Value)])
            .Bind([.. messages.Select(message => (long)(message.Flags & MessageFlags.System))])
            .Bind(messages.Select(message => RemovedMessage.WriteKeywords(mailbox, message.Flags)).ToArray())
            .Bind([.. messages.Select(message => message.SizeBytes)]).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask ForgetAsync(AccountId account, IReadOnlyList<RemovedMessage> messages)
    {
        transaction.HoldsSharedRows = true;
        transaction.Use("""
            DELETE FROM removed_message r USING unnest($2::bigint[], $3::bigint[]) AS gone(mailbox, uid)
            WHERE r.account = $1 AND r.mailbox = gone.mailbox AND r.uid = gone.uid
            """).Bind(account.Value).Bind([.. messages.Select(message => message.Id.Mailbox.Value)]).Bind([.. messages.Select(message => (long)message.Id.Uid)]).Post();
        transaction.Use(DeleteUnfiled).Bind(account.Value).Bind([.. messages.Select(message => message.Email.Value)]).Post();
        return ValueTask.CompletedTask;
    }

    public void ExpectThread(AccountId account, IReadOnlyList<long> keys)
    {
        if (keys.Count > 0)
        {
            _threads.Ask((account, keys), transaction.Use(SelectThread).Bind(account.Value).Bind([.. keys]), static (_, row) => new ThreadId(row.GetInt64(0)));
        }
    }

    public async ValueTask<ThreadId?> ThreadAsync(AccountId account, IReadOnlyList<long> keys)
    {
        if (keys.Count == 0)
        {
            return null;
        }

        (bool isKnown, ThreadId? expected) = await _threads.TakeAsync((account, keys));
        return isKnown ? expected
            : await transaction.Use(SelectThread).Bind(account.Value).Bind([.. keys]).ScalarAsync<long>() is { } thread ? new ThreadId(thread) : null;
    }

    public ValueTask JoinThreadAsync(AccountId account, ThreadId thread, IReadOnlyList<long> keys)
    {
        if (keys.Count > 0)
        {
            _threads.Forget(asked => asked.Account == account && asked.Keys.Any(keys.Contains));
            transaction.Use("INSERT INTO thread_key(account, key, thread) SELECT $1, key, $2 FROM unnest($3::bigint[]) AS key ON CONFLICT DO NOTHING")
                .Bind(account.Value).Bind(thread.Value).Bind([.. keys]).Post();
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> MarkDeliveredAsync(AccountId account, EnvelopeId envelope, string recipient, DateTimeOffset now)
    {
        // From the queue: its body is the other recipients', too.
        transaction.HoldsSharedRows = true;
        return await transaction.Use("INSERT INTO delivered(account, envelope, recipient, at) VALUES($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .Bind(account.Value).Bind(envelope.Value).Bind(recipient).Bind(now).RunAsync() > 0;
    }

    public async ValueTask<bool> TakeMaildropAsync(AccountId account, Guid token, string node, DateTimeOffset now, DateTimeOffset until) =>
        await transaction.Use(TakeLease).Bind(account.Value).Bind(token).Bind(now).Bind(until).Bind(node).RunAsync() > 0;

    public async ValueTask<bool> RenewMaildropAsync(AccountId account, Guid token, DateTimeOffset until) =>
        await transaction.Use("UPDATE maildrop_lease SET until = $3 WHERE account = $1 AND token = $2").Bind(account.Value).Bind(token).Bind(until).RunAsync() > 0;

    public ValueTask LeaveMaildropAsync(AccountId account, Guid token)
    {
        transaction.Use("DELETE FROM maildrop_lease WHERE account = $1 AND token = $2").Bind(account.Value).Bind(token).Post();
        return ValueTask.CompletedTask;
    }

    private PostgresStatement InUids(string sql, AccountId account, MailboxId mailbox, IReadOnlyList<UidRange> ranges) =>
        transaction.Use(sql).Bind(account.Value).Bind(mailbox.Value)
            .Bind([.. ranges.Select(range => (long)range.First)]).Bind([.. ranges.Select(range => (long)range.Last)]);

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
