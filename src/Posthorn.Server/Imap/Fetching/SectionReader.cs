using System.Buffers;
using Posthorn.Core.Bodies;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Fetching;

/// <summary>Finds the octets of a section in a message. Only headers are ever held, and only to pick fields of them.</summary>
/// <remarks>RFC 9051 §6.4.5.1. The header of the message itself is the recipient's trace lines and the header of the stored body.</remarks>
internal sealed class SectionReader
{
    /// <summary>Octets of a header in which fields are looked for; what lies behind is passed over.</summary>
    private const int MaxHeaderBytes = 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _fields = new();

    /// <summary>Offsets in the content, prefix included.</summary>
    public static bool TryLocate(FetchSection section, MessageContent content, BodyStructure? structure, out long start, out long length)
    {
        (start, length) = (0, content.Length);
        if (!section.NeedsStructure)
        {
            return true;
        }

        SectionText text = section.Kind switch
        {
            SectionKind.Whole => SectionText.Whole,
            SectionKind.Text => SectionText.Text,
            SectionKind.Mime => SectionText.Mime,
            _ => SectionText.Header,
        };
        if (structure is null || !structure.TryFind(section.Part, text, out OctetRange range))
        {
            return false;
        }

        bool isMessageHeader = section.Part.Length == 0 && text == SectionText.Header;
        start = isMessageHeader ? 0 : content.PrefixLength + range.Start;
        length = isMessageHeader ? content.PrefixLength + range.Length : range.Length;
        // A structure that does not fit its body would be a damaged row; no client may be promised more octets than there are.
        length = Math.Clamp(length, 0, Math.Max(0, content.Length - start));
        return true;
    }

    /// <summary>The fields that the section names, cut as it asks. Good until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> PickFieldsAsync(FetchSection section, MessageContent content, long start, long length, CancellationToken cancel)
    {
        int count = (int)Math.Min(length, MaxHeaderBytes);
        byte[] header = ArrayPool<byte>.Shared.Rent(Math.Max(count, 1));
        try
        {
            await ReadAsync(content, start, header.AsMemory(0, count), cancel);
            Pick(section, header.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(header);
        }

        (long offset, long picked) = Cut(section, _fields.WrittenCount);
        return _fields.WrittenMemory.Slice((int)offset, (int)picked);
    }

    // RFC 9051 §6.4.5: a partial that begins behind the end is an empty string.
    public static (long Offset, long Length) Cut(FetchSection section, long length)
    {
        long offset = Math.Min(section.Offset, length);
        return (offset, Math.Min(section.Length, length - offset));
    }

    private void Pick(FetchSection section, ReadOnlySpan<byte> header)
    {
        _fields.ResetWrittenCount();
        var block = new HeaderBlock(header);
        block.WriteFields(_fields, section.Fields, others: section.Kind == SectionKind.HeaderFieldsNot);
        if (block.HasEmptyLine)
        {
            _fields.Write("\r\n"u8);
        }
    }

    private static async ValueTask ReadAsync(MessageContent content, long start, Memory<byte> into, CancellationToken cancel)
    {
        if (content.TryGetMemory(out ReadOnlyMemory<byte> prefix, out ReadOnlyMemory<byte> body))
        {
            int ofPrefix = (int)Math.Clamp(prefix.Length - start, 0, into.Length);
            if (ofPrefix > 0)
            {
                prefix.Slice((int)start, ofPrefix).CopyTo(into);
            }

            body.Slice((int)Math.Max(0, start - prefix.Length), into.Length - ofPrefix).CopyTo(into[ofPrefix..]);
            return;
        }

        await using Stream octets = content.OpenRead();
        octets.Position = start;
        await octets.ReadExactlyAsync(into, cancel);
    }
}
