using Npgsql;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Storage.Copying;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Maintenance of the store in PostgreSQL, in transactions of its own.</summary>
internal sealed class PostgresMaintenance(PostgresStore store) : IStoreMaintenance
{
    private const string MailboxCounters = """
        SELECT a.address, m.name, m.messages, m.unseen, m.deleted, m.size, m.uid_next,
            count(f.uid), count(f.uid) FILTER (WHERE f.flags & 1 = 0), count(f.uid) FILTER (WHERE f.flags & 8 <> 0),
            coalesce(sum(f.size), 0)::bigint, coalesce(max(f.uid), 0)
        FROM mailbox m JOIN account a ON a.id = m.account LEFT JOIN mailbox_message f ON f.account = m.account AND f.mailbox = m.id
        GROUP BY a.address, m.account, m.id
        """;

    private const string RepairMailboxes = """
        UPDATE mailbox SET messages = c.messages, unseen = c.unseen, deleted = c.deleted, size = c.size, uid_next = greatest(uid_next, c.last + 1)
        FROM (SELECT m.account, m.id, count(f.uid) AS messages, count(f.uid) FILTER (WHERE f.flags & 1 = 0) AS unseen,
                count(f.uid) FILTER (WHERE f.flags & 8 <> 0) AS deleted, coalesce(sum(f.size), 0)::bigint AS size, coalesce(max(f.uid), 0) AS last
            FROM mailbox m LEFT JOIN mailbox_message f ON f.account = m.account AND f.mailbox = m.id GROUP BY m.account, m.id) c
        WHERE c.account = mailbox.account AND c.id = mailbox.id
        """;

    private const string Usage = """
        SELECT a.address, c.used, c.messages, coalesce(sum(f.size), 0)::bigint, count(f.uid)
        FROM account_counter c JOIN account a ON a.id = c.account LEFT JOIN mailbox_message f ON f.account = c.account
        GROUP BY a.address, c.account
        """;

    private const string RepairUsage = """
        UPDATE account_counter c SET used = (SELECT coalesce(sum(f.size), 0)::bigint FROM mailbox_message f WHERE f.account = c.account),
            messages = (SELECT count(*) FROM mailbox_message f WHERE f.account = c.account)
        """;

    private const string References = """
        WITH used AS (SELECT body, count(*) AS n FROM (SELECT body FROM email UNION ALL SELECT body FROM envelope) AS every GROUP BY body)
        SELECT b.id, b.refs, coalesce(u.n, 0) FROM body b LEFT JOIN used u ON u.body = b.id WHERE b.refs <> coalesce(u.n, 0)
        UNION ALL SELECT u.body, NULL, u.n FROM used u WHERE NOT EXISTS (SELECT 1 FROM body b WHERE b.id = u.body)
        """;

    private const string RepairReferences = """
        UPDATE body SET refs = (SELECT count(*) FROM email e WHERE e.body = body.id) + (SELECT count(*) FROM envelope v WHERE v.body = body.id)
        WHERE id = ANY($1)
        """;

    // What no constraint holds: rows that name others.
    private const string Gone = """
        SELECT format('account %s, mailbox %s: message %s has no contents', m.account, m.mailbox, m.uid) FROM mailbox_message m
            WHERE NOT EXISTS (SELECT 1 FROM email e WHERE e.account = m.account AND e.id = m.email)
        UNION ALL SELECT format('account %s, mailbox %s: the removed message %s has no contents', r.account, r.mailbox, r.uid) FROM removed_message r
            WHERE NOT EXISTS (SELECT 1 FROM email e WHERE e.account = r.account AND e.id = r.email)
        UNION ALL SELECT format('account %s: message %s is in mailbox %s, which is not there', m.account, m.uid, m.mailbox) FROM mailbox_message m
            WHERE NOT EXISTS (SELECT 1 FROM mailbox b WHERE b.account = m.account AND b.id = m.mailbox)
        """;

