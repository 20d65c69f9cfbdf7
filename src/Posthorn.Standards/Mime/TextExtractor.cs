using System.Buffers;

namespace Posthorn.Standards.Mime;

/// <summary>The text of a message for SEARCH and for the index: decoded, HTML reduced to its text, in segments that fit in memory.</summary>
/// <remarks>RFC 9051 §6.4.4: BODY is <see cref="ReadBody"/>; TEXT is that and <see cref="ReadHeaders"/>, with the prefix of the message by <see cref="HeaderText.DecodeFields"/>.</remarks>
public static class TextExtractor
{
    /// <summary>Characters of a segment, the overlap not counted.</summary>
    public const int SegmentLength = 32 * 1024;

    /// <summary>Text of all text parts, those of enclosed messages and attachments too, and the headers of enclosed messages.</summary>
    /// <param name="overlap">Characters at the end of a segment that begin the next one of the same part: one less than the longest string looked for.</param>
    public static IEnumerable<string> ReadBody(BodyStructure structure, MessageOctets body, int overlap)
    {
        long left = MimeLimits.SearchedText;
        for (int index = 0; index < structure.Count && left > 0; index++)
        {
            BodyPart part = structure[index];
            if (part.Parent >= 0 && structure[part.Parent].Kind == MediaKind.Message)
            {
                yield return ReadHeader(part, body);
            }

            if (part.Kind == MediaKind.Text)
            {
                foreach (string segment in ReadPart(part, body, left, overlap))
                {
                    yield return segment;
                }

                left -= part.Body.Length;
            }
        }
    }

    /// <summary>Every header of the message: its own, those of its parts and of the messages in it.</summary>
    public static IEnumerable<string> ReadHeaders(BodyStructure structure, MessageOctets body)
    {
        for (int index = 0; index < structure.Count; index++)
        {
            yield return ReadHeader(structure[index], body);
        }
    }

    private static string ReadHeader(BodyPart part, MessageOctets body)
    {
        int length = (int)Math.Min(part.Header.Length, MimeLimits.HeaderLength);
        byte[] octets = ArrayPool<byte>.Shared.Rent(length);
        int read = body.Read(part.Header.Start, octets.AsSpan(0, length));
        string text = HeaderText.DecodeFields(new HeaderBlock(octets.AsSpan(0, read)).Fields);
        ArrayPool<byte>.Shared.Return(octets);
        return text;
    }

    private static IEnumerable<string> ReadPart(BodyPart part, MessageOctets body, long limit, int overlap)
    {
        char[] segment = ArrayPool<char>.Shared.Rent(overlap + SegmentLength + PartText.Most);
        using var reader = new PartText(part, body, limit);
        try
        {
            int kept = 0, length = 0;
            while (reader.Read(segment.AsSpan(length), out int count))
            {
                length += count;
                if (length - kept >= SegmentLength)
                {
                    yield return new string(segment, 0, length);
                    kept = Math.Min(overlap, length);
                    segment.AsSpan(length - kept, kept).CopyTo(segment);
                    length = kept;
                }
            }

            if (length > kept)
            {
                yield return new string(segment, 0, length);
            }
        }
        finally
        {
            ArrayPool<char>.Shared.Return(segment);
        }
    }
}
