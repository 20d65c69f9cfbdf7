using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Storage;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>A store that fails while it is told to: at reads or writes of the database, or of large bodies.</summary>
internal sealed class FullDisk(IStore store, Lazy<IBlobStore> blobs) : IStore, IBlobStore
{
    private int _disposed;

    /// <summary>Null: all is well.</summary>
    public StoreUnavailableException? Writes { get; set; }

    public StoreUnavailableException? Reads { get; set; }

    /// <summary>Fails reads from the next write on: whoever hears of it cannot look.</summary>
    public StoreUnavailableException? ReadsOnceWritten { get; set; }

    public StoreUnavailableException? Bodies { get; set; }

    public ValueTask<T> ReadAsync<T>(AccountId account, Func<IReadSession, ValueTask<T>> read, CancellationToken cancel) =>
        Reads is { } failure ? throw failure : store.ReadAsync(account, read, cancel);

    public ValueTask<T> WriteAsync<T>(ReadOnlyMemory<AccountId> accounts, Func<IWriteSession, ValueTask<T>> write, CancellationToken cancel)
    {
        (Reads, ReadsOnceWritten) = (ReadsOnceWritten ?? Reads, null);
        return Writes is { } failure ? throw failure : store.WriteAsync(accounts, write, cancel);
    }

    public async ValueTask<BlobUpload> CreateAsync(BodyId id, CancellationToken cancel) => new Upload(this, await blobs.Value.CreateAsync(id, cancel));

    public ValueTask<Stream?> OpenAsync(StoredBody body, CancellationToken cancel) => blobs.Value.OpenAsync(body, cancel);

    public ValueTask DeleteAsync(BodyId id, CancellationToken cancel) => blobs.Value.DeleteAsync(id, cancel);

    public ValueTask DeletePartAsync(BodyId id, CancellationToken cancel) => blobs.Value.DeletePartAsync(id, cancel);

    public IAsyncEnumerable<ListedBody> ListAsync(CancellationToken cancel) => blobs.Value.ListAsync(cancel);

    // The container knows this object by several names and disposes it by each.
    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _disposed, 1) == 0 ? store.DisposeAsync() : ValueTask.CompletedTask;

    /// <summary>Puts itself between Core and what Core was given.</summary>
    public static void Install(IServiceCollection services)
    {
        var store = services.Single(service => service.ServiceType == typeof(IStore)).ImplementationFactory!;
        var blobs = services.Single(service => service.ServiceType == typeof(IBlobStore)).ImplementationFactory!;
        // A bucket is opened in the name of the store, which is this object.
        services.AddSingleton(provider => new FullDisk((IStore)store(provider), new Lazy<IBlobStore>(() => (IBlobStore)blobs(provider))));
        services.Replace(ServiceDescriptor.Singleton<IStore>(provider => provider.GetRequiredService<FullDisk>()));
        services.Replace(ServiceDescriptor.Singleton<IBlobStore>(provider => provider.GetRequiredService<FullDisk>()));
    }

    private sealed class Upload(FullDisk disk, BlobUpload upload) : BlobUpload
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel) =>
            disk.Bodies is { } failure ? throw failure : upload.WriteAsync(octets, cancel);

        public override ValueTask CompleteAsync(CancellationToken cancel) =>
            disk.Bodies is { } failure ? throw failure : upload.CompleteAsync(cancel);

        public override ValueTask DisposeAsync() => upload.DisposeAsync();
    }
}
