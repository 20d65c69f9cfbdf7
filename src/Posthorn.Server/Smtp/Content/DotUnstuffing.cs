namespace Posthorn.Server.Smtp.Content;

/// <summary>Takes the dots out of DATA and finds its end, wherever the octets are cut into pieces.</summary>
/// <remarks>
/// RFC 5321 §4.5.2. Only CRLF "." CRLF ends the data. A bare CR or LF is remembered and never taken for a line end (RFC 5321 §2.3.8), so
/// that two servers cannot disagree on where a message ends; after one, the octets only lead to the real end.
/// </remarks>
internal struct DotUnstuffing()
{
    private enum At
    {
        LineStart,

        /// <summary>Behind a dot at the start of a line.</summary>
        Dot,

        /// <summary>Behind a dot and a CR at the start of a line.</summary>
        DotCr,

        Text,

        /// <summary>Behind a CR.</summary>
        Cr,
    }

    private At _at = At.LineStart;

    /// <summary>The end was found.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>A CR without LF or an LF without CR was met.</summary>
    public bool HasBareLineEnd { get; private set; }

    /// <summary>Reads on. Call it again with the rest until all is consumed or <see cref="IsAtEnd"/>.</summary>
    /// <param name="input">Next octets from the client, not empty.</param>
    /// <param name="text">Octets of the message, a part of the input; may be empty.</param>
    /// <returns>Octets consumed, at least one.</returns>
    public int Read(ReadOnlySpan<byte> input, out Range text)
    {
        text = default;
        switch (_at)
        {
            case At.LineStart when input[0] == '.':
                _at = At.Dot;
                return 1;
            case At.Dot when input[0] == '\r':
                _at = At.DotCr;
                return 1;
            case At.DotCr when input[0] == '\n':
                IsAtEnd = true;
                return 1;
            case At.DotCr:
                HasBareLineEnd = true;
                break;
        }
        return ReadText(input, out text);
    }

    private int ReadText(ReadOnlySpan<byte> input, out Range text)
    {
        // A line end may be cut in two: its halves are judged here, all others by IndexOfIrregular.
        if (_at == At.Cr ? input[0] != '\n' : input[0] == '\n')
        {
            HasBareLineEnd = true;
        }
        var irregular = LineBreaks.IndexOfIrregular(input);
        var length = irregular < 0 ? input.Length : irregular + 1;
        if (irregular >= 0 && !(input[irregular] == '\n' && input[irregular + 1] == '.'))
        {
            HasBareLineEnd = true;
        }
        _at = After(input[..length]);
        text = ..length;
        return length;
    }

    private readonly At After(ReadOnlySpan<byte> text)
    {
        var isBehindCr = text.Length > 1 ? text[^2] == '\r' : _at == At.Cr;
        return text[^1] switch
        {
            (byte)'\r' => At.Cr,
            (byte)'\n' when isBehindCr => At.LineStart,
            _ => At.Text,
        };
    }
}
