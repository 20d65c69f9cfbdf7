using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Posthorn.Server.Connections;

/// <summary>What a client sends: one reader for the life of the connection, before and after STARTTLS.</summary>
/// <remarks>
/// Adds three things to the transport's reader. A read with a time limit, on one timer per connection. A broken connection reads as a
/// closed one, so that sessions have no transport exceptions to catch. And bytes can be kept until the next read, whoever makes it
/// (<see cref="ConsumeAtNextRead"/>): a parsed line stays valid while its command runs, and the reader of a message body goes on
/// right behind it. One read at a time; <see cref="Wake"/> and <see cref="Stop"/> may come from any thread.
/// </remarks>
public sealed class ConnectionInput : PipeReader, IDisposable
{
    private readonly Deadline _deadline;
    private PipeReader _reader;
    private SequencePosition _consumeTo;
    private bool _consumeAtNextRead;
    private volatile bool _stopping;

    public ConnectionInput(PipeReader reader, TimeProvider time)
    {
        _reader = reader;
        Time = time;
        _deadline = new Deadline(time, () => _reader.CancelPendingRead());
    }

    /// <summary>The session was asked to end: readers of commands give up between two commands, readers of bodies go on.</summary>
    public bool IsStopping => _stopping;

    /// <summary>The connection broke; every read says completed.</summary>
    public bool IsLost { get; private set; }

    internal TimeProvider Time { get; }

    /// <summary>Waits for more bytes than were examined.</summary>
    /// <returns>IsCanceled: the time is over. Nothing new and neither canceled nor completed: <see cref="Wake"/> was called.</returns>
    public ValueTask<ReadResult> ReadAsync(TimeSpan timeout, CancellationToken cancel)
    {
        ConsumeHeld();
        ValueTask<ReadResult> read;
        try
        {
            read = _reader.ReadAsync(cancel);
            if (read.IsCompletedSuccessfully)
            {
                return new(Woken(read.Result));
            }
        }
        catch (Exception fault) when (IsTransportFault(fault))
        {
            return new(Lost());
        }
        return AwaitAsync(read, timeout);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> AwaitAsync(ValueTask<ReadResult> read, TimeSpan timeout)
    {
        _deadline.Arm(timeout);
        ReadResult result;
        var expired = false;
        try
        {
            result = await read;
        }
        catch (Exception fault) when (IsTransportFault(fault))
        {
            result = Lost();
        }
        finally
        {
            expired = _deadline.Disarm();
        }
        return expired ? new ReadResult(result.Buffer, isCanceled: true, result.IsCompleted) : Woken(result);
    }

    /// <summary>Ends the pending read, or the next one, with what there is.</summary>
    public void Wake() => _reader.CancelPendingRead();

    internal void Stop()
    {
        _stopping = true;
        Wake();
    }

    /// <summary>Keeps the buffer of the last read valid up to the next read; that consumes it up to <paramref name="position"/>.</summary>
    internal void ConsumeAtNextRead(SequencePosition position)
    {
        _consumeTo = position;
        _consumeAtNextRead = true;
    }

    /// <summary>Whether bytes have arrived that no one consumed yet.</summary>
    public bool HasBytes()
    {
        if (!TryRead(out var result))
        {
            return false;
        }
        var any = !result.Buffer.IsEmpty;
        AdvanceTo(result.Buffer.Start);
        return any;
    }

    /// <summary>What carries it now, for a layer over that; bytes of the last read are consumed.</summary>
    internal PipeReader Current
    {
        get
        {
            ConsumeHeld();
            return _reader;
        }
    }

    internal void SwitchTo(PipeReader reader)
    {
        ConsumeHeld();
        _reader = reader;
    }

    private void ConsumeHeld()
    {
        if (_consumeAtNextRead)
        {
            _consumeAtNextRead = false;
            AdvanceTo(_consumeTo);
        }
    }

    // A cancellation that is not the timer's is a Wake, or the timer's of a wait that was over already: to the caller, nothing new.
    private static ReadResult Woken(ReadResult result) =>
        result.IsCanceled ? new ReadResult(result.Buffer, isCanceled: false, result.IsCompleted) : result;

    private ReadResult Lost()
    {
        IsLost = true;
        return new ReadResult(default, isCanceled: false, isCompleted: true);
    }

    /// <summary>A connection that was reset or aborted; with TLS, also one that was cut or sent what does not decrypt; with compression, what does not unpack.</summary>
    internal static bool IsTransportFault(Exception fault) => fault is IOException or InvalidDataException or ConnectionAbortedException or ObjectDisposedException;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ConsumeHeld();
        try
        {
            return Woken(await _reader.ReadAsync(cancellationToken));
        }
        catch (Exception fault) when (IsTransportFault(fault))
        {
            return Lost();
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        ConsumeHeld();
        return _reader.TryRead(out result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!IsLost)
        {
            _reader.AdvanceTo(consumed, examined);
        }
    }

    public override void CancelPendingRead() => Wake();

    public override void Complete(Exception? exception = null) => _reader.Complete(exception);

    public void Dispose() => _deadline.Dispose();
}
