using System.Buffers;
using System.Text;

namespace Posthorn.Standards.Mime;

/// <summary>Characters of one text part: transfer encoding and charset taken off, HTML reduced to its text. Dispose it.</summary>
internal sealed class PartText : IDisposable
{
    /// <summary>Characters that one read may give.</summary>
    public const int Most = PieceOctets + 64;

    private const int PieceOctets = 4 * 1024;

    private readonly MessageOctets _octets;
    private readonly TransferDecoder _transfer;
    private readonly HtmlText? _html;
    private readonly long _end;
    private readonly byte[] _raw = ArrayPool<byte>.Shared.Rent(PieceOctets);
    private readonly byte[] _decoded = ArrayPool<byte>.Shared.Rent(PieceOctets + (2 * TransferDecoder.Extra));
    private readonly char[] _characters = ArrayPool<char>.Shared.Rent(Most);
    private readonly Encoding? _charset;
    private Decoder? _decoder;
    private long _position;

    /// <param name="limit">Octets of the part that are read at most.</param>
    public PartText(BodyPart part, MessageOctets octets, long limit)
    {
        _octets = octets;
        _transfer = new TransferDecoder(part.Encoding);
        _charset = Charset.Find(part.Charset);
        _html = Ascii.EqualsIgnoreCase(part.Subtype, "html"u8) ? new HtmlText() : null;
        _position = part.Body.Start;
        _end = part.Body.Start + Math.Min(part.Body.Length, limit);
    }

    /// <summary>The next characters, valid until the next read; false at the end. May give none before the end.</summary>
    public bool Read(Span<char> destination, out int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Most);
        count = 0;
        if (_position >= _end)
        {
            return false;
        }

        Span<byte> raw = _raw.AsSpan(0, (int)Math.Min(PieceOctets, _end - _position));
        int read = _octets.Read(_position, raw);
        _position = read < raw.Length ? _end : _position + read;
        bool isLast = _position >= _end;
        int length = _transfer.Decode(raw[..read], _decoded);
        length += isLast ? _transfer.Finish(_decoded.AsSpan(length)) : 0;

        // No charset gives more characters than octets, but for what the last piece left over.
        DecoderFor(_decoded.AsSpan(0, length)).Convert(_decoded.AsSpan(0, length), _html is null ? destination : _characters, isLast, out _, out count, out _);
        count = _html is null ? count : _html.Push(_characters.AsSpan(0, count), destination);
        return true;
    }

    /// <summary>Without a charset the first piece that is not ASCII decides.</summary>
    private Decoder DecoderFor(ReadOnlySpan<byte> piece)
    {
        if (_decoder is not null)
        {
            return _decoder;
        }

        bool isUndecided = _charset is null && System.Text.Ascii.IsValid(piece);
        Decoder decoder = (_charset ?? Charset.Guess(piece)).GetDecoder();
        _decoder = isUndecided ? null : decoder;
        return decoder;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_raw);
        ArrayPool<byte>.Shared.Return(_decoded);
        ArrayPool<char>.Shared.Return(_characters);
    }
}
