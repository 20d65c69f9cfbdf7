using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>The embedded store: one database file in WAL mode, one writer with group commit, a pool of readers.</summary>
internal sealed class SqliteStore : IStore
{
    public const string FileName = "posthorn.db";

    /// <summary>Reading connections kept open; more are opened and closed as needed.</summary>
    internal const int MaxIdleReaders = 8;

    private readonly string _path;
    private readonly SqliteWriter _writer;
    private readonly SqliteCheckpointer _checkpointer;
    private readonly ConcurrentBag<Reader> _readers = [];
    private readonly StoreLock _lock;
    private int _idleReaders;

    private SqliteStore(string path, StoreLock storeLock, SqliteConnection connection, ICommitSink sink, ILogger log)
    {
        _path = path;
        _lock = storeLock;
        _checkpointer = new SqliteCheckpointer(SqliteConnection.Open(path, readOnly: false), log);
        _writer = new SqliteWriter(connection, _checkpointer, sink, log);
    }

    /// <summary>Locks the data folder, makes or migrates the database, and starts the writer.</summary>
    /// <exception cref="StoreOpeningException">With one line that says what is wrong and what to do.</exception>
    public static SqliteStore Open(string dataFolder, ICommitSink sink, TimeProvider time, ILogger log)
    {
        PrivateFolder.Make(dataFolder);
        StoreLock storeLock = StoreLock.Take(dataFolder);
        string path = System.IO.Path.Combine(dataFolder, FileName);
        SqliteConnection? connection = null;
        try
        {
            connection = SqliteConnection.Open(path, readOnly: false, gathersWal: true);
            SqliteMigrations.Run(connection, path, time);
            // One process owns the store: who held a maildrop was killed.
            connection.Use("DELETE FROM maildrop_lease").Run();
            return new SqliteStore(path, storeLock, connection, sink, log);
        }
        catch (SqliteFault fault)
        {
            connection?.Dispose();
            storeLock.Dispose();
            throw new StoreOpeningException($"The store {path} cannot be opened: {fault.Message}. Restore a backup, or move {FileName}, {FileName}-wal and {FileName}-shm away to begin anew.", fault);
        }
        catch
        {
            connection?.Dispose();
            storeLock.Dispose();
            throw;
        }
    }

    public async ValueTask<T> ReadAsync<T>(AccountId account, Func<IReadSession, ValueTask<T>> read, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        Reader reader = Rent();
        try
        {
            reader.Connection.Use("BEGIN").Run();
            try
            {
                return await read(reader.Session);
            }
            finally
            {
                reader.Connection.Use("COMMIT").Run();
            }
        }
        catch (SqliteFault fault) when (fault.IsUnavailable)
        {
            throw fault.ToUnavailable();
        }
        finally
        {
            Return(reader);
        }
    }

    public async ValueTask<T> WriteAsync<T>(ReadOnlyMemory<AccountId> accounts, Func<IWriteSession, ValueTask<T>> write, CancellationToken cancel)
    {
        // One writer: the accounts are locked by being written one after another.
        cancel.ThrowIfCancellationRequested();
        if (_writer.IsWriterThread)
        {
            throw new InvalidOperationException("A write inside a write.");
        }

        var job = new WriteJob<T>(write);
        _writer.Enqueue(job);

        // Not cancellable from here on: whoever gave up waiting could not know whether it was committed.
        return await job.Task;
    }

    /// <summary>Reading connections that wait for the next read.</summary>
    internal int IdleReaders => _readers.Count;

    /// <summary>The database file.</summary>
    public string Path => _path;

    /// <summary>For maintenance: statements of its own inside the writer.</summary>
    public ValueTask<T> WriteRawAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancel) =>
        WriteAsync(default, session => ValueTask.FromResult(work(((SqliteWriteSession)session).Connection)), cancel);

    public ValueTask DisposeAsync()
    {
        _writer.Dispose();
        _checkpointer.Dispose();
        while (_readers.TryTake(out Reader? reader))
        {
            reader.Connection.Dispose();
        }

        _lock.Dispose();
        return ValueTask.CompletedTask;
    }

    private Reader Rent()
    {
        if (_readers.TryTake(out Reader? reader))
        {
            Interlocked.Decrement(ref _idleReaders);
            return reader;
        }

        // Not SQLITE_OPEN_READONLY: a reader of a WAL database writes its shared-memory index. query_only keeps it from the tables.
        SqliteConnection connection = SqliteConnection.Open(_path, readOnly: false);
        connection.Execute("PRAGMA query_only=ON");
        return new Reader(connection, new SqliteReadSession(connection));
    }

    private void Return(Reader reader)
    {
        if (!reader.Connection.InTransaction)
        {
            if (Interlocked.Increment(ref _idleReaders) <= MaxIdleReaders)
            {
                _readers.Add(reader);
                return;
            }

            // What is not kept is not counted: else a busy moment would leave fewer places for ever, until each read opens a connection and parses the schema.
            Interlocked.Decrement(ref _idleReaders);
        }

        reader.Connection.Dispose();
    }

    private sealed record Reader(SqliteConnection Connection, SqliteReadSession Session);
}
