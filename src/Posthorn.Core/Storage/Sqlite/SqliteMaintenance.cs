using Posthorn.Core.Maintenance;
using Posthorn.Core.Storage.Copying;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>Maintenance of the embedded store, on connections of its own so that the writer goes on.</summary>
internal sealed class SqliteMaintenance(SqliteStore store) : IStoreMaintenance
{
    private const string MailboxCounters = """
        SELECT m.account, m.id, m.name, a.address, m.messages, m.unseen, m.deleted, m.size, m.uid_next,
            count(f.uid), ifnull(sum(f.flags & 1 = 0), 0), ifnull(sum(f.flags & 8 <> 0), 0), ifnull(sum(f.size), 0), ifnull(max(f.uid), 0)
        FROM mailbox m JOIN account a ON a.id = m.account LEFT JOIN mailbox_message f ON f.account = m.account AND f.mailbox = m.id
        GROUP BY m.account, m.id
        """;

    private const string RepairMailboxes = """
        UPDATE mailbox SET
            messages = (SELECT count(*) FROM mailbox_message f WHERE f.account = mailbox.account AND f.mailbox = mailbox.id),
            unseen = (SELECT ifnull(sum(f.flags & 1 = 0), 0) FROM mailbox_message f WHERE f.account = mailbox.account AND f.mailbox = mailbox.id),
            deleted = (SELECT ifnull(sum(f.flags & 8 <> 0), 0) FROM mailbox_message f WHERE f.account = mailbox.account AND f.mailbox = mailbox.id),
            size = (SELECT ifnull(sum(f.size), 0) FROM mailbox_message f WHERE f.account = mailbox.account AND f.mailbox = mailbox.id),
            uid_next = max(uid_next, 1 + (SELECT ifnull(max(f.uid), 0) FROM mailbox_message f WHERE f.account = mailbox.account AND f.mailbox = mailbox.id))
        """;

    private const string Usage = """
        SELECT c.account, a.address, c.used, c.messages, ifnull(sum(f.size), 0), count(f.uid)
        FROM account_counter c JOIN account a ON a.id = c.account LEFT JOIN mailbox_message f ON f.account = c.account GROUP BY c.account
        """;

    private const string RepairUsage = """
        UPDATE account_counter SET used = (SELECT ifnull(sum(f.size), 0) FROM mailbox_message f WHERE f.account = account_counter.account),
            messages = (SELECT count(*) FROM mailbox_message f WHERE f.account = account_counter.account)
        """;

    private const string References = """
        WITH used(body, n) AS (
            SELECT body, count(*) FROM (SELECT body FROM email UNION ALL SELECT body FROM envelope) GROUP BY body)
        SELECT b.id, b.refs, ifnull(u.n, 0) FROM body b LEFT JOIN used u ON u.body = b.id WHERE b.refs <> ifnull(u.n, 0)
        UNION ALL SELECT u.body, NULL, u.n FROM used u WHERE NOT EXISTS (SELECT 1 FROM body b WHERE b.id = u.body)
        """;

    private const string RepairReferences = """
        UPDATE body SET refs = (SELECT count(*) FROM email e WHERE e.body = body.id) + (SELECT count(*) FROM envelope v WHERE v.body = body.id)
        WHERE id = ?1
        """;

    // What no constraint holds: rows that name others.
    private const string Gone = """
        SELECT printf('account %d, mailbox %d: message %d has no contents', m.account, m.mailbox, m.uid) FROM mailbox_message m
            WHERE NOT EXISTS (SELECT 1 FROM email e WHERE e.key = (m.account << 32) + m.email)
        UNION ALL SELECT printf('account %d, mailbox %d: the removed message %d has no contents', r.account, r.mailbox, r.uid) FROM removed_message r
            WHERE NOT EXISTS (SELECT 1 FROM email e WHERE e.key = (r.account << 32) + r.email)
        UNION ALL SELECT printf('account %d: message %d is in mailbox %d, which is not there', m.account, m.uid, m.mailbox) FROM mailbox_message m
            WHERE NOT EXISTS (SELECT 1 FROM mailbox b WHERE b.account = m.account AND b.id = m.mailbox)
        """;

