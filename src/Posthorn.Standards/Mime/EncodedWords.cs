using System.Text;

namespace Posthorn.Standards.Mime;

/// <summary>
/// Decodes the encoded words of a header value wherever they stand. Words that follow each other in one charset are decoded as one, because
/// programs cut characters between them; a charset nobody knows is guessed from the octets; what is no encoded word stays as it is.
/// </summary>
/// <remarks>RFC 2047 §2, §6.2; language tags: RFC 2231 §5.</remarks>
internal ref struct EncodedWords
{
    // Deviates from RFC 2047 §2: a word has at most 75 octets there; programs write longer ones, and spaces in them.
    private const int LongestWord = 998;

    private readonly StringBuilder _text;
    private readonly OctetBuffer _pending;
    private readonly Encoding _plain;
    private ReadOnlySpan<byte> _charset;

    private EncodedWords(StringBuilder text, OctetBuffer pending, Encoding plain)
    {
        _text = text;
        _pending = pending;
        _plain = plain;
    }

    /// <param name="value">Unfolded.</param>
    public static string Decode(ReadOnlySpan<byte> value)
    {
        using var pending = new OctetBuffer(256);
        var words = new EncodedWords(new StringBuilder(value.Length), pending, Charset.Guess(value));
        words.Read(value);
        return words._text.ToString();
    }

    private void Read(ReadOnlySpan<byte> value)
    {
        bool afterWord = false;
        int plain = 0, position = 0;
        for (int found; (found = value[position..].IndexOf("=?"u8)) >= 0;)
        {
            position += found;
            if (!TryParse(value[position..], out ReadOnlySpan<byte> charset, out bool isBase64, out ReadOnlySpan<byte> encoded, out int length))
            {
                position += 2;
                continue;
            }

            ReadOnlySpan<byte> between = value[plain..position];
            // RFC 2047 §6.2: white space between two encoded words is not shown.
            if (!afterWord || between.ContainsAnyExcept((byte)' ', (byte)'\t'))
            {
                Flush();
                _text.Append(_plain.GetString(between));
            }

            if (!Ascii.EqualsIgnoreCase(charset, _charset))
            {
                Flush();
                _charset = charset;
            }

            AddWord(encoded, isBase64);
            afterWord = true;
            plain = position += length;
        }

        Flush();
        _text.Append(_plain.GetString(value[plain..]));
    }

    // encoded-word = "=?" charset "?" encoding "?" encoded-text "?="
    private static bool TryParse(
        ReadOnlySpan<byte> text, out ReadOnlySpan<byte> charset, out bool isBase64, out ReadOnlySpan<byte> encoded, out int length)
    {
        charset = encoded = [];
        isBase64 = false;
        length = 0;
        ReadOnlySpan<byte> word = text[2..Math.Min(text.Length, LongestWord)];
        int end = word.IndexOf((byte)'?');
        if (end <= 0 || word.Length < end + 3 || word[end + 2] != '?' || (word[end + 1] | 0x20) is not ('b' or 'q'))
        {
            return false;
        }

        charset = word[..end];
        int language = charset.IndexOf((byte)'*');
        charset = language < 0 ? charset : charset[..language];
        isBase64 = (word[end + 1] | 0x20) == 'b';
        encoded = word[(end + 3)..];
        int close = encoded.IndexOf("?="u8);
        if (close < 0)
        {
            return false;
        }

        encoded = encoded[..close];
        length = 2 + end + 3 + close + 2;
        return true;
    }

    private readonly void AddWord(ReadOnlySpan<byte> encoded, bool isBase64)
    {
        Span<byte> source = stackalloc byte[LongestWord], decoded = stackalloc byte[LongestWord + TransferDecoder.Extra];
        encoded.CopyTo(source);
        source = source[..encoded.Length];
        if (!isBase64)
        {
            // RFC 2047 §4.2: an underscore stands for a space.
            source.Replace((byte)'_', (byte)' ');
        }

        var decoder = new TransferDecoder(isBase64 ? "base64"u8 : "quoted-printable"u8);
        _pending.Add(decoded[..decoder.Decode(source, decoded)]);
        _pending.Add(decoded[..decoder.Finish(decoded)]);
    }

    private readonly void Flush()
    {
        if (_pending.Length > 0)
        {
            _text.Append((Charset.Find(_charset) ?? Charset.Guess(_pending.Written)).GetString(_pending.Written));
            _pending.CutTo(0);
        }
    }
}
