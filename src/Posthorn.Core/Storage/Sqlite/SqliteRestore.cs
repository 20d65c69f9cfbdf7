using System.Globalization;
using System.Security.Cryptography;
using Posthorn.Core.Bodies;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>What restore does to a copied database before it is used, and what verify reads from one.</summary>
internal static class SqliteRestore
{
    /// <summary>How far all modseqs jump: further than a store counts between a backup and its loss.</summary>
    private const long ModSeqJump = 1L << 32;

    /// <summary>How far UIDVALIDITY jumps at a restore: of 32 bits some hundred restores are left (RFC 9051 §2.3.1.1).</summary>
    private const int LeastUidValidityJump = 1 << 20, MostUidValidityJump = 1 << 25;

    /// <summary>
    /// How far the numbers of messages and mailboxes jump: EMAILID, THREADID and MAILBOXID hold whatever UIDVALIDITY says, and none is used again (RFC 8474 §4, §5.1). Of 32 bits (emails)
    /// some hundred restores are left.
    /// </summary>
    private const int LeastIdJump = 1 << 20, MostIdJump = 1 << 24;

    /// <summary>A database and what SQLite keeps beside it: the journal of a change that was cut off, the log of what is not in the database yet, and the index of that.</summary>
    public static IEnumerable<string> FilesOf(string path) => [path, path + "-wal", path + "-shm", path + "-journal"];

    /// <summary>Takes a database away with what lies beside it.</summary>
    public static void Delete(string path)
    {
        foreach (string file in FilesOf(path))
        {
            File.Delete(file);
        }
    }

    /// <summary>
    /// Makes of a database and what lies beside it one file that can be copied: a change that a crash cut off is rolled back, a log is copied into it. For what nobody uses.
    /// </summary>
    /// <exception cref="StoreOpeningException">That cannot be done where it lies.</exception>
    public static void Settle(string path)
    {
        if (!FilesOf(path).Skip(1).Any(File.Exists))
        {
            return;
        }

        try
        {
            // The first read rolls back; the last connection that closes takes the log in.
            using SqliteConnection connection = SqliteConnection.Open(path, readOnly: false);
            connection.Scalar("SELECT count(*) FROM sqlite_schema");
        }
        catch (SqliteFault fault)
        {
            throw NotSettled(path, fault);
        }

        if (File.Exists(path + "-wal"))
        {
            // Somebody else has it open.
            throw NotSettled(path, null);
        }
    }

    public static void BeginNewEpoch(string path, TimeProvider time)
    {
        try
        {
            using SqliteConnection connection = SqliteConnection.Open(path, readOnly: false);
            connection.Execute("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; BEGIN IMMEDIATE");
            NewEpoch(connection, time.GetUtcNow().ToUnixTimeSeconds());
            connection.Execute("COMMIT");
        }
        catch (SqliteFault fault)
        {
            throw new StoreOpeningException($"The database of the backup cannot be read: {fault.Message}. Take another backup.", fault);
        }
    }

    /// <summary>All bodies of a database, with the octets of small ones; problems of the database itself go to <paramref name="problems"/>.</summary>
    public static IEnumerable<StoredBody> Bodies(string path, List<string> problems)
    {
        using SqliteConnection connection = SqliteConnection.Open(path, readOnly: false);
        problems.AddRange(Integrity(connection));
        using SqliteStatement query = connection.Use(
            "SELECT b.id, b.size, b.codec, b.hash, o.octets FROM body b LEFT JOIN body_octets o ON o.number = b.number ORDER BY b.number");
        while (query.Step())
        {
            yield return new StoredBody(
                new BodyId(query.Guid(0)), query.Int64(1), (BodyCodec)query.Int32(2), query.Blob(3).ToArray(), query.IsNull(4) ? null : query.Blob(4).ToArray());
        }
    }

    /// <summary>What the database itself says of its pages and indexes; empty: all is well.</summary>
    public static IReadOnlyList<string> Integrity(SqliteConnection connection)
    {
        var problems = new List<string>();
        using SqliteStatement check = connection.Use("PRAGMA integrity_check(10)");
        while (check.Step())
        {
            if (check.Text(0) is not "ok" and { } problem)
            {
                problems.Add(problem);
            }
        }

        return problems;
    }

    private static StoreOpeningException NotSettled(string path, SqliteFault? fault) => new(
        $"A change of {path} was cut off, or is under way, and cannot be ended there{(fault is null ? "" : $" ({fault.Message})")}. Copy the folder to where it may be written, and restore from there.",
        fault);

    private static void NewEpoch(SqliteConnection connection, long now)
    {
        connection.Use("UPDATE setting SET value = ?1 WHERE key = 'epoch'").Bind(RandomNumberGenerator.GetHexString(32, lowercase: true)).Run();

        // From the clock, as a new store has it, unless the counter is ahead of it; then past all that the store gave out after the backup, and that an earlier
        // restore of the same backup did.
        connection.Use("UPDATE setting SET value = CAST(max(CAST(value AS INTEGER), ?1) + ?2 AS TEXT) WHERE key = 'uidvalidity'")
            .Bind(now).Bind((long)RandomNumberGenerator.GetInt32(LeastUidValidityJump, MostUidValidityJump)).Run();
        connection.Execute("""
            UPDATE mailbox SET uid_validity = (SELECT CAST(value AS INTEGER) FROM setting WHERE key = 'uidvalidity') + counted.place
                FROM (SELECT account, id, row_number() OVER (ORDER BY account, id) AS place FROM mailbox) AS counted
                WHERE counted.account = mailbox.account AND counted.id = mailbox.id;
            UPDATE setting SET value = CAST(max(coalesce((SELECT max(uid_validity) FROM mailbox), 0), CAST(value AS INTEGER)) AS TEXT) WHERE key = 'uidvalidity';
            """);
        connection.Use("UPDATE account_counter SET next_email = next_email + ?1, next_mailbox = next_mailbox + ?1")
            .Bind((long)RandomNumberGenerator.GetInt32(LeastIdJump, MostIdJump)).Run();

        // Whatever table has a modseq: new ones are not forgotten.
        foreach ((string table, string column) in Columns(connection).Where(static column => column.Column is "modseq" or "highest_modseq" && column.Table is not ("account_counter" or "change_log")))
        {
            connection.Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE \"{table}\" SET \"{column}\" = \"{column}\" + {ModSeqJump}"));
        }

        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"""
            UPDATE account_counter SET modseq = modseq + {ModSeqJump}, oldest_modseq = modseq + {ModSeqJump};
            DELETE FROM change_log;
            DELETE FROM maildrop_lease;
            DELETE FROM body_hold;
            UPDATE envelope_recipient SET lease_node = NULL, lease_until = NULL;
            """));
    }

    private static List<(string Table, string Column)> Columns(SqliteConnection connection)
    {
        var columns = new List<(string, string)>();
        using SqliteStatement query = connection.Use("SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'");
        while (query.Step())
        {
            columns.Add((query.Text(0), query.Text(1)));
        }

        return columns;
    }
}