    private const string Unowned = """
        SELECT printf('account %d: the contents %d belong to no message', e.key >> 32, e.key & 4294967295) FROM email e
            WHERE NOT EXISTS (SELECT 1 FROM mailbox_message m WHERE m.account = e.key >> 32 AND m.email = e.key & 4294967295)
                AND NOT EXISTS (SELECT 1 FROM removed_message r WHERE r.account = e.key >> 32 AND r.email = e.key & 4294967295)
        """;

    private const string Dangling = Gone + " UNION ALL " + Unowned + " LIMIT 100";

    public ValueTask<bool> TryCopyDatabaseAsync(string path, CancellationToken cancel) => OnOwnConnection(connection =>
    {
        connection.Use("VACUUM INTO ?1").Bind(path).Run();
        return true;
    });

    public ValueTask<IRowSource> ReadRowsAsync(CancellationToken cancel)
    {
        try
        {
            return ValueTask.FromResult<IRowSource>(SqliteRows.Read(store.Path));
        }
        catch (SqliteFault fault)
        {
            throw fault.ToUnavailable();
        }
    }

    public async ValueTask ClaimAsync(CancellationToken cancel) => await store.WriteRawAsync(
        static connection => connection.Use("DELETE FROM setting WHERE key = ?1").Bind(StoreMark.Copied).Run(), cancel);

    public ValueTask<IReadOnlyList<string>> IntegrityAsync(CancellationToken cancel) => OnOwnConnection<IReadOnlyList<string>>(connection =>
    {
        var problems = new List<string>();
        Read("PRAGMA integrity_check(100)");
        if (problems is ["ok"])
        {
            // In damaged pages rows seem to be missing that are not.
            problems.Clear();
            Read(Dangling);
        }

        return problems;

        void Read(string sql)
        {
            using SqliteStatement query = connection.Use(sql);
            while (query.Step())
            {
                problems.Add(query.Text(0));
            }
        }
    });

    public async ValueTask<IReadOnlyList<StoreFinding>> CountersAsync(bool repair, CancellationToken cancel)
    {
        if (!repair)
        {
            return await OnOwnConnection<IReadOnlyList<StoreFinding>>(connection => Counters(connection, repair: false));
        }

        // In the writer: nothing may change between counting and correcting.
        return await store.WriteRawAsync<IReadOnlyList<StoreFinding>>(connection => Counters(connection, repair: true), cancel);
    }

    public ValueTask<StoreSizes> SizesAsync(CancellationToken cancel) => OnOwnConnection(connection =>
    {
        var bodies = new BodySizes[] { new(0, 0), new(0, 0) };
        using (SqliteStatement query = connection.Use("SELECT inline, count(*), sum(size) FROM body GROUP BY inline"))
        {
            while (query.Step())
            {
                bodies[query.Int32(0)] = new BodySizes(query.Int64(1), query.Int64(2));
            }
        }

        using SqliteStatement pages = connection.Use("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()");
        pages.Step();
        return new StoreSizes(pages.Int64(0), bodies[1], bodies[0]);
    });

    public async ValueTask<int> TrimChangesAsync(DateTimeOffset before, int keep, CancellationToken cancel)
    {
        // The whole log is read beside the writer. What comes meanwhile lies above the bounds found.
        List<(long Account, long ModSeq)> bounds = await OnOwnConnection(connection => TrimBounds(connection, before, keep));
        int trimmed = 0;
        foreach ((long account, long bound) in bounds)
        {
            trimmed += await store.WriteRawAsync(
                connection =>
                {
                    int count = connection.Use("DELETE FROM change_log WHERE account = ?1 AND modseq <= ?2").Bind(account).Bind(bound).Run();
                    connection.Use("UPDATE account_counter SET oldest_modseq = max(oldest_modseq, ?2) WHERE account = ?1").Bind(account).Bind(bound).Run();
                    return count;
                },
                cancel);
        }

        return trimmed;
    }

