using System.Buffers;
using System.Globalization;
using System.Text;

namespace Posthorn.Standards.Mime;

/// <summary>The first readable text of a message on one line.</summary>
/// <remarks>
/// RFC 8970 §3. Text of the message's own text/plain part, without quoted lines; of its HTML part when there is none, or nothing in it. Encrypted
/// and attached text gives nothing: a string of no length.
/// </remarks>
public static class Preview
{
    /// <summary>Unicode characters; RFC 8970 §3.3 advises 200 and allows 256.</summary>
    public const int Characters = 200;

    public static string Of(BodyStructure structure, MessageOctets body)
    {
        foreach (bool isHtml in (ReadOnlySpan<bool>)[false, true])
        {
            if (FindPart(structure, isHtml) is { } part && Read(part, body) is { Length: > 0 } text)
            {
                return text;
            }
        }

        return "";
    }

    private static BodyPart? FindPart(BodyStructure structure, bool isHtml)
    {
        for (int index = 0; index < structure.Count;)
        {
            BodyPart part = structure[index];
            if (part.Kind == MediaKind.Text && !part.IsAttachment && part.Is("text"u8, isHtml ? "html"u8 : "plain"u8))
            {
                return part;
            }

            // What an enclosed or encrypted message says is not what this one says.
            bool isClosed = part.Kind == MediaKind.Message || part.Is("multipart"u8, "encrypted"u8);
            index = isClosed ? part.Next : index + 1;
        }

        return null;
    }

    private static string Read(BodyPart part, MessageOctets body)
    {
        char[] characters = ArrayPool<char>.Shared.Rent(PartText.Most);
        using var reader = new PartText(part, body, MimeLimits.PreviewInput);
        try
        {
            var line = new Line(isPlain: part.Is("text"u8, "plain"u8));
            while (!line.IsFull && reader.Read(characters, out int count))
            {
                line.Add(characters.AsSpan(0, count));
            }

            string text = line.ToString();
            return text.StartsWith("-----BEGIN PGP MESSAGE", StringComparison.Ordinal) ? "" : text;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }

    /// <summary>Collects characters; white space becomes one space, what cannot be seen goes.</summary>
    private sealed class Line(bool isPlain)
    {
        private readonly StringBuilder _text = new(Characters);
        private int _count;
        private bool _isLineStart = true;
        private bool _inQuote;
        private bool _pendingSpace;

        public bool IsFull => _count >= Characters;

        public void Add(ReadOnlySpan<char> text)
        {
            foreach (char next in text)
            {
                if (IsFull && !char.IsLowSurrogate(next))
                {
                    return;
                }

                Add(next);
            }
        }

        public override string ToString() => _text.ToString().TrimEnd();

        private void Add(char next)
        {
            if (next == '\n')
            {
                (_isLineStart, _inQuote) = (true, false);
            }
            else if (_isLineStart && isPlain && next == '>')
            {
                _inQuote = true;
            }

            _isLineStart = next == '\n';
            if (char.IsWhiteSpace(next))
            {
                _pendingSpace = _text.Length > 0;
            }
            else if (!_inQuote && IsVisible(next))
            {
                AddVisible(next);
            }
        }

        private void AddVisible(char next)
        {
            if (char.IsLowSurrogate(next) && (_text.Length == 0 || !char.IsHighSurrogate(_text[^1])))
            {
                // Its other half did not fit.
                return;
            }

            if (_pendingSpace)
            {
                _pendingSpace = false;
                _text.Append(' ');
                if (++_count >= Characters)
                {
                    return;
                }
            }

            _text.Append(next);
            _count += char.IsLowSurrogate(next) ? 0 : 1;
        }

        // Newsletters pad their first line with joiners and soft hyphens.
        private static bool IsVisible(char character) =>
            character < 0x7f ? character >= ' '
            : character != '\u034f' && CharUnicodeInfo.GetUnicodeCategory(character) is not (UnicodeCategory.Control or UnicodeCategory.Format);
    }
}
