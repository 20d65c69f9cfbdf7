using MimeKit;
using Posthorn.Core.Bodies;
using Posthorn.Core.Queue;
using Posthorn.Standards;

namespace Posthorn.Server.Outbound;

/// <summary>A message as it leaves: signatures on top, line ends CRLF, eight bits only where the other side takes them.</summary>
internal sealed class OutgoingOctets
{
    private const int PieceBytes = 64 * 1024;

    /// <summary>Parts and header fields, all counted, of a message that is taken apart to be written in seven bits. Millions of empty ones fit into a message, but not into memory as objects.</summary>
    private const int MaxPieces = 20_000;

    private readonly byte[] _signatures;
    private readonly Func<Stream> _open;

    private OutgoingOctets(byte[] signatures, Func<Stream> open, long length, bool isEightBit) =>
        (_signatures, _open, Length, IsEightBit) = (signatures, open, signatures.Length + length, isEightBit);

    /// <summary>Octets, near enough for SIZE (RFC 1870 §5: an estimate).</summary>
    public long Length { get; }

    public bool IsEightBit { get; }

    /// <summary>Why a message cannot leave as it should: the enhanced status code, and words for the sender.</summary>
    public readonly record struct Hindrance(string Enhanced, string Reason);

    /// <returns>One of the two.</returns>
    public static async ValueTask<(OutgoingOctets? Octets, Hindrance Hindrance)> MakeAsync(MessageContent content, bool eightBit, QueuedMail mail, MessageSigner signer, CancellationToken cancel)
    {
        Func<Stream> open = content.OpenRead;
        long length = content.Length;
        bool isEightBit = mail.Envelope.IsEightBit;
        // RFC 5321 §2.3.8: no carriage return but in a line end. Some servers would take one for it, and the dot behind it for the end of the message.
        bool isBinary = await HasBareReturnAsync(open, cancel);
        if (isBinary || (isEightBit && !eightBit))
        {
            // RFC 6152 §3, RFC 3030 §3: a host without 8BITMIME gets seven bits. Signatures of others break by it; refusing would be worse.
            if (HasTooManyPieces(content, cancel))
            {
                return (null, new Hindrance("5.6.3", "The message would have to be written anew in seven bits for this host, and it has too many parts for that."));
            }

            byte[] seven = SevenBit(content, cancel);
            (open, length, isEightBit) = (() => new MemoryStream(seven, writable: false), seven.Length, false);
            if (isBinary && await HasBareReturnAsync(open, cancel))
            {
                return (null, new Hindrance(
                    "5.6.1", "The message has binary content (a carriage return that ends no line), which cannot be passed on. Send it encoded as base64."));
            }
        }

        byte[] signatures = await signer.SignAsync(mail, () => new CrlfStream(open()), cancel);
        return (new OutgoingOctets(signatures, open, length, isEightBit), default);
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

    private static bool HasTooManyPieces(MessageContent content, CancellationToken cancel)
    {
        using Stream octets = content.OpenRead();
        try
        {
            new PieceCount(octets).ReadMessage(cancel);
            return false;
        }
        catch (TooManyPiecesException)
        {
            return true;
        }
    }

    private sealed class TooManyPiecesException : Exception;

    /// <summary>Reads a message as MimeKit's parser does and makes nothing of it.</summary>
    private sealed class PieceCount(Stream octets) : MimeReader(octets, MimeFormat.Entity)
    {
        private int _pieces;

        protected override void OnHeaderRead(Header header, int beginLineNumber, CancellationToken cancellationToken) => Count();

        protected override void OnMimePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken) => Count();

        protected override void OnMultipartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken) => Count();

        protected override void OnMessagePartBegin(ContentType contentType, long beginOffset, int beginLineNumber, CancellationToken cancellationToken) => Count();

        private void Count()
        {
            if (++_pieces > MaxPieces)
            {
                throw new TooManyPiecesException();
            }
        }
    }
}
