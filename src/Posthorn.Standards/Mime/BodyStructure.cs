using System.Buffers;

namespace Posthorn.Standards.Mime;

/// <summary>
/// The parts of a message: where each lies, and what its header says about it. Found once, at delivery, and kept in the form of
/// <see cref="ToBytes"/>; BODY, BODYSTRUCTURE and every section are answered from that without the message.
/// </summary>
/// <remarks>
/// RFC 9051 §7.5.2, §6.4.5.1; RFC 2045, RFC 2046. All offsets count from the first octet of the stored body. A message is its prefix (trace
/// lines, added per recipient) and that body: the caller puts the prefix before what begins at the header of the message itself.
/// No input throws; see <see cref="MimeLimits"/> for what is not taken apart.
/// Not implemented: RFC 9051 §7.5.2 SHOULD of decoding RFC 2231 parameters; they are given as they stand, which clients decode.
/// </remarks>
public sealed class BodyStructure
{
    private const byte Version = 1;
    private const int WindowOctets = 64 * 1024;

    private readonly ReadOnlyMemory<byte> _details;
    private readonly PartRecord[] _parts;

    internal BodyStructure(ReadOnlyMemory<byte> details, PartRecord[] parts) => (_details, _parts) = (details, parts);

    /// <summary>The message itself, then its parts in the order of their headers.</summary>
    public int Count => _parts.Length;

    public BodyPart this[int index] => new(this, index);

    /// <summary>The message itself as a part.</summary>
    public BodyPart Root => new(this, 0);

    public static BodyStructure Parse(ReadOnlySpan<byte> body)
    {
        using var scanner = new MimeScanner();
        scanner.Consume(body, isLast: true);
        return scanner.Complete();
    }

