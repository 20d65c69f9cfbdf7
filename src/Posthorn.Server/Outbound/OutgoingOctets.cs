using MimeKit;
using Posthorn.Core.Bodies;
using Posthorn.Core.Queue;
using Posthorn.Standards;

namespace Posthorn.Server.Outbound;

/// <summary>A message as it leaves: signatures on top, line ends CRLF, eight bits only where the other side takes them.</summary>
internal sealed class OutgoingOctets
{
    private const int PieceBytes = 64 * 1024;

    private readonly byte[] _signatures;
    private readonly Func<Stream> _open;

    private OutgoingOctets(byte[] signatures, Func<Stream> open, long length, bool isEightBit) =>
        (_signatures, _open, Length, IsEightBit) = (signatures, open, signatures.Length + length, isEightBit);

    /// <summary>Octets, near enough for SIZE (RFC 1870 §5: an estimate).</summary>
    public long Length { get; }

    public bool IsEightBit { get; }

    /// <returns>Null: it holds binary content that cannot be written otherwise.</returns>
    public static async ValueTask<OutgoingOctets?> MakeAsync(MessageContent content, bool eightBit, QueuedMail mail, MessageSigner signer, CancellationToken cancel)
    {
        Func<Stream> open = content.OpenRead;
        long length = content.Length;
        bool isEightBit = mail.Envelope.IsEightBit;
        // RFC 5321 §2.3.8: no carriage return but in a line end. Some servers would take one for it, and the dot behind it for the end of the message.
        bool isBinary = await HasBareReturnAsync(open, cancel);
        if (isBinary || (isEightBit && !eightBit))
        {
            // RFC 6152 §3, RFC 3030 §3: a host without 8BITMIME gets seven bits. Signatures of others break by it; refusing would be worse.
            byte[] seven = SevenBit(content, cancel);
            (open, length, isEightBit) = (() => new MemoryStream(seven, writable: false), seven.Length, false);
            if (isBinary && await HasBareReturnAsync(open, cancel))
            {
                return null;
            }
        }

        byte[] signatures = await signer.SignAsync(mail, () => new CrlfStream(open()), cancel);
        return new OutgoingOctets(signatures, open, length, isEightBit);
    }

    /// <summary>From the first octet; bare line feeds become CRLF, so that nothing in the message can look like its end.</summary>
    public Stream Open() => new JoinedStream(_signatures, new CrlfStream(_open()));

    private static async ValueTask<bool> HasBareReturnAsync(Func<Stream> open, CancellationToken cancel)
    {
        await using Stream octets = open();
        byte[] piece = new byte[PieceBytes];
        bool isAfterReturn = false;
        for (int length; (length = await octets.ReadAsync(piece, cancel)) > 0;)
        {
            if (HasBareReturn(piece.AsSpan(0, length), ref isAfterReturn))
            {
                return true;
            }
        }

        return isAfterReturn;
    }

    /// <param name="octets">A piece of the message.</param>
    /// <param name="isAfterReturn">The piece before ended with a carriage return; then, this one.</param>
    private static bool HasBareReturn(ReadOnlySpan<byte> octets, ref bool isAfterReturn)
    {
        if (isAfterReturn && octets[0] != (byte)'\n')
        {
            return true;
        }

        isAfterReturn = octets[^1] == (byte)'\r';
        while (octets.IndexOf((byte)'\r') is var at and >= 0 && at + 1 < octets.Length)
        {
            if (octets[at + 1] != (byte)'\n')
            {
                return true;
            }

            octets = octets[(at + 2)..];
        }

        return false;
    }

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
