using System.Buffers;
using Posthorn.Core.Bodies;
using Posthorn.Standards;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Fetching;

/// <summary>Writes parts with their transfer encoding taken off: BINARY and BINARY.SIZE.</summary>
/// <remarks>
/// RFC 9051 §6.4.5, RFC 3516 §4. The size comes before the octets, so a part is decoded twice, piece by piece; it is never held whole. The message itself and
/// parts that hold other parts have no encoding of their own.
/// </remarks>
internal sealed class BinarySectionWriter(ImapResponseWriter writer)
{
    private const int PieceBytes = 16 * 1024;

    /// <summary>Whether the encoding of the part is one that can be taken off. A part that is not there has none.</summary>
    public static bool CanDecode(FetchSection section, BodyStructure? structure) =>
        section.Part.Length == 0 || structure is null || !structure.TryFindPart(section.Part, out BodyPart part) || HoldsParts(part) || IsKnown(part.Encoding);

    /// <summary>Writes the section's label and value.</summary>
    public async ValueTask WriteAsync(FetchSection section, MessageContent content, BodyStructure? structure, CancellationToken cancel)
    {
        writer.Write(section.Label);
        writer.Space();
        if (Find(section, content, structure) is not { } part)
        {
            // RFC 9051 §7.5.2: NIL where the message has no such part. A size is a number.
            writer.Write(section.Kind == SectionKind.BinarySize ? "0"u8 : "NIL"u8);
            return;
        }

        long size = await DecodeAsync(part, content, 0, 0, cancel);
        if (section.Kind == SectionKind.BinarySize)
        {
            writer.Number(size);
            return;
        }

        long offset = Math.Min(section.Offset, size), length = Math.Min(section.Length, size - offset);
        // RFC 3516 §4.2: a literal8 may hold any octet, NUL too.
        writer.Write("~"u8);
        writer.LiteralHeader(length);
        await DecodeAsync(part, content, offset, length, cancel);
    }

    private static Located? Find(FetchSection section, MessageContent content, BodyStructure? structure)
    {
        if (section.Part.Length == 0)
        {
            return new Located(0, content.Length, []);
        }

        if (structure is null || !structure.TryFindPart(section.Part, out BodyPart part))
        {
            return null;
        }

        long start = Math.Min(content.PrefixLength + part.Body.Start, content.Length);
        return new Located(start, Math.Clamp(part.Body.Length, 0, content.Length - start), HoldsParts(part) ? [] : part.Encoding.ToArray());
    }

    private static bool HoldsParts(BodyPart part) => part.Kind is MediaKind.Multipart or MediaKind.Message;

    private static bool IsKnown(ReadOnlySpan<byte> encoding)
    {
        encoding = encoding.Trim(" \t\""u8);
        return encoding.IsEmpty || Ascii.EqualsIgnoreCase(encoding, "7bit"u8) || Ascii.EqualsIgnoreCase(encoding, "8bit"u8) || Ascii.EqualsIgnoreCase(encoding, "binary"u8)
            || Ascii.EqualsIgnoreCase(encoding, "base64"u8) || Ascii.EqualsIgnoreCase(encoding, "quoted-printable"u8);
    }

    /// <summary>Decodes the part and writes what lies in the window; without a window it only counts.</summary>
    /// <returns>Octets of the whole part, decoded; with a window, at least up to its end.</returns>
    private async ValueTask<long> DecodeAsync(Located part, MessageContent content, long offset, long length, CancellationToken cancel)
    {
        var decoder = new TransferDecoder(part.Encoding);
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes), decoded = ArrayPool<byte>.Shared.Rent(PieceBytes + TransferDecoder.Extra);
        try
        {
            await using Stream octets = content.OpenRead();
            octets.Position = part.Start;
            long done = 0;
            for (long left = part.Length; left > 0 && (length == 0 || done < offset + length);)
            {
                int read = await octets.ReadAsync(piece.AsMemory(0, (int)Math.Min(left, PieceBytes)), cancel);
                left -= read > 0 ? read : throw new EndOfStreamException("A body is shorter than its row says.");
                int count = decoder.Decode(piece.AsSpan(0, read), decoded);
                WriteWindow(decoded.AsSpan(0, count), done, offset, length);
                done += count;
                await writer.FlushIfLargeAsync(cancel);
            }

            int last = decoder.Finish(decoded);
            WriteWindow(decoded.AsSpan(0, last), done, offset, length);
            return done + last;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
            ArrayPool<byte>.Shared.Return(decoded);
        }
    }

    private void WriteWindow(ReadOnlySpan<byte> decoded, long at, long offset, long length)
    {
        long from = Math.Clamp(offset - at, 0, decoded.Length), to = Math.Clamp(offset + length - at, from, decoded.Length);
        writer.Write(decoded[(int)from..(int)to]);
    }

    private sealed record Located(long Start, long Length, byte[] Encoding);
}
