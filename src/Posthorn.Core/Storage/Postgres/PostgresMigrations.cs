using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Looks whether a database can hold this store, and brings it to the schema of this program in one transaction.</summary>
internal static class PostgresMigrations
{
    private const int OldestServer = 15;

    // The first table or sequence on which the user may not do all that the store does.
    private const string Forbidden = """
        SELECT CASE c.relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END || c.relname FROM pg_class c
        WHERE c.relnamespace = current_schema()::regnamespace AND CASE WHEN c.relkind = 'S' THEN NOT (has_sequence_privilege(c.oid, 'USAGE') AND has_sequence_privilege(c.oid, 'UPDATE'))
            WHEN c.relkind IN ('r', 'p') THEN NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
            ELSE false END
        ORDER BY c.relname LIMIT 1
        """;

    /// <exception cref="StoreOpeningException">With one line that says what is wrong and what to do.</exception>
    public static async Task RunAsync(NpgsqlConnection connection, TimeProvider time, StoreOptions options, CancellationToken cancel)
    {
        await CheckServerAsync(connection, cancel);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancel);

        // Nodes that start together: one migrates, the others wait and find it done.
        await RunAsync(connection, $"SELECT pg_advisory_xact_lock({PostgresSchema.MigrationLock.ToString(CultureInfo.InvariantCulture)})", cancel);
        int? version = await VersionAsync(connection, cancel);
        if (version is { } older && older < PostgresSchema.Migrations.Length)
        {
            await SetAsideAsync(connection, older, options, cancel);
        }

        await ApplyAsync(connection, version ?? 0, cancel);
        await CheckRightsAsync(connection, cancel);
        if (version is null)
        {
            await SeedAsync(connection, time, cancel);
        }

        // Of processes that were killed; a commit is asked after for seconds only.
        await RunAsync(connection, "DELETE FROM commit_mark WHERE at < now() - interval '1 day'", cancel);
        await transaction.CommitAsync(cancel);
    }

    /// <summary>The migrations above a version, in the transaction and the schema that the connection is in.</summary>
    public static async Task ApplyAsync(NpgsqlConnection connection, int version, CancellationToken cancel)
    {
        for (int next = version; next < PostgresSchema.Migrations.Length; next++)
        {
            await RunAsync(connection, PostgresSchema.Migrations[next], cancel);
            await RunAsync(connection, $"UPDATE posthorn_schema SET version = {(next + 1).ToString(CultureInfo.InvariantCulture)}", cancel);
        }
    }

    /// <summary>Keeps the store as it was in a schema of its own: with the older program, renaming the two schemas goes back.</summary>
    private static async Task SetAsideAsync(NpgsqlConnection connection, int version, StoreOptions options, CancellationToken cancel)
    {
        long bytes = await PostgresSchemaCopy.SizeAsync(connection, cancel);
        if (bytes <= options.SetAsideUpTo)
        {
            await PostgresSchemaCopy.MakeAsync(connection, string.Create(CultureInfo.InvariantCulture, $"posthorn_schema_{version}"), version, stopsWriters: true, cancel);
        }
        else if (!options.IsBackedUp)
        {
            throw new StoreOpeningException(
                $"The database {connection.Database} has schema {version}, this program works with {PostgresSchema.Migrations.Length}, and with {bytes >> 30} GiB it is too large to set a copy aside. Take a backup with the version before (posthorn backup), then run: posthorn upgrade --backed-up");
        }
    }

    /// <summary>What is to be said of a server that is too old; null: it serves.</summary>
    public static string? ObjectTo(Version server) => server.Major >= OldestServer
        ? null
        : $"The database server is PostgreSQL {server}, and Posthorn needs {OldestServer} or newer. Upgrade it (pg_upgrade keeps its databases), or name a newer server in the connection string.";

    public static async Task CheckServerAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (ObjectTo(connection.PostgreSqlVersion) is { } objection)
        {
            throw new StoreOpeningException(objection);
        }

        if (await TextAsync(connection, "SHOW server_encoding", cancel) is not "UTF8" and { } encoding)
        {
            throw new StoreOpeningException($"The database {connection.Database} is encoded in {encoding}. Create one with: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0.");
        }

        // Mail is acknowledged after COMMIT returns: that must mean "on disk".
        if (await TextAsync(connection, "SHOW synchronous_commit", cancel) == "off")
        {
            throw new StoreOpeningException(
                $"synchronous_commit is off for the database {connection.Database}: accepted mail could be lost. Run: ALTER DATABASE \"{connection.Database}\" SET synchronous_commit = on (and look at the role and postgresql.conf).");
        }
    }

    /// <summary>A user who does not own the tables needs rights on all of them: one that is missing would show when mail comes.</summary>
    private static async Task CheckRightsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (await TextAsync(connection, Forbidden, cancel) is { } forbidden)
        {
            throw new StoreOpeningException(
                $"The database user lacks a right: permission denied for {forbidden}. Run as its owner: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ...; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ...; or make the user owner of the tables.");
        }
    }

    /// <summary>The version of the schema; null: an empty database.</summary>
    /// <exception cref="StoreOpeningException">Something else is in it, or a store of a newer version.</exception>
    public static async Task<int?> VersionAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (await TextAsync(connection, "SELECT to_regclass('posthorn_schema')::text", cancel) is not null)
        {
            int version = int.Parse(await TextAsync(connection, "SELECT max(version)::text FROM posthorn_schema", cancel) ?? "0", CultureInfo.InvariantCulture);
            return version <= PostgresSchema.Migrations.Length
                ? version
                : throw new StoreOpeningException(
                    $"The database {connection.Database} was written by a newer Posthorn (schema {version}, this program knows {PostgresSchema.Migrations.Length}). Use that version, or restore an older backup.");
        }

        string? foreign = await TextAsync(
            connection, "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S') LIMIT 1", cancel);
        return foreign is null
            ? null
            : throw new StoreOpeningException($"The database {connection.Database} is not a Posthorn store: it holds {foreign} of something else. Give an empty database.");
    }

    private static async Task SeedAsync(NpgsqlConnection connection, TimeProvider time, CancellationToken cancel)
    {
        // UIDVALIDITY starts from the clock, so that a store made anew never repeats those of the one before it (RFC 9051 §2.3.1.1).
        string seconds = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        await RunAsync(connection, $"""
            SELECT setval('uid_validity', {seconds});
            INSERT INTO setting(key, value) VALUES('epoch', '{RandomNumberGenerator.GetHexString(32, lowercase: true)}'),
                ('secret', '{RandomNumberGenerator.GetHexString(64, lowercase: true)}');
            -- Account 0 is the store itself: whoever changes the directory locks this row.
            INSERT INTO account_counter VALUES(0, 1, 1, 0, 0, 1, 1);
            """, cancel);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        // A migration takes as long as it takes.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<string?> TextAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancel) as string;
    }
}
