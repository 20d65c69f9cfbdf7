using Microsoft.Extensions.Logging;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>
/// Copies the WAL into the database outside the writer. Two passes run beside the writer; the short rest is copied between two of its groups, so that the WAL
/// starts over and stays the size it has: overwriting it syncs faster than growing it.
/// </summary>
internal sealed partial class SqliteCheckpointer : IDisposable
{
    /// <summary>WAL size that starts a checkpoint: 4,096 frames of 4 KiB.</summary>
    private const long StartBytes = 4_096 * PageBytes;

    private const long PageBytes = 4_096;

    private readonly SqliteConnection _connection;
    private readonly ILogger _log;
    private readonly Lock _writing = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private volatile bool _stopped;
    private int _groups;

    public SqliteCheckpointer(SqliteConnection connection, ILogger log)
    {
        (_connection, _log) = (connection, log);
        _thread = new Thread(Run) { Name = "posthorn store checkpointer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>The writer, before a group.</summary>
    public void Enter() => _writing.Enter();

    /// <summary>The writer, after a group. Has the length of the WAL looked at now and then.</summary>
    public void Leave()
    {
        _writing.Exit();
        if ((++_groups & 63) == 0)
        {
            _wake.Set();
        }
    }

    public void Dispose()
    {
        _stopped = true;
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
            if (_stopped)
            {
                return;
            }

            try
            {
                Checkpoint();
            }
            catch (SqliteFault failure)
            {
                // Nothing is lost: the WAL holds it all, and the next group tries again.
                LogFailed(failure.Message);
            }
        }
    }

    private void Checkpoint()
    {
        if (_connection.WalFrames() * PageBytes < StartBytes)
        {
            return;
        }

        _connection.Checkpoint();
        _connection.Checkpoint();
        (int Frames, int Copied) rest;
        lock (_writing)
        {
            rest = _connection.Checkpoint();
        }

        LogDone(rest.Frames, rest.Copied);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Checkpoint: {Frames} frames in the WAL, {Copied} copied")]
    private partial void LogDone(int frames, int copied);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A checkpoint failed and will be tried again: {Reason}")]
    private partial void LogFailed(string reason);
}
