namespace Posthorn.Core.Bodies;

/// <summary>Opens kept bodies.</summary>
internal static class BodyReading
{
    /// <summary>Null when the octets are not where the row says.</summary>
    public static async ValueTask<MessageContent?> OpenAsync(IBlobStore blobs, byte[] prefix, StoredBody body, CancellationToken cancel)
    {
        if (body.Inline is { } kept)
        {
            return new MessageContent(prefix, body.Codec == BodyCodec.Zstd ? BodyCompression.Decompress(kept, (int)body.SizeBytes) : kept);
        }

        return await blobs.OpenAsync(body, cancel) is { } stream ? new MessageContent(prefix, stream) : null;
    }
}