    /// <summary>Up to which modseq the log of an account can go, of those where some of it can.</summary>
    private static List<(long Account, long ModSeq)> TrimBounds(SqliteConnection connection, DateTimeOffset before, int keep)
    {
        var bounds = new List<(long Account, long ModSeq)>();
        using SqliteStatement query = connection.Use("""
            SELECT account, max(modseq) FILTER (WHERE at < ?1) FROM change_log GROUP BY account HAVING min(at) < ?1 AND count(*) > ?2
            """).Bind(before).Bind(keep);
        while (query.Step())
        {
            using SqliteStatement kept = connection.Use("SELECT modseq FROM change_log WHERE account = ?1 ORDER BY modseq DESC LIMIT 1 OFFSET ?2")
                .Bind(query.Int64(0)).Bind(keep);
            if (kept.Step())
            {
                bounds.Add((query.Int64(0), Math.Min(query.Int64(1), kept.Int64(0))));
            }
        }

        return bounds;
    }

    private static List<StoreFinding> Counters(SqliteConnection connection, bool repair)
    {
        var findings = new List<StoreFinding>();
        FindMailboxes(connection, repair, findings);
        FindUsage(connection, repair, findings);
        FindReferences(connection, repair, findings);
        return findings;
    }

    private static void FindMailboxes(SqliteConnection connection, bool repair, List<StoreFinding> findings)
    {
        int before = findings.Count;
        using (SqliteStatement query = connection.Use(MailboxCounters))
        {
            while (query.Step())
            {
                (long, long, long, long) kept = (query.Int64(4), query.Int64(5), query.Int64(6), query.Int64(7));
                (long, long, long, long) counted = (query.Int64(9), query.Int64(10), query.Int64(11), query.Int64(12));
                if (kept != counted || query.Int64(8) <= query.Int64(13))
                {
                    findings.Add(new StoreFinding(
                        "counters",
                        $"{query.Text(3)}: {query.Text(2)} says (messages, unseen, deleted, size) {kept} with UIDNEXT {query.Int64(8)}, but holds {counted} up to UID {query.Int64(13)}",
                        repair));
                }
            }
        }

        if (repair && findings.Count > before)
        {
            connection.Execute(RepairMailboxes);
        }
    }

    private static void FindUsage(SqliteConnection connection, bool repair, List<StoreFinding> findings)
    {
        int before = findings.Count;
        using (SqliteStatement query = connection.Use(Usage))
        {
            while (query.Step())
            {
                if ((query.Int64(2), query.Int64(3)) != (query.Int64(4), query.Int64(5)))
                {
                    findings.Add(new StoreFinding(
                        "quota",
                        $"{query.Text(1)}: the account says {query.Int64(2)} octets in {query.Int64(3)} messages, but holds {query.Int64(4)} in {query.Int64(5)}",
                        repair));
                }
            }
        }

        if (repair && findings.Count > before)
        {
            connection.Execute(RepairUsage);
        }
    }

    private static void FindReferences(SqliteConnection connection, bool repair, List<StoreFinding> findings)
    {
        var wrong = new List<WrongReferences>();
        using (SqliteStatement query = connection.Use(References))
        {
            while (query.Step())
            {
                wrong.Add(new WrongReferences(query.Guid(0), query.NullableInt64(1), query.Int64(2)));
            }
        }

        bool mayLower = repair && (!wrong.Exists(static body => body.IsTooHigh) || connection.Scalar("SELECT EXISTS(" + Gone + ")") == 0);
        foreach (WrongReferences body in wrong)
        {
            StoreFinding finding = body.ToFinding(repair, mayLower);
            findings.Add(finding);
            if (finding.IsRepaired)
            {
                connection.Use(RepairReferences).Bind(body.Id).Run();
            }
        }
    }

    private ValueTask<T> OnOwnConnection<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            using SqliteConnection connection = SqliteConnection.Open(store.Path, readOnly: false);
            return ValueTask.FromResult(work(connection));
        }
        catch (SqliteFault fault)
        {
            throw fault.ToUnavailable();
        }
    }
}
