using System.Diagnostics;
using Npgsql;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Core.Storage.Sqlite;

namespace Posthorn.Core.Maintenance;

/// <summary>What an upgrade of the store would do, or did.</summary>
/// <param name="From">Version of the schema that is there.</param>
/// <param name="To">Version that this program works with.</param>
/// <param name="Bytes">Octets of the database: as much room again is needed for the copy that is set aside.</param>
/// <param name="Took">How long the migrations took on the copy.</param>
/// <param name="Problems">What would be wrong afterwards; empty: it can be done.</param>
public sealed record UpgradeReport(int From, int To, long Bytes, TimeSpan Took, IReadOnlyList<string> Problems)
{
    public bool IsNeeded => From < To;
}

/// <summary>Rehearses the migrations of this program on a copy of a store, which a server of the version before may be working with.</summary>
public static class Upgrade
{
    /// <summary>The schema in which PostgreSQL keeps the copy, until the transaction is taken back.</summary>
    private const string RehearsalSchema = "posthorn_rehearsal";

    /// <exception cref="StoreOpeningException">There is no store, none of ours, or one of a newer version.</exception>
    public static async ValueTask<UpgradeReport> RehearseAsync(StoreOptions options, TimeProvider time, CancellationToken cancel)
    {
        if (options.Database.Length > 0)
        {
            await using PostgresConnections connections = PostgresConnections.From(options.Database);
            try
            {
                await using NpgsqlConnection connection = await connections.OpenForCopyAsync(cancel);
                return await RehearseAsync(connection, cancel);
            }
            catch (NpgsqlException fault)
            {
                throw PostgresConnections.ToOpening(fault);
            }
        }

        string path = Path.Combine(options.DataFolder, SqliteStore.FileName);
        if (!File.Exists(path))
        {
            throw new StoreOpeningException($"There is no store in {options.DataFolder}: nothing is to be upgraded.");
        }

        try
        {
            return await Task.Run(() => Rehearse(path, time), cancel);
        }
        catch (SqliteFault fault)
        {
            throw new StoreOpeningException($"The store {path} cannot be rehearsed on: {fault.Message}.", fault);
        }
    }

    private static UpgradeReport Rehearse(string path, TimeProvider time)
    {
        string copy = path + ".rehearsal";
        try
        {
            int from;
            using (SqliteConnection connection = SqliteConnection.Open(path, readOnly: false))
            {
                connection.Execute("PRAGMA query_only=ON");
                from = SqliteMigrations.VersionOf(connection, path);
                if (from == SqliteSchema.Migrations.Length)
                {
                    return new UpgradeReport(from, from, new FileInfo(path).Length, TimeSpan.Zero, []);
                }

                File.Delete(copy);
                connection.Execute("PRAGMA query_only=OFF");
                connection.Use("VACUUM INTO ?1").Bind(copy).Run();
            }

            long bytes = new FileInfo(copy).Length, started = Stopwatch.GetTimestamp();
            using SqliteConnection rehearsed = SqliteConnection.Open(copy, readOnly: false);
            var problems = new List<string>();
            try
            {
                SqliteMigrations.Run(rehearsed, copy, time, setsAside: false);
            }
            catch (SqliteFault fault)
            {
                problems.Add($"the migration fails: {fault.Message}");
            }

            TimeSpan took = Stopwatch.GetElapsedTime(started);
            problems.AddRange(SqliteRestore.Integrity(rehearsed));
            return new UpgradeReport(from, SqliteSchema.Migrations.Length, bytes, took, problems);
        }
        finally
        {
            foreach (string left in new[] { copy, copy + "-wal", copy + "-shm" })
            {
                File.Delete(left);
            }
        }
    }

    private static async ValueTask<UpgradeReport> RehearseAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await PostgresMigrations.CheckServerAsync(connection, cancel);
        if (await PostgresMigrations.VersionAsync(connection, cancel) is not { } from)
        {
            throw new StoreOpeningException($"The database {connection.Database} is empty: nothing is to be upgraded.");
        }

        long bytes = await PostgresSchemaCopy.SizeAsync(connection, cancel);
        int to = PostgresSchema.Migrations.Length;
        if (from == to)
        {
            return new UpgradeReport(from, to, bytes, TimeSpan.Zero, []);
        }

        var problems = new List<string>();
        TimeSpan took = TimeSpan.Zero;
        await RunAsync("BEGIN ISOLATION LEVEL REPEATABLE READ");
        try
        {
            await PostgresSchemaCopy.MakeAsync(connection, RehearsalSchema, from, stopsWriters: false, cancel);
            await RunAsync($"SET LOCAL search_path TO {RehearsalSchema}, public");
            long started = Stopwatch.GetTimestamp();
            await PostgresMigrations.ApplyAsync(connection, from, cancel);
            took = Stopwatch.GetElapsedTime(started);
        }
        catch (PostgresException fault) when (fault.SqlState != PostgresErrorCodes.InsufficientPrivilege)
        {
            problems.Add($"the migration fails: {PostgresFault.Reason(fault)}");
        }
        finally
        {
            // As if it had never been.
            await RunAsync("ROLLBACK");
        }

        return new UpgradeReport(from, to, bytes, took, problems);

        async Task RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }
}
