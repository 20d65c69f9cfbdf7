using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Posthorn.Server.Tls;

/// <summary>The transport's pipes as the stream that SslStream wants underneath.</summary>
/// <remarks>A read into no memory waits until there is something, so that an idle connection holds no buffer. Asynchronous only.</remarks>
internal sealed class TransportStream(IDuplexPipe transport) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = transport.Input.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? new(Take(read.Result, buffer.Span)) : AwaitAsync(read, buffer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitAsync(ValueTask<ReadResult> read, Memory<byte> buffer) => Take(await read, buffer.Span);

    private int Take(ReadResult result, Span<byte> target)
    {
        var available = result.Buffer;
        if (target.IsEmpty || available.IsEmpty)
        {
            transport.Input.AdvanceTo(available.Start);
            return 0;
        }
        // Known before the advance: it gives the segments back, and they tell the length no more.
        var count = (int)Math.Min(available.Length, target.Length);
        var taken = available.Slice(0, count);
        taken.CopyTo(target);
        transport.Input.AdvanceTo(taken.End);
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var write = transport.Output.WriteAsync(buffer, cancellationToken);
        if (write.IsCompletedSuccessfully)
        {
            Check(write.Result);
            return ValueTask.CompletedTask;
        }
        return AwaitAsync(write);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask AwaitAsync(ValueTask<FlushResult> write) => Check(await write);

    private static void Check(FlushResult result)
    {
        if (result.IsCompleted)
        {
            throw new IOException("The connection was closed.");
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // Every write is flushed already.
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
