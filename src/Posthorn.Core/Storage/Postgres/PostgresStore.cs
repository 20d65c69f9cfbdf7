using Microsoft.Extensions.Logging;
using Npgsql;
using Posthorn.Core.Changes;
using Posthorn.Core.Queue;
using Posthorn.Core.Storage.Copying;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>The store in PostgreSQL, for one node or many.</summary>
/// <remarks>
/// A reader sees one state (REPEATABLE READ). How writes go, <see cref="PostgresWriter"/> says.
/// </remarks>
internal sealed class PostgresStore : IStore
{
    private const string BeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

    private static readonly TimeSpan EndPause = TimeSpan.FromMilliseconds(1);

    private readonly PostgresConnections _connections;
    private readonly PostgresWriter _writer;
    private readonly PostgresBus _bus;
    private readonly StoreLock _lock;

    // Transactions of reads that are over but for their COMMIT.
    private int _ending;

    private PostgresStore(PostgresConnections connections, StoreLock storeLock, ICommitSink sink, PostgresBus bus, PostgresNodes nodes, ILogger log)
    {
        (_connections, _lock, _bus, _writer) = (connections, storeLock, bus, new PostgresWriter(connections, sink, bus, log));
        Nodes = nodes;
        Sessions = new PostgresSessions(connections, nodes, log);
    }

    /// <summary>Locks the node's data folder, and makes or migrates the database.</summary>
    /// <exception cref="StoreOpeningException">With one line that says what is wrong and what to do.</exception>
    public static PostgresStore Open(StoreOptions options, ChangeFeed feed, QueueSignal queue, TimeProvider time, ILogger log)
    {
        PostgresConnections connections = PostgresConnections.From(options.Database);
        StoreLock? storeLock = null;
        try
        {
            PrivateFolder.Make(options.DataFolder);
            storeLock = StoreLock.Take(options.DataFolder);

            // Opening happens once, before anything listens; whoever asks for the store cannot await.
            Task.Run(() => PrepareAsync(connections, time, options)).GetAwaiter().GetResult();
            return new PostgresStore(connections, storeLock, feed, new PostgresBus(connections, feed, queue, log), new PostgresNodes(connections, queue, log), log);
        }
        catch
        {
            storeLock?.Dispose();
            connections.DisposeAsync().AsTask().GetAwaiter().GetResult();
            throw;
        }
    }

    /// <summary>For maintenance: connections of its own.</summary>
    public PostgresConnections Connections => _connections;

    /// <summary>Who of the nodes lives.</summary>
    public PostgresNodes Nodes { get; }

    /// <summary>Mail sessions of all nodes.</summary>
    public PostgresSessions Sessions { get; }

    /// <summary>Between the nodes of the database.</summary>
    public PostgresBus Bus => _bus;

    public async ValueTask<T> ReadAsync<T>(AccountId account, Func<IReadSession, ValueTask<T>> read, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            NpgsqlConnection connection = await _connections.OpenOrUnavailableAsync(cancel);
            var transaction = new PostgresTransaction(connection, BeginRead);
            bool isRead = false;
            try
            {
                T result = await read(new PostgresSession(transaction));
                isRead = true;
                _ = EndAsync(connection, transaction);
                return result;
            }
            catch (NpgsqlException fault) when (attempt == 1 && !transaction.HasAnswered && PostgresFault.IsLost(fault))
            {
                // The connection had died in the pool: the closure has seen nothing yet.
                _connections.Clear();
            }
            catch (NpgsqlException fault) when (PostgresFault.IsUnavailable(fault))
            {
                throw PostgresFault.ToUnavailable(fault);
            }
            catch
            {
                await transaction.RollBackAsync();
                throw;
            }
            finally
            {
                if (!isRead)
                {
                    await connection.DisposeAsync();
                }
            }
        }
    }

    public ValueTask<T> WriteAsync<T>(ReadOnlyMemory<AccountId> accounts, Func<IWriteSession, ValueTask<T>> write, CancellationToken cancel) =>
        WriteAsync(accounts, new PendingWrite<T>(null, write), cancel);

    public ValueTask<T> WriteAsync<T>(ReadOnlyMemory<AccountId> accounts, Action<IWriteSession> announce, Func<IWriteSession, ValueTask<T>> write, CancellationToken cancel) =>
        WriteAsync(accounts, new PendingWrite<T>(announce, write), cancel);

    public async ValueTask DisposeAsync()
    {
        await _bus.DisposeAsync();
        await SettleAsync();
        await _connections.DisposeAsync();
        _lock.Dispose();
    }

    /// <summary>Waits for the end of what nobody waits for.</summary>
    internal async Task SettleAsync()
    {
        while (Volatile.Read(ref _ending) > 0)
        {
            await Task.Delay(EndPause, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>What was read is known, and nothing follows from how its transaction ends: nobody waits for that.</summary>
    private async Task EndAsync(NpgsqlConnection connection, PostgresTransaction transaction)
    {
        Interlocked.Increment(ref _ending);
        try
        {
            await transaction.CommitAsync();
        }
        catch (NpgsqlException)
        {
            // A connection that broke does not go back to the pool.
        }
        finally
        {
            await connection.DisposeAsync();
            Interlocked.Decrement(ref _ending);
        }
    }

    private async ValueTask<T> WriteAsync<T>(ReadOnlyMemory<AccountId> accounts, PendingWrite<T> write, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        await _writer.WriteAsync(accounts, write, cancel);
        return write.Result;
    }

    private static async Task PrepareAsync(PostgresConnections connections, TimeProvider time, StoreOptions options)
    {
        try
        {
            await using NpgsqlConnection connection = await connections.OpenAsync(CancellationToken.None);
            await PostgresMigrations.RunAsync(connection, time, options, CancellationToken.None);
            await using var mark = new NpgsqlCommand("SELECT 1 FROM setting WHERE key = $1", connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = StoreMark.Incomplete } } };
            if (await mark.ExecuteScalarAsync(CancellationToken.None) is not null)
            {
                throw new StoreOpeningException(StoreMark.IncompleteText($"The database {connection.Database}"));
            }
        }
        catch (NpgsqlException fault)
        {
            throw PostgresConnections.ToOpening(fault);
        }
    }
}