    /// <summary>Reads the stream from where it stands to its end, holding a window of it.</summary>
    public static BodyStructure Parse(Stream body)
    {
        byte[] window = ArrayPool<byte>.Shared.Rent(WindowOctets);
        using var scanner = new MimeScanner();
        try
        {
            for (int kept = 0; ;)
            {
                int read = body.ReadAtLeast(window.AsSpan(kept), window.Length - kept, throwOnEndOfStream: false);
                bool isLast = read < window.Length - kept;
                int length = kept + read;
                int taken = scanner.Consume(window.AsSpan(0, length), isLast);
                if (isLast)
                {
                    return scanner.Complete();
                }

                kept = length - taken;
                window = MakeRoom(window, taken, kept);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    /// <summary>Reads the stored form without copying it; null when it is damaged or of a version not known.</summary>
    public static BodyStructure? Read(ReadOnlyMemory<byte> stored)
    {
        if (stored.Length < 2 || stored.Span[0] != Version)
        {
            return null;
        }

        var reader = new StoredReader(stored.Span);
        reader.ReadNumber();
        long count = reader.ReadNumber();
        if (count is < 1 or > MimeLimits.Parts)
        {
            return null;
        }

        var parts = new PartRecord[count];
        int parent = -1;
        for (int index = 0; index < parts.Length; index++)
        {
            while (parent >= 0 && parts[parent].End == index)
            {
                parent = parts[parent].Parent;
            }

            if ((index > 0 && parent < 0) || !ReadPart(ref reader, parts, index, parent))
            {
                return null;
            }

            parent = parts[index].End > index + 1 ? index : parent;
        }

        return new BodyStructure(stored, parts);
    }

    /// <summary>The stored form.</summary>
    public byte[] ToBytes()
    {
        using var output = new OctetBuffer(1024);
        output.Add(Version);
        StoredNumbers.AddNumber(output, _parts.Length);
        for (int index = 0; index < _parts.Length; index++)
        {
            ref readonly PartRecord part = ref _parts[index];
            output.Add((byte)part.Kind);
            StoredNumbers.AddNumber(output, part.End - index - 1);
            StoredNumbers.AddNumber(output, part.HeaderStart - (part.Parent < 0 ? 0 : _parts[part.Parent].BodyStart));
            StoredNumbers.AddNumber(output, part.HeaderLength);
            StoredNumbers.AddNumber(output, part.BodyLength);
            StoredNumbers.AddNumber(output, part.Lines);
            StoredNumbers.AddNumber(output, part.DetailsLength);
            output.Add(DetailsOf(index));
        }

        return output.Written.ToArray();
    }

    /// <summary>BODY, parentheses included.</summary>
    public void WriteBody(IBufferWriter<byte> output) => Write(output, isExtended: false);

    /// <summary>BODYSTRUCTURE, parentheses included.</summary>
    public void WriteBodyStructure(IBufferWriter<byte> output) => Write(output, isExtended: true);

    /// <summary>
    /// Where a section lies in the body. False when the message has no such part: BODY[9] is NIL. For the header of the message itself, and for
    /// the whole of it, the prefix comes before the range. HEADER.FIELDS is <see cref="SectionText.Header"/>, filtered by <see cref="HeaderBlock.WriteFields"/>.
    /// </summary>
    /// <remarks>RFC 9051 §6.4.5.1. A message that is no multipart has one part, number 1: its body.</remarks>
    public bool TryFind(ReadOnlySpan<int> partNumbers, SectionText text, out OctetRange range)
    {
        if (partNumbers.IsEmpty)
        {
            ref readonly PartRecord root = ref _parts[0];
            range = text switch
            {
                SectionText.Header => new OctetRange(0, root.HeaderLength),
                SectionText.Text => new OctetRange(root.BodyStart, root.BodyLength),
                _ => new OctetRange(0, root.BodyStart + root.BodyLength),
            };
            return text != SectionText.Mime;
        }

        range = default;
        int index = Find(partNumbers);
        if (index < 0)
        {
            return false;
        }

        BodyPart part = this[index];
        switch (text)
        {
            case SectionText.Whole:
                range = part.Body;
                return true;
            case SectionText.Mime:
                range = part.Header;
                return true;
            default:
                // RFC 9051 §6.4.5.1: HEADER and TEXT after a number only of an enclosed message.
                bool hasMessage = part.Kind == MediaKind.Message;
                range = !hasMessage ? default : text == SectionText.Header ? this[index + 1].Header : this[index + 1].Body;
                return hasMessage;
        }
    }

    /// <summary>The part with these numbers, for BINARY and for downloads.</summary>
    public bool TryFindPart(ReadOnlySpan<int> partNumbers, out BodyPart part)
    {
        int index = Find(partNumbers);
        part = new BodyPart(this, Math.Max(index, 0));
        return index >= 0;
    }

    internal ref readonly PartRecord RecordOf(int index) => ref _parts[index];

    internal ReadOnlySpan<byte> DetailsOf(int index) => _details.Span.Slice(_parts[index].DetailsStart, _parts[index].DetailsLength);

    private void Write(IBufferWriter<byte> output, bool isExtended)
    {
        using var text = new ImapText(1024);
        new BodyStructureWriter(this, text, isExtended).Write(0);
        output.Write(text.Written);
    }

    private int Find(ReadOnlySpan<int> partNumbers)
    {
        if (partNumbers.IsEmpty)
        {
            return 0;
        }

        // The message itself behaves like the message inside a message/rfc822 part.
        int index = ChildOfMessage(0, partNumbers[0]);
        foreach (int number in partNumbers[1..])
        {
            if (index < 0)
            {
                return -1;
            }

            index = _parts[index].Kind switch
            {
                MediaKind.Multipart => Child(index, number),
                MediaKind.Message => ChildOfMessage(index + 1, number),
                _ => -1,
            };
        }

        return index;
    }

    private int ChildOfMessage(int root, int number) => _parts[root].Kind == MediaKind.Multipart ? Child(root, number) : number == 1 ? root : -1;

    private int Child(int parent, int number)
    {
        int index = parent + 1;
        while (--number > 0 && index < _parts[parent].End)
        {
            index = _parts[index].End;
        }

        return number == 0 && index < _parts[parent].End ? index : -1;
    }

    private static bool ReadPart(ref StoredReader reader, PartRecord[] parts, int index, int parent)
    {
        ref PartRecord part = ref parts[index];
        part.Parent = parent;
        part.Kind = (MediaKind)reader.ReadNumber();
        long end = index + 1 + reader.ReadNumber();
        part.End = (int)Math.Min(end, parts.Length);
        part.HeaderStart = (parent < 0 ? 0 : parts[parent].BodyStart) + reader.ReadNumber();
        part.HeaderLength = reader.ReadNumber();
        part.BodyLength = reader.ReadNumber();
        part.Lines = reader.ReadNumber();
        long detailsLength = reader.ReadNumber();
        (part.DetailsStart, part.DetailsLength) = (reader.Position, (int)Math.Min(detailsLength, int.MaxValue));
        long limit = parent < 0 ? long.MaxValue : parts[parent].BodyStart + parts[parent].BodyLength;
        bool hasChild = end > index + 1;
        return reader.Skip(detailsLength)
            && end <= (parent < 0 ? parts.Length : parts[parent].End)
            && part.Kind is >= MediaKind.Basic and <= MediaKind.Multipart
            && hasChild == part.Kind is MediaKind.Multipart or MediaKind.Message
            && (part.Kind != MediaKind.Message || index + 1 < parts.Length)
            && part.HeaderStart >= 0 && part.HeaderLength >= 0 && part.BodyLength >= 0
            && part.BodyStart >= 0 && part.BodyStart + part.BodyLength >= 0 && part.BodyStart + part.BodyLength <= limit;
    }

    private static byte[] MakeRoom(byte[] window, int taken, int kept)
    {
        byte[] next = window;
        if (kept > window.Length / 2)
        {
            // Only a header is taken whole; its length is limited, so this ends.
            next = ArrayPool<byte>.Shared.Rent(window.Length * 2);
        }

        window.AsSpan(taken, kept).CopyTo(next);
        if (next != window)
        {
            ArrayPool<byte>.Shared.Return(window);
        }

        return next;
    }
}