    private const string Unowned = """
        SELECT format('account %s: the contents %s belong to no message', e.account, e.id) FROM email e
            WHERE NOT EXISTS (SELECT 1 FROM mailbox_message m WHERE m.account = e.account AND m.email = e.id)
                AND NOT EXISTS (SELECT 1 FROM removed_message r WHERE r.account = e.account AND r.email = e.id)
        """;

    // An index can be left invalid by a statement that was cut off.
    private const string Invalid = """
        SELECT format('index %s is invalid: run REINDEX INDEX %s', indexrelid::regclass, indexrelid::regclass) FROM pg_index
            WHERE NOT indisvalid AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
        """;

    private const string Dangling = Invalid + " UNION ALL " + Gone + " UNION ALL " + Unowned + " LIMIT 100";

    private const string Trim = """
        WITH old AS (SELECT account, max(modseq) AS modseq FROM change_log WHERE account = $1 AND at < $2 GROUP BY account),
        kept AS (SELECT modseq FROM change_log WHERE account = $1 ORDER BY modseq DESC LIMIT 1 OFFSET $3),
        bound AS (SELECT least(old.modseq, kept.modseq) AS modseq FROM old, kept),
        told AS (UPDATE account_counter SET oldest_modseq = greatest(oldest_modseq, bound.modseq) FROM bound WHERE account = $1)
        DELETE FROM change_log USING bound WHERE account = $1 AND change_log.modseq <= bound.modseq
        """;

    public ValueTask<bool> TryCopyDatabaseAsync(string path, CancellationToken cancel) => ValueTask.FromResult(false);

    public async ValueTask<IRowSource> ReadRowsAsync(CancellationToken cancel)
    {
        try
        {
            return await PostgresRows.ReadAsync(store.Connections, cancel);
        }
        catch (NpgsqlException fault)
        {
            throw PostgresFault.ToUnavailable(fault);
        }
    }

    public async ValueTask ClaimAsync(CancellationToken cancel) => await RunAsync(
        "BEGIN", static transaction => transaction.Use("DELETE FROM setting WHERE key = $1").Bind(StoreMark.Copied).RunAsync(), cancel);

