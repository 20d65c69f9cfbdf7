using System.Buffers.Text;

namespace Posthorn.Standards.Mime;

/// <summary>Takes a Content-Transfer-Encoding off, piece by piece. What is broken is passed over; nothing throws. An encoding not known leaves the octets as they are.</summary>
/// <remarks>RFC 2045 §6.7, §6.8.</remarks>
public sealed class TransferDecoder
{
    /// <summary>Octets that the result of a piece may be longer than the piece.</summary>
    public const int Extra = 4;

    private readonly Coding _coding;
    private State _state;
    private int _bits;
    private int _sextets;
    private byte _firstDigit;

    /// <param name="encoding">Value of the field.</param>
    public TransferDecoder(ReadOnlySpan<byte> encoding)
    {
        encoding = encoding.Trim(" \t\r\n\"'"u8);
        _coding = Ascii.EqualsIgnoreCase(encoding, "base64"u8) ? Coding.Base64
            : Ascii.EqualsIgnoreCase(encoding, "quoted-printable"u8) ? Coding.QuotedPrintable : Coding.None;
    }

    private enum Coding
    {
        None,
        Base64,
        QuotedPrintable,
    }

    private enum State
    {
        Plain,
        AfterEquals,
        AfterDigit,
        AfterReturn,
    }

    /// <param name="source">The next piece.</param>
    /// <param name="destination">At least <see cref="Extra"/> octets longer than the piece.</param>
    /// <returns>Octets written.</returns>
    public int Decode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, source.Length + Extra);
        switch (_coding)
        {
            case Coding.Base64:
                return DecodeBase64(source, destination);
            case Coding.QuotedPrintable:
                return DecodeQuotedPrintable(source, destination);
            default:
                source.CopyTo(destination);
                return source.Length;
        }
    }

    /// <summary>The end has come: writes the octets that a missing padding kept back.</summary>
    public int Finish(Span<byte> destination)
    {
        int written = 0;
        EndGroup(destination, ref written);
        return written;
    }

    private int DecodeBase64(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int written = 0;
        while (!source.IsEmpty)
        {
            int end = source.IndexOfAny("\r\n \t"u8);
            ReadOnlySpan<byte> line = end < 0 ? source : source[..end];
            source = source[(end < 0 ? line.Length : end + 1)..];
            DecodeLine(line, destination, ref written);
        }

        return written;
    }

    /// <summary>Whole groups of a clean line go through the framework's decoder, which is given no white space: it miscounts when a group holds some.</summary>
    private void DecodeLine(ReadOnlySpan<byte> line, Span<byte> destination, ref int written)
    {
        if (_sextets == 0 && line.Length >= 16)
        {
            Base64.DecodeFromUtf8(line[..(line.Length & ~3)], destination[written..], out int consumed, out int decoded, isFinalBlock: false);
            line = line[consumed..];
            written += decoded;
        }

        foreach (byte octet in line)
        {
            int sextet = SextetOf(octet);
            if (sextet >= 0)
            {
                _bits = (_bits << 6) | sextet;
                if (++_sextets == 4)
                {
                    EndGroup(destination, ref written);
                }
            }
            else if (octet == '=')
            {
                EndGroup(destination, ref written);
            }
        }
    }

    private void EndGroup(Span<byte> destination, ref int written)
    {
        int bits = _bits << (6 * (4 - _sextets));
        for (int octet = 0; octet < _sextets - 1; octet++)
        {
            destination[written++] = (byte)(bits >> (16 - (8 * octet)));
        }

        (_bits, _sextets) = (0, 0);
    }

    private static int SextetOf(byte octet) => octet switch
    {
        >= (byte)'A' and <= (byte)'Z' => octet - 'A',
        >= (byte)'a' and <= (byte)'z' => octet - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => octet - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => -1,
    };

    private int DecodeQuotedPrintable(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int written = 0;
        while (!source.IsEmpty)
        {
            if (_state == State.Plain)
            {
                int equals = source.IndexOf((byte)'=');
                ReadOnlySpan<byte> plain = equals < 0 ? source : source[..equals];
                plain.CopyTo(destination[written..]);
                written += plain.Length;
                _state = equals < 0 ? State.Plain : State.AfterEquals;
                source = source[(equals < 0 ? plain.Length : equals + 1)..];
            }
            else if (TakeEscaped(source[0], destination, ref written))
            {
                source = source[1..];
            }
        }

        return written;
    }

    /// <summary>False when the octet is not part of the escape: it comes again as plain text.</summary>
    private bool TakeEscaped(byte octet, Span<byte> destination, ref int written)
    {
        State state = _state;
        _state = State.Plain;
        switch (state)
        {
            case State.AfterReturn:
                return octet == '\n';
            case State.AfterEquals when octet == '\n':
                return true;
            case State.AfterEquals when octet == '\r':
                _state = State.AfterReturn;
                return true;
            case State.AfterEquals when char.IsAsciiHexDigit((char)octet):
                (_state, _firstDigit) = (State.AfterDigit, octet);
                return true;
            case State.AfterDigit when char.IsAsciiHexDigit((char)octet):
                destination[written++] = (byte)((HexOf(_firstDigit) << 4) | HexOf(octet));
                return true;
            case State.AfterDigit:
                destination[written++] = (byte)'=';
                destination[written++] = _firstDigit;
                return false;
            default:
                destination[written++] = (byte)'=';
                return false;
        }
    }

    private static int HexOf(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
