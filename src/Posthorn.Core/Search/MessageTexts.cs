using System.Buffers;
using Posthorn.Core.Bodies;
using Posthorn.Core.Messages;
using Posthorn.Standards.Mime;

namespace Posthorn.Core.Search;

/// <summary>A text of a message as it was decoded, not folded yet.</summary>
public readonly record struct FieldText(TextFields Field, string Text);

/// <summary>The texts of a message, field by field: what the index holds of it, and what a search without the index looks in.</summary>
public static class MessageTexts
{
    /// <summary>Most headers are shorter; of a message with a longer one the start is read twice.</summary>
    private const int UsualHeaderBytes = 16 * 1024;

    /// <summary>Those that a row holds which was read with its envelope.</summary>
    public static IEnumerable<FieldText> OfEnvelope(EnvelopeTexts envelope)
    {
        (TextFields Field, string? Text)[] texts =
        [
            (TextFields.Subject, envelope.Subject), (TextFields.From, envelope.From), (TextFields.To, envelope.To),
            (TextFields.Cc, envelope.Cc), (TextFields.Bcc, envelope.Bcc),
        ];
        return texts.Where(static text => text.Text is not null).Select(static text => new FieldText(text.Field, text.Text!));
    }

    /// <summary>All of them, those first that cost least. The content must stay undisposed meanwhile.</summary>
    /// <param name="row">Read with envelope, structure and content.</param>
    /// <param name="overlap">See <see cref="TextExtractor.ReadBody"/>.</param>
    public static IEnumerable<FieldText> Of(Message row, MessageContent content, int overlap)
    {
        MessageOctets body = content.Body;
        byte[] header = ReadHeader(row.Prefix!, body);
        foreach (FieldText text in OfEnvelope(ReadEnvelope(row, header)))
        {
            yield return text;
        }

        yield return new FieldText(TextFields.Header, HeaderText.DecodeFields(header));
        BodyStructure structure = ReadStructure(row, content);
        for (int index = 0; index < structure.Count; index++)
        {
            if (AttachmentName.Of(structure[index]) is { } name)
            {
                yield return new FieldText(TextFields.Names, name);
            }
        }

        foreach (string text in TextExtractor.ReadHeaders(structure, body).Skip(1))
        {
            yield return new FieldText(TextFields.Header, text);
        }

        foreach (string segment in TextExtractor.ReadBody(structure, body, overlap))
        {
            yield return new FieldText(TextFields.Body, segment);
        }
    }

    /// <summary>From the row, or where that has none that can be read, from the header.</summary>
    public static EnvelopeTexts ReadEnvelope(Message row, ReadOnlySpan<byte> header) =>
        (row.Envelope is { Length: > 0 } stored ? EnvelopeTexts.Read(stored) : null) ?? EnvelopeTexts.Read(MessageEnvelope.ToImapBytes(header)) ?? EnvelopeTexts.Empty;

    public static BodyStructure ReadStructure(Message row, MessageContent content) =>
        (row.Structure is { } stored ? BodyStructure.Read(stored) : null) ?? Parse(content);

    /// <summary>The trace lines, and the message's own fields after them.</summary>
    public static byte[] ReadHeader(byte[] prefix, MessageOctets body)
    {
        for (int size = UsualHeaderBytes; ; size = MimeLimits.HeaderLength)
        {
            byte[] start = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                int read = body.Read(0, start.AsSpan(0, size));
                var header = new HeaderBlock(start.AsSpan(0, read));
                if (header.HasEmptyLine || read < size || size == MimeLimits.HeaderLength)
                {
                    return [.. prefix, .. header.Fields];
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(start);
            }
        }
    }

    private static BodyStructure Parse(MessageContent content)
    {
        if (content.TryGetMemory(out _, out ReadOnlyMemory<byte> octets))
        {
            return BodyStructure.Parse(octets.Span);
        }

        using Stream all = content.OpenRead();
        all.Position = content.PrefixLength;
        return BodyStructure.Parse(all);
    }
}
