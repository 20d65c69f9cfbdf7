using Npgsql;
using Posthorn.Core.Bodies;
using Posthorn.Core.Bodies.S3;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Copying;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Core.Storage.Sqlite;

namespace Posthorn.Core.Maintenance;

/// <summary>A store that nobody uses, opened to become a copy of another one. From its first row until it is whole it says so of itself, and no server opens it.</summary>
internal sealed class StoreTarget : IAsyncDisposable
{
    private readonly StoreLock _lock;
    private readonly PostgresConnections? _connections;

    private StoreTarget(StoreLock storeLock, PostgresConnections? connections, IRowTarget rows, IBlobStore blobs) =>
        (_lock, _connections, Rows, Blobs) = (storeLock, connections, rows, blobs);

    public IRowTarget Rows { get; }

    public IBlobStore Blobs { get; }

    /// <param name="owner">
    /// The epoch that it will have, and what it becomes a copy of: the epoch of a store, or the name of a backup. A copy of the same may be there already, whole or not.
    /// </param>
    /// <exception cref="StoreOpeningException">It holds something else, or cannot be used; one line says which.</exception>
    public static async ValueTask<StoreTarget> OpenAsync(StoreOptions options, BucketOwner owner, TimeProvider time, CancellationToken cancel)
    {
        StoreLock? storeLock = null;
        PostgresConnections? connections = null;
        IBlobStore? blobs = null;
        IRowTarget? rows = null;
        try
        {
            PrivateFolder.Make(options.DataFolder);
            storeLock = StoreLock.Take(options.DataFolder);
            connections = options.Database.Length > 0 ? PostgresConnections.From(options.Database) : null;
            string path = Path.Combine(options.DataFolder, SqliteStore.FileName);
            rows = connections is null ? FillFile(path, time) : await FillDatabaseAsync(connections, time, cancel);
            RefuseOther(rows, connections is null ? path : "The database of the target", owner.CopyOf!);
            blobs = options.Bodies is { } bucket ? S3BlobStore.Open(options.DataFolder, bucket, owner) : new FileBlobStore(options.DataFolder);
            rows.Set(StoreMark.Incomplete, owner.CopyOf);
            rows.Set(StoreMark.Copied, null);
            rows.Step();
            return new StoreTarget(storeLock, connections, rows, blobs);
        }
        catch (Exception failure)
        {
            rows?.Dispose();
            (blobs as IDisposable)?.Dispose();
            if (connections is not null)
            {
                await connections.DisposeAsync();
            }

            storeLock?.Dispose();
            throw failure switch
            {
                NpgsqlException fault => PostgresConnections.ToOpening(fault),
                SqliteFault fault => new StoreOpeningException($"The target {options.DataFolder} cannot be opened: {fault.Message}.", fault),
                UnauthorizedAccessException => new StoreOpeningException($"The folder {options.DataFolder} may not be written. Run as the user who owns it.", failure),
                _ => failure,
            };
        }
    }

    /// <summary>The copy is whole: it can be opened as a store, and copied to again as long as nobody has.</summary>
    public void Complete(string of)
    {
        Rows.Set(StoreMark.Incomplete, null);
        Rows.Set(StoreMark.Copied, of);
        Rows.Step();
    }

    public async ValueTask DisposeAsync()
    {
        Rows.Dispose();
        (Blobs as IDisposable)?.Dispose();
        if (_connections is not null)
        {
            await _connections.DisposeAsync();
        }

        _lock.Dispose();
    }

    private static void RefuseOther(IRowTarget rows, string place, string of)
    {
        string? begun = rows.Setting(StoreMark.Incomplete) ?? rows.Setting(StoreMark.Copied);
        if (begun == of)
        {
            return;
        }

        if (begun is not null)
        {
            throw new StoreOpeningException($"{place} holds a copy of another store. Give an empty one.");
        }

        string[] telling = ["account", "removed_account", "domain", "envelope"];
        if (rows.Tables.Where(table => telling.Contains(table.Name)).Any(table => rows.Count(table) > 0))
        {
            throw new StoreOpeningException(rows.Setting(StoreMark.Epoch) == of
                ? $"{place} was copied from this store and has been used since: copying again would undo what happened there. Give an empty one."
                : $"{place} holds another store already. Give an empty one.");
        }
    }

    private static SqliteRows FillFile(string path, TimeProvider time)
    {
        using (SqliteConnection connection = SqliteConnection.Open(path, readOnly: false))
        {
            SqliteMigrations.Run(connection, path, time, opensIncomplete: true);
        }

        return SqliteRows.Fill(path, hasSteps: true);
    }

    private static async ValueTask<PostgresRows> FillDatabaseAsync(PostgresConnections connections, TimeProvider time, CancellationToken cancel)
    {
        await using (NpgsqlConnection connection = await connections.OpenAsync(cancel))
        {
            await PostgresMigrations.RunAsync(connection, time, new StoreOptions { DataFolder = "" }, cancel);
        }

        return await PostgresRows.FillAsync(connections, cancel);
    }
}