    public ValueTask<IReadOnlyList<string>> IntegrityAsync(CancellationToken cancel) => RunAsync(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", transaction => transaction.Use(Dangling).AllAsync(static row => row.GetString(0)), cancel);

    public ValueTask<IReadOnlyList<StoreFinding>> CountersAsync(bool repair, CancellationToken cancel) => RunAsync<IReadOnlyList<StoreFinding>>(
        repair ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        async transaction =>
        {
            if (repair)
            {
                // Every writer locks a row of these first: nothing may change between counting and correcting.
                transaction.Use("LOCK TABLE account_counter, body, envelope IN EXCLUSIVE MODE").Post();
            }

            var findings = new List<StoreFinding>();
            await FindMailboxesAsync(transaction, repair, findings);
            await FindUsageAsync(transaction, repair, findings);
            await FindReferencesAsync(transaction, repair, findings);
            return findings;
        },
        cancel);

    public ValueTask<StoreSizes> SizesAsync(CancellationToken cancel) => RunAsync(
        "BEGIN READ ONLY",
        static async transaction =>
        {
            IReadOnlyList<(bool Inline, BodySizes Sizes)> bodies = await transaction.Use("SELECT inline, count(*), sum(size)::bigint FROM body GROUP BY inline")
                .AllAsync(static row => (row.GetBoolean(0), new BodySizes(row.GetInt64(1), row.GetInt64(2))));
            IReadOnlyList<long> database = await transaction.Use("SELECT pg_database_size(current_database())").AllAsync(static row => row.GetInt64(0));
            return new StoreSizes(database[0], Of(true), Of(false));

            BodySizes Of(bool inline) => bodies.FirstOrDefault(body => body.Inline == inline).Sizes ?? new BodySizes(0, 0);
        },
        cancel);

    public async ValueTask<int> TrimChangesAsync(DateTimeOffset before, int keep, CancellationToken cancel)
    {
        IReadOnlyList<long> accounts = await RunAsync(
            "BEGIN READ ONLY",
            transaction => transaction.Use("SELECT account FROM change_log GROUP BY account HAVING min(at) < $1 AND count(*) > $2 ORDER BY account")
                .Bind(before).Bind((long)keep).AllAsync(static row => row.GetInt64(0)),
            cancel);
        int trimmed = 0;
        foreach (long account in accounts)
        {
            trimmed += await RunAsync(
                "BEGIN",
                transaction =>
                {
                    new PostgresCounters(transaction).Take(new[] { new AccountId(account) });
                    return transaction.Use(Trim).Bind(account).Bind(before).Bind((long)keep).RunAsync();
                },
                cancel);
        }

        return trimmed;
    }

    private static async ValueTask FindMailboxesAsync(PostgresTransaction transaction, bool repair, List<StoreFinding> findings)
    {
        int before = findings.Count;
        await transaction.Use(MailboxCounters).EachAsync(row =>
        {
            (long, long, long, long) kept = (row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5));
            (long, long, long, long) counted = (row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10));
            if (kept != counted || row.GetInt64(6) <= row.GetInt64(11))
            {
                findings.Add(new StoreFinding(
                    "counters",
                    $"{row.GetString(0)}: {row.GetString(1)} says (messages, unseen, deleted, size) {kept} with UIDNEXT {row.GetInt64(6)}, but holds {counted} up to UID {row.GetInt64(11)}",
                    repair));
            }
        });
        if (repair && findings.Count > before)
        {
            transaction.Use(RepairMailboxes).Post();
        }
    }

    private static async ValueTask FindUsageAsync(PostgresTransaction transaction, bool repair, List<StoreFinding> findings)
    {
        int before = findings.Count;
        await transaction.Use(Usage).EachAsync(row =>
        {
            if ((row.GetInt64(1), row.GetInt64(2)) != (row.GetInt64(3), row.GetInt64(4)))
            {
                findings.Add(new StoreFinding(
                    "quota",
                    $"{row.GetString(0)}: the account says {row.GetInt64(1)} octets in {row.GetInt64(2)} messages, but holds {row.GetInt64(3)} in {row.GetInt64(4)}",
                    repair));
            }
        });
        if (repair && findings.Count > before)
        {
            transaction.Use(RepairUsage).Post();
        }
    }

    private static async ValueTask FindReferencesAsync(PostgresTransaction transaction, bool repair, List<StoreFinding> findings)
    {
        IReadOnlyList<WrongReferences> wrong = await transaction.Use(References).AllAsync(
            static row => new WrongReferences(row.GetGuid(0), row.NullableInt64(1), row.GetInt64(2)));
        bool mayLower = repair && (!wrong.Any(static body => body.IsTooHigh) || await transaction.Use("SELECT EXISTS(" + Gone + ")").ScalarAsync<bool>() is false);
        var repaired = new List<Guid>();
        foreach (WrongReferences body in wrong)
        {
            StoreFinding finding = body.ToFinding(repair, mayLower);
            findings.Add(finding);
            if (finding.IsRepaired)
            {
                repaired.Add(body.Id);
            }
        }

        if (repaired.Count > 0)
        {
            transaction.Use(RepairReferences).Bind([.. repaired]).Post();
        }
    }

    private async ValueTask<T> RunAsync<T>(string begin, Func<PostgresTransaction, ValueTask<T>> work, CancellationToken cancel)
    {
        try
        {
            // Statements over all rows of a large store take longer than any that a session waits for.
            await using NpgsqlConnection connection = await store.Connections.OpenForCopyAsync(cancel);
            var transaction = new PostgresTransaction(connection, begin);
            try
            {
                T result = await work(transaction);
                await transaction.CommitAsync();
                return result;
            }
            catch
            {
                await transaction.RollBackAsync();
                throw;
            }
        }
        catch (NpgsqlException fault)
        {
            throw PostgresFault.ToUnavailable(fault);
        }
    }
}
