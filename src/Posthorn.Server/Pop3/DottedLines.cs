using System.Buffers;

namespace Posthorn.Server.Pop3;

/// <summary>
/// Writes a message so that nothing in it can look like the end of the answer: CRLF after every line, whatever the message has there, and a dot before a dot that
/// begins one (RFC 1939 §3). Can stop after so many lines of the body.
/// </summary>
internal sealed class DottedLines(IBufferWriter<byte> output, int? bodyLines)
{
    private bool _atLineStart = true;
    private bool _afterCr;
    private bool _inBody;
    private int _written;
    private long _lineBytes;

    /// <summary>The asked-for lines are written: more is not wanted.</summary>
    public bool IsDone => _inBody && bodyLines is { } most && _written >= most;

    public void Write(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty && !IsDone)
        {
            if (_atLineStart && octets[0] == (byte)'.')
            {
                output.Write("."u8);
            }

            int lineFeed = octets.IndexOf((byte)'\n');
            if (lineFeed < 0)
            {
                output.Write(octets);
                _lineBytes += octets.Length;
                (_atLineStart, _afterCr) = (false, octets[^1] == (byte)'\r');
                return;
            }

            bool hasCr = lineFeed == 0 ? _afterCr : octets[lineFeed - 1] == (byte)'\r';
            _lineBytes += lineFeed;
            bool isEmpty = _lineBytes - (hasCr ? 1 : 0) == 0;
            output.Write(octets[..lineFeed]);
            output.Write(hasCr ? "\n"u8 : "\r\n"u8);
            EndLine(isEmpty);
            octets = octets[(lineFeed + 1)..];
        }
    }

    /// <summary>Ends a last line that has no end, then the answer.</summary>
    public void End()
    {
        if (!_atLineStart)
        {
            output.Write(_afterCr ? "\n"u8 : "\r\n"u8);
        }

        output.Write(".\r\n"u8);
    }

    private void EndLine(bool isEmpty)
    {
        (_atLineStart, _afterCr, _lineBytes) = (true, false, 0);
        if (_inBody)
        {
            _written++;
        }

        _inBody |= isEmpty;
    }
}
