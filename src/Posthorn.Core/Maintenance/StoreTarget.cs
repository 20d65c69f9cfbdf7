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
    private readonly string _place;

    private StoreTarget(StoreLock storeLock, PostgresConnections? connections, IRowTarget rows, IBlobStore blobs, string place) =>
        (_lock, _connections, Rows, Blobs, _place) = (storeLock, connections, rows, blobs, place);

    public IRowTarget Rows { get; }

    public IBlobStore Blobs { get; }

    /// <param name="of">What it becomes a copy of: the epoch of a store, or the name of a backup. A copy of the same may be there already, whole or not.</param>
    /// <exception cref="StoreOpeningException">It holds something else, or cannot be used; one line says which.</exception>
    public static async ValueTask<StoreTarget> OpenAsync(StoreOptions options, string of, TimeProvider time, CancellationToken cancel)
    {
        StoreLock? storeLock = null;
        PostgresConnections? connections = null;
        IBlobStore? blobs = null;
        IRowTarget? rows = null;
        try
        {
            PrivateFolder.Make(options.DataFolder);
            storeLock = StoreLock.Take(options.DataFolder);
            blobs = options.Bodies is { } bucket ? S3BlobStore.Open(options.DataFolder, bucket) : new FileBlobStore(options.DataFolder);
            connections = options.Database.Length > 0 ? PostgresConnections.From(options.Database) : null;
            string path = Path.Combine(options.DataFolder, SqliteStore.FileName);
            rows = connections is null ? FillFile(path, time) : await FillDatabaseAsync(connections, time, cancel);
            var target = new StoreTarget(storeLock, connections, rows, blobs, connections is null ? path : "The database of the target");
            target.Begin(of);
            return target;
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

    private void Begin(string of)
    {
        string? begun = Rows.Setting(StoreMark.Incomplete) ?? Rows.Setting(StoreMark.Copied);
        if (begun != of)
        {
            RefuseWhatIsThere(begun is not null, of);
        }

        Rows.Set(StoreMark.Incomplete, of);
        Rows.Set(StoreMark.Copied, null);
        Rows.Step();
    }

    private void RefuseWhatIsThere(bool isCopy, string of)
    {
        if (isCopy)
        {
            throw new StoreOpeningException($"{_place} holds a copy of another store. Give an empty one.");
        }

        string[] telling = ["account", "removed_account", "domain", "envelope"];
        if (Rows.Tables.Where(table => telling.Contains(table.Name)).Any(table => Rows.Count(table) > 0))
        {
            throw new StoreOpeningException(Rows.Setting(StoreMark.Epoch) == of
                ? $"{_place} was copied from this store and has been used since: copying again would undo what happened there. Give an empty one."
                : $"{_place} holds another store already. Give an empty one.");
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
