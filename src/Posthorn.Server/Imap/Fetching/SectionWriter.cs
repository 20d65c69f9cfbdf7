using Posthorn.Core.Bodies;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Fetching;

/// <summary>Writes sections of one message: as literals, streamed from where the octets lie.</summary>
internal sealed class SectionWriter(ImapResponseWriter writer)
{
    private readonly SectionReader _reader = new();

    /// <summary>Writes the section's label and value.</summary>
    public async ValueTask WriteAsync(FetchSection section, MessageContent content, BodyStructure? structure, CancellationToken cancel)
    {
        writer.Write(section.Label);
        writer.Space();
        if (!SectionReader.TryLocate(section, content, structure, out long start, out long length))
        {
            // RFC 9051 §7.5.2: NIL where the message has no such part.
            writer.Write("NIL"u8);
            return;
        }

        if (section.Kind is SectionKind.HeaderFields or SectionKind.HeaderFieldsNot)
        {
            ReadOnlyMemory<byte> fields = await _reader.PickFieldsAsync(section, content, start, length, cancel);
            writer.LiteralHeader(fields.Length);
            writer.Write(fields.Span);
            return;
        }

        (long offset, long count) = SectionReader.Cut(section, length);
        writer.LiteralHeader(count);
        if (count > 0)
        {
            await writer.CopyAsync(content, start + offset, count, cancel);
        }
    }
}
