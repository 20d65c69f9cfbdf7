using Microsoft.Extensions.Logging;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>
/// The one writer: applies whatever writes wait, one after another, then one commit (one sync) answers them all. When one of them fails they run again, each in its own savepoint.
/// </summary>
/// <remarks>Runs on its own thread. Closures complete synchronously here; one that does not has broken the contract of a write and fails.</remarks>
internal sealed partial class SqliteWriter : IDisposable
{
    /// <summary>Writes of one group. More wait for the next: a group's first must not wait for ever.</summary>
    private const int MaxGroup = 512;

    private readonly SqliteConnection _connection;
    private readonly SqliteCheckpointer _checkpointer;
    private readonly ICommitSink _sink;
    private readonly ILogger _log;
    private readonly Thread _thread;
    private readonly Lock _gate = new();
    private readonly Queue<WriteJob> _waiting = new();

    // Not a SemaphoreSlim: its wait spins first, and yields the processor in a loop that cost a third of the server's time at 10 sessions.
    private readonly AutoResetEvent _wake = new(false);
    private readonly List<WriteJob> _group = [];
    private bool _stopped;

    public SqliteWriter(SqliteConnection connection, SqliteCheckpointer checkpointer, ICommitSink sink, ILogger log)
    {
        (_connection, _checkpointer, _sink, _log) = (connection, checkpointer, sink, log);
        _thread = new Thread(Run) { Name = "posthorn store writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>True on the writer's thread: a write inside a write would wait for itself.</summary>
    public bool IsWriterThread => Thread.CurrentThread == _thread;

    public void Enqueue(WriteJob job)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            _waiting.Enqueue(job);
            if (_waiting.Count > 1)
            {
                return;
            }
        }

        _wake.Set();
    }

    /// <summary>Takes what still waits, then ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
        }

        _wake.Set();
        _thread.Join();
        _wake.Dispose();
        _connection.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _wake.WaitOne();
            while (TakeGroup())
            {
                _checkpointer.Enter();
                try
                {
                    CommitGroup();
                }
                finally
                {
                    _checkpointer.Leave();
                }
            }

            lock (_gate)
            {
                if (_stopped && _waiting.Count == 0)
                {
                    return;
                }
            }
        }
    }

    private bool TakeGroup()
    {
        _group.Clear();
        return TakeWaiting();
    }

    /// <summary>What waits joins the group; false when nothing does, or the group is full.</summary>
    private bool TakeWaiting()
    {
        int before = _group.Count;
        lock (_gate)
        {
            while (_group.Count < MaxGroup && _waiting.TryDequeue(out WriteJob? job))
            {
                _group.Add(job);
            }
        }

        return _group.Count > before;
    }

    private void CommitGroup()
    {
        var session = new SqliteWriteSession(_connection);
        bool commits = false;
        try
        {
            _connection.Use("BEGIN IMMEDIATE").Run();
            if (!TryApplyTogether(session))
            {
                ApplyApart(session);
            }

            commits = true;
            _connection.Use("COMMIT").Run();
        }
        catch (SqliteFault fault)
        {
            RollBack();
            LogGroupFailed(_group.Count, fault.Message);
            StoreUnavailableException failure = commits ? fault.ToUncommitted() : fault.ToUnavailable();
            foreach (WriteJob job in _group)
            {
                job.Fail(failure);
            }

            return;
        }

        _sink.Committed(session.Entries);
        foreach (WriteJob job in _group)
        {
            job.Complete();
        }
    }

    /// <summary>
    /// Runs the closures one after another without savepoints, each of which would copy the pages that the closures share. What comes meanwhile joins: it shares the sync.
    /// False when one failed.
    /// </summary>
    private bool TryApplyTogether(SqliteWriteSession session)
    {
        for (int next = 0; next < _group.Count || TakeWaiting(); next++)
        {
            session.Begin();
            try
            {
                _group[next].Apply(session);
            }
#pragma warning disable CA1031 // It runs again by itself, and its caller hears what happens then.
            catch (Exception)
#pragma warning restore CA1031
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Undoes what was run together and runs the closures again, each in its savepoint: one that fails is undone alone.</summary>
    private void ApplyApart(SqliteWriteSession session)
    {
        session.Undo(0);
        if (_connection.InTransaction)
        {
            _connection.Use("ROLLBACK").Run();
        }

        _connection.Use("BEGIN IMMEDIATE").Run();
        foreach (WriteJob job in _group)
        {
            Apply(session, job);
        }
    }

    /// <summary>Runs one closure. Its own failure undoes it alone; a transaction that SQLite gave up ends the group.</summary>
    private void Apply(SqliteWriteSession session, WriteJob job)
    {
        _connection.Use("SAVEPOINT job").Run();
        int entries = session.Begin();
        try
        {
            job.Apply(session);
        }
#pragma warning disable CA1031 // The closure's failure is handed to its caller; the writer goes on.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (!_connection.InTransaction)
            {
                throw failure as SqliteFault ?? new SqliteFault(SQLitePCL.raw.SQLITE_ABORT, failure.Message);
            }

            session.Undo(entries);
            _connection.Use("ROLLBACK TO job").Run();
            job.Refuse(failure is SqliteFault { IsUnavailable: true } fault ? fault.ToUnavailable() : failure);
        }

        _connection.Use("RELEASE job").Run();
    }

    private void RollBack()
    {
        if (_connection.InTransaction)
        {
            try
            {
                _connection.Execute("ROLLBACK");
            }
            catch (SqliteFault fault)
            {
                LogRollBackFailed(fault.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A group of {Count} writes was not committed: {Reason}")]
    private partial void LogGroupFailed(int count, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The failed group could not be rolled back: {Reason}")]
    private partial void LogRollBackFailed(string reason);
}

/// <summary>One write on its way through the writer.</summary>
internal abstract class WriteJob
{
    private Exception? _refused;

    protected Exception? Refused => _refused;

    public abstract void Apply(IWriteSession session);

    /// <summary>The closure failed; its caller hears of it when the group is done.</summary>
    public void Refuse(Exception failure) => _refused = failure;

    public abstract void Complete();

    public abstract void Fail(Exception failure);
}

/// <inheritdoc/>
internal sealed class WriteJob<T>(Func<IWriteSession, ValueTask<T>> write) : WriteJob
{
    // Continuations must not run on the writer's thread.
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Task => _done.Task;

    public override void Apply(IWriteSession session)
    {
        ValueTask<T> running = write(session);
        if (!running.IsCompleted)
        {
            throw new InvalidOperationException("A write awaited something else than its session.");
        }

        _result = running.GetAwaiter().GetResult();
    }

    public override void Complete()
    {
        if (Refused is { } failure)
        {
            _done.SetException(failure);
        }
        else
        {
            _done.SetResult(_result);
        }
    }

    public override void Fail(Exception failure) => _done.SetException(Refused ?? failure);
}
