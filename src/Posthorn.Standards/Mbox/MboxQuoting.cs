namespace Posthorn.Standards.Mbox;

/// <summary>Writes the lines of one message as mboxrd wants them: CRLF becomes LF, and a line of '&gt;'s and "From " gets one '&gt;' more.</summary>
/// <remarks>The '&gt;' may stand anywhere in its run, so it is put before the 'F'; nothing but a CR and a part of "From " is ever held back.</remarks>
internal sealed class MboxQuoting
{
    // At the start of a line, or behind nothing but '>'s.
    private bool _lineStart = true;
    private int _matched;
    private bool _heldCr;
    private byte _last = (byte)'\n';

    /// <summary>The most octets that <see cref="Convert"/> makes of so many, <see cref="End"/> included.</summary>
    public static int MaxLength(int count) => (count * 2) + FromLine.Prefix.Length + 2;

    /// <summary>Converts the next octets; returns how many were written.</summary>
    public int Convert(ReadOnlySpan<byte> octets, Span<byte> target)
    {
        int written = 0;
        while (!octets.IsEmpty)
        {
            int plain = 0;
            if (!_lineStart && !_heldCr)
            {
                plain = octets.IndexOfAny((byte)'\r', (byte)'\n') is var end and >= 0 ? end : octets.Length;
                Put(octets[..plain], target, ref written);
            }
            if (plain < octets.Length)
            {
                Step(octets[plain++], target, ref written);
            }
            octets = octets[plain..];
        }
        return written;
    }

    /// <summary>Writes what is held back, and a line end where the last line had none.</summary>
    public int End(Span<byte> target)
    {
        int written = 0;
        Release(target, ref written);
        if (_last != '\n')
        {
            Put("\n"u8, target, ref written);
        }
        return written;
    }

    private void Step(byte octet, Span<byte> target, ref int written)
    {
        if (_lineStart && octet == FromLine.Prefix[_matched])
        {
            if (++_matched == FromLine.Prefix.Length)
            {
                Put(">"u8, target, ref written);
                Release(target, ref written);
            }
            return;
        }
        if (_heldCr && octet == '\n')
        {
            _heldCr = false;
        }
        bool run = _lineStart && _matched == 0 && octet == '>';
        Release(target, ref written);
        if (octet == '\r')
        {
            _heldCr = true;
        }
        else
        {
            Put([octet], target, ref written);
        }
        _lineStart = run || octet == '\n';
    }

    private void Release(Span<byte> target, ref int written)
    {
        if (_heldCr)
        {
            Put("\r"u8, target, ref written);
        }
        Put(FromLine.Prefix[.._matched], target, ref written);
        (_heldCr, _matched, _lineStart) = (false, 0, false);
    }

    private void Put(ReadOnlySpan<byte> octets, Span<byte> target, ref int written)
    {
        if (!octets.IsEmpty)
        {
            octets.CopyTo(target[written..]);
            written += octets.Length;
            _last = octets[^1];
        }
    }
}
