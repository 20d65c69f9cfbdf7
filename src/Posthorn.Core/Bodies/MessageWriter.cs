namespace Posthorn.Core.Bodies;

/// <summary>Takes the octets of one message as they come. Not thread-safe. Dispose it when the message is not finished: nothing stays.</summary>
public sealed class MessageWriter : IAsyncDisposable
{
    /// <summary>Octets taken so far.</summary>
    public long Length => throw new NotImplementedException();

    /// <exception cref="StoreUnavailableException">The disk is full or failed.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Ends the message; header and structure are read.</summary>
    public ValueTask<IncomingMessage> CompleteAsync(CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
