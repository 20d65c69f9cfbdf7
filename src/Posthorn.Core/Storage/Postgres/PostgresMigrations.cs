using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Looks whether a database can hold this store, and brings it to the schema of this program in one transaction.</summary>
internal static class PostgresMigrations
{
    private const int OldestServer = 15;

    /// <exception cref="StoreOpeningException">With one line that says what is wrong and what to do.</exception>
    public static async Task RunAsync(NpgsqlConnection connection, TimeProvider time, CancellationToken cancel)
    {
        await CheckServerAsync(connection, cancel);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancel);

        // Nodes that start together: one migrates, the others wait and find it done.
        await RunAsync(connection, $"SELECT pg_advisory_xact_lock({PostgresSchema.MigrationLock.ToString(CultureInfo.InvariantCulture)})", cancel);
        int? version = await VersionAsync(connection, cancel);
        if (version > PostgresSchema.Migrations.Length)
        {
            throw new StoreOpeningException(
                $"The database {connection.Database} was written by a newer Posthorn (schema {version}, this program knows {PostgresSchema.Migrations.Length}). Use that version, or restore an older backup.");
        }

        for (int next = version ?? 0; next < PostgresSchema.Migrations.Length; next++)
        {
            await RunAsync(connection, PostgresSchema.Migrations[next], cancel);
            await RunAsync(connection, $"UPDATE posthorn_schema SET version = {(next + 1).ToString(CultureInfo.InvariantCulture)}", cancel);
        }

        if (version is null)
        {
            await SeedAsync(connection, time, cancel);
        }

        // Of processes that were killed; a commit is asked after for seconds only.
        await RunAsync(connection, "DELETE FROM commit_mark WHERE at < now() - interval '1 day'", cancel);
        await transaction.CommitAsync(cancel);
    }

    private static async Task CheckServerAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (connection.PostgreSqlVersion.Major < OldestServer)
        {
            throw new StoreOpeningException($"The database server is PostgreSQL {connection.PostgreSqlVersion}; Posthorn needs {OldestServer} or newer. Upgrade it.");
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

    /// <summary>Null: an empty database.</summary>
    private static async Task<int?> VersionAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (await TextAsync(connection, "SELECT to_regclass('posthorn_schema')::text", cancel) is not null)
        {
            return int.Parse(await TextAsync(connection, "SELECT max(version)::text FROM posthorn_schema", cancel) ?? "0", CultureInfo.InvariantCulture);
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
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<string?> TextAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancel) as string;
    }
}
