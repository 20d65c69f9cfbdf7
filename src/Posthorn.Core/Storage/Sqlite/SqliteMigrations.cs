using System.Globalization;
using System.Security.Cryptography;
using Posthorn.Core.Storage.Copying;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>Brings a database to the schema of this program, inside a transaction, after a copy of it was set aside.</summary>
internal static class SqliteMigrations
{
    /// <param name="opensIncomplete">A copy that was cut off is opened too, by who will complete it.</param>
    /// <param name="setsAside">A copy of an older database is kept beside it.</param>
    public static void Run(SqliteConnection connection, string path, TimeProvider time, bool opensIncomplete = false, bool setsAside = true)
    {
        int version = VersionOf(connection, path);
        bool isNew = version == 0;
        if (!isNew && !opensIncomplete)
        {
            Refuse(connection, path);
        }

        // journal_size_limit stays unset: a WAL that keeps its size is overwritten, and that syncs faster.
        connection.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;");
        if (version == SqliteSchema.Migrations.Length)
        {
            return;
        }

        if (!isNew && setsAside)
        {
            SetAside(connection, path, version);
        }

        connection.Execute("BEGIN IMMEDIATE");
        for (int next = version; next < SqliteSchema.Migrations.Length; next++)
        {
            connection.Execute(SqliteSchema.Migrations[next]);
        }

        if (isNew)
        {
            Seed(connection, time);
        }

        connection.Execute(string.Create(CultureInfo.InvariantCulture,
            $"PRAGMA application_id={SqliteSchema.ApplicationId}; PRAGMA user_version={SqliteSchema.Migrations.Length}; COMMIT"));
    }

    /// <summary>The version of the schema; 0: an empty database.</summary>
    /// <exception cref="StoreOpeningException">Something else is in it, or a store of a newer version.</exception>
    public static int VersionOf(SqliteConnection connection, string path)
    {
        long applicationId = connection.Scalar("PRAGMA application_id");
        int version = (int)connection.Scalar("PRAGMA user_version");
        bool isNew = version == 0 && connection.Scalar("SELECT count(*) FROM sqlite_schema") == 0;
        if (!isNew && applicationId != SqliteSchema.ApplicationId)
        {
            throw new StoreOpeningException($"{path} is not a Posthorn store. Give another data folder.");
        }

        return version <= SqliteSchema.Migrations.Length
            ? version
            : throw new StoreOpeningException(
                $"{path} was written by a newer Posthorn (schema {version}, this program knows {SqliteSchema.Migrations.Length}). Use that version, or restore an older backup.");
    }

    /// <summary>A copy that was cut off is no store.</summary>
    private static void Refuse(SqliteConnection connection, string path)
    {
        using SqliteStatement query = connection.Use("SELECT 1 FROM setting WHERE key = ?1").Bind(StoreMark.Incomplete);
        if (query.Step())
        {
            throw new StoreOpeningException(StoreMark.IncompleteText(path));
        }
    }

    private static void SetAside(SqliteConnection connection, string path, int version)
    {
        string copy = string.Create(CultureInfo.InvariantCulture, $"{path}.schema-{version}");
        File.Delete(copy);
        connection.Use("VACUUM INTO ?1").Bind(copy).Run();
    }

    private static void Seed(SqliteConnection connection, TimeProvider time)
    {
        // UIDVALIDITY starts from the clock, so that a store made anew never repeats those of the one before it (RFC 9051 §2.3.1.1).
        Set(connection, "uidvalidity", time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        Set(connection, "epoch", RandomNumberGenerator.GetHexString(32, lowercase: true));
        Set(connection, "secret", RandomNumberGenerator.GetHexString(64, lowercase: true));
    }

    private static void Set(SqliteConnection connection, string key, string value) =>
        connection.Use("INSERT INTO setting(key, value) VALUES(?1, ?2)").Bind(key).Bind(value).Run();
}
