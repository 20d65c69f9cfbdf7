using System.Buffers;
using System.Security.Cryptography;

namespace Posthorn.Core.Bodies;

/// <summary>Takes the octets of one message as they come. Not thread-safe. Dispose it when the message is not finished: nothing stays.</summary>
public sealed class MessageWriter : IAsyncDisposable
{
    /// <summary>Messages up to this size are kept in the database, larger ones in the blob store.</summary>
    public const int InlineBytes = 64 * 1024;

    private readonly IBlobStore _blobs;
    private readonly BodyId _id = new(Guid.CreateVersion7());
    private byte[]? _buffer;
    private BlobUpload? _upload;
    private IncrementalHash? _hash;

    internal MessageWriter(IBlobStore blobs) => _blobs = blobs;

    /// <summary>Octets taken so far.</summary>
    public long Length { get; private set; }

    /// <exception cref="StoreUnavailableException">The disk is full or failed.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        if (_upload is null && Length + octets.Length <= InlineBytes)
        {
            Grow((int)Length + octets.Length);
            octets.CopyTo(_buffer.AsMemory((int)Length));
            Length += octets.Length;
            return ValueTask.CompletedTask;
        }

        return WriteLargeAsync(octets, cancel);
    }

    /// <summary>Ends the message; its header and structure are read. A large message is durable when this returns.</summary>
    /// <exception cref="StoreUnavailableException">The disk is full or failed.</exception>
    public async ValueTask<IncomingMessage> CompleteAsync(CancellationToken cancel)
    {
        if (_upload is null)
        {
            return CompleteSmall();
        }

        await _upload.CompleteAsync(cancel);
        await _upload.DisposeAsync();
        _upload = null;
        var body = new StoredBody(_id, Length, BodyCodec.Plain, _hash!.GetHashAndReset(), null);
        await using Stream octets = await _blobs.OpenAsync(body, cancel) ?? throw new StoreUnavailableException("A body just written is not there.", isFull: false);
        return new IncomingMessage(_blobs, body, MessageMetadata.Read(octets));
    }

    public async ValueTask DisposeAsync()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }

        _hash?.Dispose();
        if (_upload is not null)
        {
            await _upload.DisposeAsync();
        }
    }

    private IncomingMessage CompleteSmall()
    {
        ReadOnlyMemory<byte> octets = _buffer.AsMemory(0, (int)Length);
        byte[]? compressed = BodyCompression.Compress(octets.Span);
        var body = new StoredBody(
            _id, Length, compressed is null ? BodyCodec.Plain : BodyCodec.Zstd, SHA256.HashData(octets.Span), compressed ?? octets.ToArray());
        return new IncomingMessage(_blobs, body, MessageMetadata.Read(octets));
    }

    private async ValueTask WriteLargeAsync(ReadOnlyMemory<byte> octets, CancellationToken cancel)
    {
        if (_upload is null)
        {
            _upload = await _blobs.CreateAsync(_id, cancel);
            _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            _hash.AppendData(_buffer.AsSpan(0, (int)Length));
            await _upload.WriteAsync(_buffer.AsMemory(0, (int)Length), cancel);
        }

        _hash!.AppendData(octets.Span);
        await _upload.WriteAsync(octets, cancel);
        Length += octets.Length;
    }

    private void Grow(int needed)
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 8 * 1024));
        }
        else if (_buffer.Length < needed)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Min(_buffer.Length * 2, InlineBytes)));
            _buffer.AsSpan(0, (int)Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }
}
