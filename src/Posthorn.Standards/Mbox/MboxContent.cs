namespace Posthorn.Standards.Mbox;

/// <summary>The octets of one message: from its From line to the next, unquoted.</summary>
/// <remarks>
/// Works in pieces of the window. Held back is at most an empty line, which is the message's only if no From line follows, and one '&gt;', which goes if "From "
/// follows the run it stands in; so neither long lines nor long runs need memory.
/// </remarks>
internal sealed class MboxContent(MboxWindow window, MboxVariant variant, long bodyStart, long bodyLength) : Stream
{
    private static readonly byte[] Quote = ">"u8.ToArray();
    private static readonly byte[] Lf = "\n"u8.ToArray();
    private static readonly byte[] CrLf = "\r\n"u8.ToArray();

    private readonly long _bodyEnd = bodyStart + bodyLength;
    private ReadOnlyMemory<byte> _piece;
    private int _pieceInWindow;
    private byte[]? _heldEmptyLine;
    private bool _heldQuote;
    private bool _lineStart = true;
    private bool _afterCountedBody;
    private bool _ended;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int written = 0;
        while (written < buffer.Length && (written == 0 || !_piece.IsEmpty || window.Available.Length > FromLine.MaxLength))
        {
            if (_piece.IsEmpty && !await NextPieceAsync(cancellationToken))
            {
                break;
            }
            int count = Math.Min(_piece.Length, buffer.Length - written);
            _piece[..count].CopyTo(buffer[written..]);
            written += count;
            Pass(count);
        }
        return written;
    }

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>Goes to the end of the message without giving out what is left.</summary>
    public async ValueTask SkipAsync(CancellationToken cancel)
    {
        do
        {
            Pass(_piece.Length);
        }
        while (await NextPieceAsync(cancel));
    }

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Pass(int count)
    {
        _piece = _piece[count..];
        if (_pieceInWindow > 0)
        {
            window.Take(count);
            _pieceInWindow -= count;
        }
    }

    private async ValueTask<bool> NextPieceAsync(CancellationToken cancel)
    {
        while (!_ended && _piece.IsEmpty)
        {
            if (!await window.FillAsync(1, cancel))
            {
                EndOfFile();
            }
            else if (window.Offset >= bodyStart && window.Offset < _bodyEnd)
            {
                TakeCountedBody();
            }
            else if (_heldQuote)
            {
                await DecideQuoteAsync(cancel);
            }
            else if (_lineStart)
            {
                await BeginLineAsync(cancel);
            }
            else
            {
                TakeLines();
            }
        }
        return !_ended;
    }

    private void EndOfFile()
    {
        _ended = !_heldQuote;
        if (_heldQuote)
        {
            _heldQuote = false;
            _piece = Quote;
        }
    }

    private void TakeCountedBody()
    {
        if (_heldEmptyLine is not null)
        {
            ReleaseEmptyLine();
            return;
        }
        Give((int)Math.Min(window.Available.Length, _bodyEnd - window.Offset));
        (_lineStart, _afterCountedBody) = (true, true);
    }

    private async ValueTask BeginLineAsync(CancellationToken cancel)
    {
        byte first = window.Available.Span[0];
        if (first == '\n' || (first == '\r' && await window.FillAsync(2, cancel) && window.Available.Span[1] == '\n'))
        {
            if (_heldEmptyLine is not null)
            {
                ReleaseEmptyLine();
                return;
            }
            _heldEmptyLine = first == '\n' ? Lf : CrLf;
            window.Take(_heldEmptyLine.Length);
            return;
        }
        if (first == 'F' && (_heldEmptyLine is not null || _afterCountedBody) && await AtFromLineAsync(cancel))
        {
            _ended = true;
            return;
        }
        if (_heldEmptyLine is not null)
        {
            ReleaseEmptyLine();
            return;
        }
        (_lineStart, _afterCountedBody) = (false, false);
        if (first == '>' && variant != MboxVariant.Cl2)
        {
            window.Take(1);
            _heldQuote = true;
        }
    }

    private async ValueTask<bool> AtFromLineAsync(CancellationToken cancel)
    {
        if (await window.FillAsync(FromLine.Prefix.Length, cancel) && !window.Available.Span.StartsWith(FromLine.Prefix))
        {
            return false;
        }
        var line = await window.LineAsync(FromLine.MaxLength, cancel);
        return FromLine.TryParse(line.Span.TrimEnd("\r\n"u8), dateRequired: true, out _);
    }

    private void ReleaseEmptyLine() => (_piece, _heldEmptyLine) = (_heldEmptyLine, null);

    /// <summary>A '&gt;' at the start of the line is held: more of them go out, then "From " decides.</summary>
    private async ValueTask DecideQuoteAsync(CancellationToken cancel)
    {
        var seen = window.Available.Span;
        if (variant == MboxVariant.Rd && seen[0] == '>')
        {
            Give(seen.IndexOfAnyExcept((byte)'>') is var end and >= 0 ? end : seen.Length);
            return;
        }
        await window.FillAsync(FromLine.Prefix.Length, cancel);
        _heldQuote = false;
        if (!window.Available.Span.StartsWith(FromLine.Prefix))
        {
            _piece = Quote;
        }
    }

    /// <summary>Gives out whole lines, up to one that needs a look.</summary>
    private void TakeLines()
    {
        var seen = window.Available.Span;
        // The counted body has its own rule from its first octet on.
        if (bodyLength > 0 && window.Offset < bodyStart)
        {
            seen = seen[..(int)Math.Min(seen.Length, bodyStart - window.Offset)];
        }
        int length = 0;
        while (true)
        {
            int lf = seen[length..].IndexOf((byte)'\n');
            length = lf < 0 ? seen.Length : length + lf + 1;
            if (lf < 0 || length == seen.Length || seen[length] is (byte)'\n' or (byte)'\r' or (byte)'F' or (byte)'>')
            {
                _lineStart = lf >= 0;
                Give(length);
                return;
            }
        }
    }

    private void Give(int length)
    {
        _piece = window.Available[..length];
        _pieceInWindow = length;
    }
}
