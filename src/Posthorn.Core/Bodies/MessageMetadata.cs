namespace Posthorn.Core.Bodies;

/// <summary>What is read from a message once, at delivery.</summary>
/// <param name="Envelope">ENVELOPE as IMAP writes it.</param>
/// <param name="Structure">Stored form of the body structure; offsets count from the start of the body.</param>
/// <param name="Preview">RFC 8970; empty when there is no text.</param>
/// <param name="Sent">Date header, when it can be read.</param>
/// <param name="ThreadKeys">Hashes of (message id, base subject): its own first, then those it refers to.</param>
public sealed record MessageMetadata(byte[] Envelope, byte[] Structure, string Preview, DateTimeOffset? Sent, IReadOnlyList<long> ThreadKeys)
{
    public static MessageMetadata Read(ReadOnlyMemory<byte> octets) => new([], [], "", null, []);

    public static MessageMetadata Read(Stream octets) => new([], [], "", null, []);
}
