using System.Globalization;
using System.Security.Cryptography;
using Posthorn.Core.Bodies;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>What restore does to a copied database before it is used, and what verify reads from one.</summary>
internal static class SqliteRestore
{
    /// <summary>How far all modseqs jump: further than a store counts between a backup and its loss.</summary>
    private const long ModSeqJump = 1L << 32;

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
        using SqliteConnection connection = SqliteConnection.Open(path, readOnly: true);
        using (SqliteStatement check = connection.Use("PRAGMA integrity_check(10)"))
        {
            while (check.Step())
            {
                if (check.Text(0) is not "ok" and { } problem)
                {
                    problems.Add(problem);
                }
            }
        }

        using SqliteStatement query = connection.Use(
            "SELECT b.id, b.size, b.codec, b.hash, o.octets FROM body b LEFT JOIN body_octets o ON o.number = b.number ORDER BY b.number");
        while (query.Step())
        {
            yield return new StoredBody(
                new BodyId(query.Guid(0)), query.Int64(1), (BodyCodec)query.Int32(2), query.Blob(3).ToArray(), query.IsNull(4) ? null : query.Blob(4).ToArray());
        }
    }

    private static void NewEpoch(SqliteConnection connection, long now)
    {
        connection.Use("UPDATE setting SET value = ?1 WHERE key = 'epoch'").Bind(RandomNumberGenerator.GetHexString(32, lowercase: true)).Run();

        // From the clock, as a new store has it, unless the counter is ahead of it.
        connection.Use("UPDATE setting SET value = CAST(max(CAST(value AS INTEGER), ?1) AS TEXT) WHERE key = 'uidvalidity'").Bind(now).Run();
        connection.Execute("""
            UPDATE mailbox SET uid_validity = (SELECT CAST(value AS INTEGER) FROM setting WHERE key = 'uidvalidity')
                + (SELECT count(*) FROM mailbox before WHERE (before.account, before.id) <= (mailbox.account, mailbox.id));
            UPDATE setting SET value = CAST((SELECT max(max(uid_validity), CAST(value AS INTEGER)) FROM mailbox) AS TEXT) WHERE key = 'uidvalidity';
            """);
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"""
            UPDATE mailbox SET highest_modseq = highest_modseq + {ModSeqJump};
            UPDATE mailbox_message SET modseq = modseq + {ModSeqJump};
            UPDATE user_seen SET modseq = modseq + {ModSeqJump};
            UPDATE account_counter SET modseq = modseq + {ModSeqJump}, oldest_modseq = modseq + {ModSeqJump};
            DELETE FROM change_log;
            DELETE FROM maildrop_lease;
            UPDATE envelope_recipient SET lease_node = NULL, lease_until = NULL;
            """));
    }
}
