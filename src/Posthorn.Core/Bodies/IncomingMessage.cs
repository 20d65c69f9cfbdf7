namespace Posthorn.Core.Bodies;

/// <summary>
/// A message whose octets are held and whose header and structure are read, before any row names it. Dispose it after the
/// write that refers to it, or instead of one: octets that nothing refers to are dropped.
/// </summary>
public sealed class IncomingMessage : IAsyncDisposable
{
    private readonly IBlobStore _blobs;

    internal IncomingMessage(IBlobStore blobs, StoredBody body, MessageMetadata metadata) => (_blobs, Body, Metadata) = (blobs, body, metadata);

    /// <summary>Octets of the body as it was written.</summary>
    public long Length => Body.SizeBytes;

    public MessageMetadata Metadata { get; }

    internal StoredBody Body { get; }

    /// <summary>A committed row refers to the body now: it stays.</summary>
    internal bool IsKept { get; set; }

    /// <summary>The octets as they were written, for checks before the message is accepted. The caller disposes the stream, which can seek.</summary>
    /// <exception cref="StoreUnavailableException">They cannot be read.</exception>
    public async ValueTask<Stream> OpenReadAsync(CancellationToken cancel)
    {
        if (Body.Inline is { } kept)
        {
            byte[] octets = Body.Codec == BodyCodec.Zstd ? BodyCompression.Decompress(kept, (int)Body.SizeBytes) : kept;
            return new MemoryStream(octets, writable: false);
        }

        return await _blobs.OpenAsync(Body, cancel) ?? throw new StoreUnavailableException("A body just written is not there.", isFull: false);
    }

    public async ValueTask DisposeAsync()
    {
        if (!IsKept && Body.Inline is null)
        {
            await _blobs.DeleteAsync(Body.Id, CancellationToken.None);
        }
    }
}
