using Microsoft.Extensions.Logging;
using Npgsql;
using Posthorn.Core.Changes;
using Posthorn.Core.Queue;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>The store in PostgreSQL, for one node or many.</summary>
/// <remarks>
/// A write is one transaction that locks the counter rows of its accounts, in the order of ids, with its first statement: writers of one account follow each other,
/// writers of different accounts do not meet. What follows the lock sees what was committed before it (READ COMMITTED). A reader sees one state
/// (REPEATABLE READ). Conflicts and lost connections are tried again where nothing was committed; when the connection breaks during COMMIT, the database is
/// asked afterwards what came of it.
/// </remarks>
internal sealed partial class PostgresStore : IStore
{
    private const string BeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    private const string BeginWrite = "BEGIN ISOLATION LEVEL READ COMMITTED";

    /// <summary>How often a closure runs before its conflict is given to the caller.</summary>
    private const int MaxAttempts = 8;

    // Set while a closure runs: a write inside a write would wait for itself.
    private static readonly AsyncLocal<bool> Writing = new();

    private readonly CommitMarks _marks;
    private readonly PostgresConnections _connections;
    private readonly ICommitSink _sink;
    private readonly PostgresBus _bus;
    private readonly StoreLock _lock;
    private readonly ILogger _log;

    private PostgresStore(PostgresConnections connections, StoreLock storeLock, ICommitSink sink, PostgresBus bus, ILogger log) =>
        (_connections, _marks, _lock, _sink, _bus, _log) = (connections, new CommitMarks(connections), storeLock, sink, bus, log);

