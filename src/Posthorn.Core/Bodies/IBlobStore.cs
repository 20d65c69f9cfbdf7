namespace Posthorn.Core.Bodies;

/// <summary>Keeps the bodies that are too large for the database: files, or objects elsewhere. Names are random, so no body is ever written twice.</summary>
public interface IBlobStore
{
    /// <summary>Begins a body. Nothing is there under its id before <see cref="BlobUpload.CompleteAsync"/>.</summary>
    ValueTask<BlobUpload> CreateAsync(BodyId id, CancellationToken cancel);

    /// <summary>Null when there is no such body. The stream can seek; the caller disposes it.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be read now, or a store elsewhere gave other octets than the hash is of.</exception>
    ValueTask<Stream?> OpenAsync(StoredBody body, CancellationToken cancel);

    /// <summary>The same, but from where the body really lies, not from a copy nearby: for those who verify.</summary>
    ValueTask<Stream?> OpenOriginalAsync(StoredBody body, CancellationToken cancel) => OpenAsync(body, cancel);

    /// <summary>Nothing happens when there is none.</summary>
    ValueTask DeleteAsync(BodyId id, CancellationToken cancel);

    /// <summary>Takes away what an upload that was cut off left. A body that became whole meanwhile stays.</summary>
    ValueTask DeletePartAsync(BodyId id, CancellationToken cancel) => ValueTask.CompletedTask;

    /// <summary>Ids of all bodies that are whole.</summary>
    async ValueTask<IReadOnlySet<BodyId>> PresentAsync(CancellationToken cancel)
    {
        var present = new HashSet<BodyId>();
        await foreach (ListedBody body in ListAsync(cancel))
        {
            if (!body.IsPart)
            {
                present.Add(body.Id);
            }
        }

        return present;
    }

    /// <summary>All bodies with the time of their upload, in any order, and what uploads that were cut off left.</summary>
    IAsyncEnumerable<ListedBody> ListAsync(CancellationToken cancel);
}

/// <summary>What lies where bodies are kept.</summary>
/// <param name="Uploaded">When it was last written.</param>
/// <param name="IsPart">It is not whole: an upload that is under way, or was cut off.</param>
public readonly record struct ListedBody(BodyId Id, DateTimeOffset Uploaded, bool IsPart);

/// <summary>A body being written. Disposed before it is complete, it leaves nothing.</summary>
public abstract class BlobUpload : IAsyncDisposable
{
    /// <exception cref="StoreUnavailableException">The disk is full or failed.</exception>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel);

    /// <summary>When it returns, the body is durable under its id.</summary>
    public abstract ValueTask CompleteAsync(CancellationToken cancel);

    public abstract ValueTask DisposeAsync();
}
