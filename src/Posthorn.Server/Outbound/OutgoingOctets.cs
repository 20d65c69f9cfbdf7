using MimeKit;
using Posthorn.Core.Bodies;
using Posthorn.Core.Queue;
using Posthorn.Standards;

namespace Posthorn.Server.Outbound;

/// <summary>A message as it leaves: signatures on top, line ends CRLF, eight bits only where the other side takes them.</summary>
internal sealed class OutgoingOctets
{
    private readonly byte[] _signatures;
    private readonly Func<Stream> _open;

    private OutgoingOctets(byte[] signatures, Func<Stream> open, long length, bool isEightBit) =>
        (_signatures, _open, Length, IsEightBit) = (signatures, open, signatures.Length + length, isEightBit);

    /// <summary>Octets, near enough for SIZE (RFC 1870 §5: an estimate).</summary>
    public long Length { get; }

    public bool IsEightBit { get; }

    public static async ValueTask<OutgoingOctets> MakeAsync(MessageContent content, bool eightBit, QueuedMail mail, MessageSigner signer, CancellationToken cancel)
    {
        Func<Stream> open = content.OpenRead;
        long length = content.Length;
        bool isEightBit = mail.Envelope.IsEightBit;
        if (isEightBit && !eightBit)
        {
            // RFC 6152 §3: a host without 8BITMIME gets seven bits. Signatures of others break by it; refusing would be worse.
            byte[] seven = SevenBit(content, cancel);
            (open, length, isEightBit) = (() => new MemoryStream(seven, writable: false), seven.Length, false);
        }

        byte[] signatures = await signer.SignAsync(mail, () => new CrlfStream(open()), cancel);
        return new OutgoingOctets(signatures, open, length, isEightBit);
    }

    /// <summary>From the first octet; bare line feeds become CRLF, so that nothing in the message can look like its end.</summary>
    public Stream Open() => new JoinedStream(_signatures, new CrlfStream(_open()));

    private static byte[] SevenBit(MessageContent content, CancellationToken cancel)
    {
        using Stream octets = content.OpenRead();
        using MimeMessage message = MimeMessage.Load(octets, cancel);
        message.Prepare(EncodingConstraint.SevenBit);
        using var written = new MemoryStream();
        message.WriteTo(written, cancel);
        return written.ToArray();
    }
}