    /// <summary>Locks the node's data folder, and makes or migrates the database.</summary>
    /// <exception cref="StoreOpeningException">With one line that says what is wrong and what to do.</exception>
    public static PostgresStore Open(string dataFolder, string connectionString, ChangeFeed feed, QueueSignal queue, TimeProvider time, ILogger log)
    {
        PostgresConnections connections = PostgresConnections.From(connectionString);
        StoreLock? storeLock = null;
        try
        {
            Directory.CreateDirectory(dataFolder);
            storeLock = StoreLock.Take(dataFolder);

            // Opening happens once, before anything listens; whoever asks for the store cannot await.
            Task.Run(() => PrepareAsync(connections, time)).GetAwaiter().GetResult();
            return new PostgresStore(connections, storeLock, feed, new PostgresBus(connections, feed, queue, log), log);
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

    /// <summary>Between the nodes of the database.</summary>
    public PostgresBus Bus => _bus;

    public async ValueTask<T> ReadAsync<T>(AccountId account, Func<IReadSession, ValueTask<T>> read, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            await using NpgsqlConnection connection = await OpenAsync(cancel);
            var transaction = new PostgresTransaction(connection, BeginRead);
            try
            {
                T result = await read(new PostgresSession(transaction));
                await transaction.CommitAsync();
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
        }
    }

    public async ValueTask<T> WriteAsync<T>(ReadOnlyMemory<AccountId> accounts, Func<IWriteSession, ValueTask<T>> write, CancellationToken cancel)
    {
        if (Writing.Value)
        {
            throw new InvalidOperationException("A write inside a write.");
        }

        for (int attempt = 1; ; attempt++)
        {
            await using NpgsqlConnection connection = await OpenAsync(cancel);
            var attempted = new WriteAttempt(connection, accounts, _marks);
            try
            {
                T result = await attempted.RunAsync(write);
                _marks.Settle(attempted.Mark);
                Publish(attempted.Session);
                return result;
            }
            catch (NpgsqlException fault) when (attempted.IsOutcomeOpen(fault))
            {
                _connections.Clear();
                LogOutcomeOpen(PostgresFault.Reason(fault));
                if (await _marks.WasCommittedAsync(attempted.Mark, attempted.TransactionId) is not { } committed)
                {
                    throw new StoreUnavailableException("The database was lost during a commit and has not come back.", isFull: false, fault) { IsOutcomeOpen = true };
                }

                if (committed)
                {
                    _marks.Settle(attempted.Mark);
                    Publish(attempted.Session);
                    return attempted.Result<T>();
                }

                if (attempt >= MaxAttempts)
                {
                    throw PostgresFault.ToUnavailable(fault);
                }
            }
            catch (NpgsqlException fault) when (attempt < MaxAttempts && PostgresFault.IsConflict(fault))
            {
                await attempted.RollBackAsync();
                LogConflict(attempt, fault.SqlState);
                await Task.Delay(Pause(attempt), TimeProvider.System, CancellationToken.None);
            }
            catch (NpgsqlException fault) when (attempt == 1 && PostgresFault.IsLost(fault))
            {
                // Nothing of it was committed. Most likely the connection had died in the pool: a new one tells.
                _connections.Clear();
            }
            catch (NpgsqlException fault) when (PostgresFault.IsUnavailable(fault))
            {
                await attempted.RollBackAsync();
                throw PostgresFault.ToUnavailable(fault);
            }
            catch
            {
                await attempted.RollBackAsync();
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _bus.DisposeAsync();
        await _connections.DisposeAsync();
        _lock.Dispose();
    }

    private static async Task PrepareAsync(PostgresConnections connections, TimeProvider time)
    {
        try
        {
            await using NpgsqlConnection connection = await connections.OpenAsync(CancellationToken.None);
            await PostgresMigrations.RunAsync(connection, time, CancellationToken.None);
        }
        catch (NpgsqlException fault)
        {
            throw PostgresConnections.ToOpening(fault);
        }
    }

    private void Publish(PostgresSession session)
    {
        _sink.Committed(session.Entries);
        _bus.Announce(session.Entries);
    }

    private async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancel)
    {
        try
        {
            return await _connections.OpenAsync(cancel);
        }
        catch (NpgsqlException fault)
        {
            throw PostgresFault.ToUnavailable(fault);
        }
    }

    private static TimeSpan Pause(int attempt) => TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 << Math.Min(attempt, 6)));

    [LoggerMessage(Level = LogLevel.Debug, Message = "A write met another one (attempt {Attempt}) and is run again: {SqlState}")]
    private partial void LogConflict(int attempt, string? sqlState);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database was lost during a commit; asking what came of it: {Reason}")]
    private partial void LogOutcomeOpen(string reason);

    /// <summary>One run of a closure in a transaction of its own.</summary>
    private sealed class WriteAttempt
    {
        private readonly PostgresTransaction _transaction;
        private object? _result;

        public WriteAttempt(NpgsqlConnection connection, ReadOnlyMemory<AccountId> accounts, CommitMarks marks)
        {
            _transaction = new PostgresTransaction(connection, BeginWrite);
            _transaction.Use("SELECT pg_current_xact_id()::text").Post(row => TransactionId = row.GetString(0));
            marks.Write(_transaction, Mark);
            Session = new PostgresSession(_transaction);
            Session.Counters.Take(accounts);
        }

        public PostgresSession Session { get; }

        public string? TransactionId { get; private set; }

        /// <summary>See <see cref="CommitMarks"/>.</summary>
        public Guid Mark { get; } = Guid.CreateVersion7();

        public async ValueTask<T> RunAsync<T>(Func<IWriteSession, ValueTask<T>> write)
        {
            // Ends with this method: the caller's flow is not touched.
            Writing.Value = true;
            T result = await write(Session);
            _result = result;
            Session.Counters.Post();
            await _transaction.CommitAsync();
            return result;
        }

        public T Result<T>() => (T)_result!;

        /// <summary>COMMIT was sent, and the answer is not known.</summary>
        public bool IsOutcomeOpen(NpgsqlException fault) => _transaction.IsCommitSent && PostgresFault.IsLost(fault);

        public ValueTask RollBackAsync() => _transaction.RollBackAsync();
    }
}
