using System.Buffers;
using System.Security.Cryptography;

namespace Posthorn.Standards.Dkim;

/// <summary>Hashes a body that comes in pieces, in the form in which it is signed; holds no more than a small buffer.</summary>
/// <remarks>RFC 6376 §3.4.3, §3.4.4. A bare LF counts as CRLF; a bare CR is an octet as any other.</remarks>
internal sealed class DkimBodyHash(DkimCanonicalization form) : IDisposable
{
    private static readonly SearchValues<byte> SimpleStops = SearchValues.Create("\r\n"u8);
    private static readonly SearchValues<byte> RelaxedStops = SearchValues.Create("\r\n \t"u8);

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[4096];
    private int _buffered;
    private readonly long _limit = long.MaxValue;
    private long _emptyLines;
    private bool _carriageReturn;
    private bool _space;
    private bool _lineHasContent;

    /// <summary>Octets of the signed form so far, those beyond the limit included.</summary>
    public long Length { get; private set; }

    /// <summary>Tag "l": only so many octets are hashed. To be set before the first piece.</summary>
    public long Limit
    {
        init => _limit = value;
    }

    public void Append(ReadOnlySpan<byte> piece)
    {
        SearchValues<byte> stops = form is DkimCanonicalization.Relaxed ? RelaxedStops : SimpleStops;
        while (piece.Length > 0)
        {
            byte first = piece[0];
            if (first == '\n')
            {
                _carriageReturn = false;
                EndLine();
                piece = piece[1..];
                continue;
            }
            FlushCarriageReturn();
            if (first == '\r')
            {
                _carriageReturn = true;
                piece = piece[1..];
            }
            else if (form is DkimCanonicalization.Relaxed && (first is (byte)' ' or (byte)'\t'))
            {
                _space = true;
                piece = piece[1..];
            }
            else
            {
                int run = piece.IndexOfAny(stops);
                run = run < 0 ? piece.Length : run;
                Content(piece[..run]);
                piece = piece[run..];
            }
        }
    }

    public byte[] Finish()
    {
        FlushCarriageReturn();
        // A body that does not end with a line end gets one; an empty one is a line end in the simple form and nothing in the relaxed.
        if (_lineHasContent || (Length == 0 && form is DkimCanonicalization.Simple))
        {
            Emit("\r\n"u8);
        }
        _hash.AppendData(_buffer.AsSpan(0, _buffered));
        _buffered = 0;
        return _hash.GetHashAndReset();
    }

    public void Dispose() => _hash.Dispose();

    private void FlushCarriageReturn()
    {
        if (_carriageReturn)
        {
            _carriageReturn = false;
            Content("\r"u8);
        }
    }

    private void EndLine()
    {
        _space = false;
        if (_lineHasContent)
        {
            Emit("\r\n"u8);
            _lineHasContent = false;
        }
        else
        {
            _emptyLines++;
        }
    }

    private void Content(ReadOnlySpan<byte> run)
    {
        for (; _emptyLines > 0; _emptyLines--)
        {
            Emit("\r\n"u8);
        }
        if (_space)
        {
            Emit(" "u8);
            _space = false;
        }
        Emit(run);
        _lineHasContent = true;
    }

    private void Emit(ReadOnlySpan<byte> octets)
    {
        long room = _limit - Length;
        Length += octets.Length;
        octets = octets[..(int)Math.Clamp(room, 0, octets.Length)];
        if (octets.Length > _buffer.Length - _buffered)
        {
            _hash.AppendData(_buffer.AsSpan(0, _buffered));
            _buffered = 0;
        }
        if (octets.Length > _buffer.Length)
        {
            _hash.AppendData(octets);
            return;
        }
        octets.CopyTo(_buffer.AsSpan(_buffered));
        _buffered += octets.Length;
    }
}
