namespace Posthorn.Core.Bodies;

/// <summary>How the octets of a body are kept. Numbers are stored: never change one.</summary>
public enum BodyCodec
{
    Plain = 0,
    Zstd = 1,
}

/// <summary>A body as it is kept.</summary>
/// <param name="SizeBytes">Octets of the message.</param>
/// <param name="Hash">SHA-256 of the octets of the message, for verification.</param>
/// <param name="Inline">The kept octets (encoded by <paramref name="Codec"/>) of a small body; null: they lie in the blob store under the id.</param>
public sealed record StoredBody(BodyId Id, long SizeBytes, BodyCodec Codec, byte[] Hash, byte[]? Inline);
