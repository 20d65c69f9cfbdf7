using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Posthorn.Server.Connections;

/// <summary>What the server sends: one writer for the life of the connection, before and after STARTTLS.</summary>
/// <remarks>
/// A flush that waits longer than <see cref="ConnectionLimits.WriteTimeout"/> ends the connection with
/// <see cref="EndReason.SlowReader"/>. The transport holds at most its write buffer (64 KiB) before a flush waits, so a client that
/// never reads costs no more than that and what one flush carries. A flush on a connection that broke says completed; it never throws for it,
/// and what is written after it goes nowhere and takes no memory.
/// </remarks>
public sealed class ConnectionOutput : PipeWriter, IDisposable
{
    private const int ScratchSize = 4096;

    private readonly Deadline _deadline;
    private readonly TimeSpan _timeout;
    private PipeWriter _writer;
    // Where writes go once the connection is lost: the pipe's writer is in no defined state after a flush that failed.
    private byte[]? _nowhere;

    internal ConnectionOutput(PipeWriter writer, TimeProvider time, TimeSpan timeout, Action onSlowReader)
    {
        _writer = writer;
        _timeout = timeout;
        _deadline = new Deadline(time, onSlowReader);
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _nowhere is null ? _writer.UnflushedBytes : 0;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_nowhere is not null)
        {
            return new(new FlushResult(isCanceled: false, isCompleted: true));
        }
        ValueTask<FlushResult> flush;
        try
        {
            flush = _writer.FlushAsync(cancellationToken);
            if (flush.IsCompletedSuccessfully)
            {
                return new(flush.Result);
            }
        }
        catch (Exception fault) when (ConnectionInput.IsTransportFault(fault))
        {
            return new(Lost());
        }
        return AwaitAsync(flush);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> AwaitAsync(ValueTask<FlushResult> flush)
    {
        _deadline.Arm(_timeout);
        try
        {
            return await flush;
        }
        catch (Exception fault) when (ConnectionInput.IsTransportFault(fault))
        {
            return Lost();
        }
        finally
        {
            _deadline.Disarm();
        }
    }

    /// <summary>What carries it now, for a layer over that.</summary>
    internal PipeWriter Current => _writer;

    internal void SwitchTo(PipeWriter writer) => _writer = writer;

    private FlushResult Lost()
    {
        _nowhere = new byte[ScratchSize];
        return new FlushResult(isCanceled: false, isCompleted: true);
    }

    public override void Advance(int bytes)
    {
        if (_nowhere is null)
        {
            _writer.Advance(bytes);
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _nowhere is null ? _writer.GetMemory(sizeHint) : Nowhere(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _nowhere is null ? _writer.GetSpan(sizeHint) : Nowhere(sizeHint);

    private byte[] Nowhere(int sizeHint) => sizeHint <= _nowhere!.Length ? _nowhere : _nowhere = new byte[sizeHint];

    public override void CancelPendingFlush() => _writer.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => _writer.Complete(exception);

    public void Dispose() => _deadline.Dispose();
}
