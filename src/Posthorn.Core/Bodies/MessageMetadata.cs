using Posthorn.Standards.Mime;

namespace Posthorn.Core.Bodies;

/// <summary>What is read from a message once, at delivery.</summary>
/// <param name="Envelope">ENVELOPE as IMAP writes it.</param>
/// <param name="Structure">Stored form of the body structure; offsets count from the start of the body.</param>
/// <param name="Preview">RFC 8970; empty when there is no text.</param>
/// <param name="Sent">Date header, when it can be read.</param>
/// <param name="References">Message ids of the References field, a space between them; empty: none. What THREAD needs besides the envelope.</param>
/// <param name="ThreadKeys">Hashes of message ids: its own first, then those it refers to.</param>
public sealed record MessageMetadata(byte[] Envelope, byte[] Structure, string Preview, DateTimeOffset? Sent, string References, IReadOnlyList<long> ThreadKeys)
{
    /// <summary>Octets of a large message that are looked at for its header.</summary>
    private const int MaxHeaderBytes = 256 * 1024;

    public static MessageMetadata Read(ReadOnlyMemory<byte> octets) => Read(octets.Span, BodyStructure.Parse(octets.Span), new MessageOctets(octets));

    /// <summary>From the start of a stream that can seek.</summary>
    public static MessageMetadata Read(Stream octets)
    {
        byte[] start = new byte[(int)Math.Min(octets.Length, MaxHeaderBytes)];
        octets.Position = 0;
        int length = octets.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        octets.Position = 0;
        return Read(start.AsSpan(0, length), BodyStructure.Parse(octets), new MessageOctets(octets));
    }

    private static MessageMetadata Read(ReadOnlySpan<byte> start, BodyStructure structure, MessageOctets octets)
    {
        var header = new HeaderBlock(start);
        DateTimeOffset? sent = header.TryFind("Date"u8, out HeaderField date) ? DateText.Read(date.Value) : null;
        string preview = Posthorn.Standards.Mime.Preview.Of(structure, octets);
        List<string> references = [];
        if (header.TryFind("References"u8, out HeaderField field))
        {
            MessageIds.Read(field.Value, references, MimeLimits.References);
        }

        return new MessageMetadata(
            MessageEnvelope.ToImapBytes(header.Octets), structure.ToBytes(), preview, sent, string.Join(' ', references), Threading.Keys(header.Octets));
    }
}
