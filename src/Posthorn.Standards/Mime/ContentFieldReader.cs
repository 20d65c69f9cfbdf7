namespace Posthorn.Standards.Mime;

/// <summary>Reads <c>value; name=value; …</c> of Content-Type and Content-Disposition, whatever is wrong with it.</summary>
/// <remarks>RFC 2045 §5.1, RFC 2183 §2. Parameters are given as they stand: RFC 2231 continuations and charsets are not joined.</remarks>
internal ref struct ContentFieldReader
{
    private readonly Span<byte> _scratch;
    private ReadOnlySpan<byte> _rest;
    private int _count;

    /// <param name="scratch">At least as long as the value; what is read last lies in it until the next read.</param>
    public ContentFieldReader(ReadOnlySpan<byte> value, Span<byte> scratch)
    {
        _rest = value;
        _scratch = scratch;
    }

    /// <summary>What stands before the first semicolon, without comments behind it.</summary>
    public ReadOnlySpan<byte> ReadValue()
    {
        SkipWhiteSpaceAndComments();
        int end = _rest.IndexOfAny((byte)';', (byte)'(');
        ReadOnlySpan<byte> value = end < 0 ? _rest : _rest[..end];
        _rest = _rest[value.Length..];
        SkipPastSemicolon();
        return value.Trim(" \t\r\n"u8);
    }

    public bool ReadParameter(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = [];
        while (_count < MimeLimits.Parameters)
        {
            SkipWhiteSpaceAndComments();
            if (_rest.IsEmpty)
            {
                return false;
            }

            int end = _rest.IndexOfAny((byte)'=', (byte)';');
            if (end < 0)
            {
                return false;
            }

            name = _rest[..end].Trim(" \t\r\n"u8);
            bool hasValue = _rest[end] == '=';
            _rest = _rest[(end + 1)..];
            if (!hasValue)
            {
                continue;
            }

            value = ReadParameterValue();
            if (!name.IsEmpty)
            {
                _count++;
                return true;
            }
        }

        return false;
    }

    private ReadOnlySpan<byte> ReadParameterValue()
    {
        SkipWhiteSpaceAndComments();
        if (_rest.StartsWith("\""u8))
        {
            ReadOnlySpan<byte> quoted = ReadQuoted();
            SkipPastSemicolon();
            return quoted;
        }

        int end = _rest.IndexOf((byte)';');
        ReadOnlySpan<byte> value = (end < 0 ? _rest : _rest[..end]).Trim(" \t\r\n"u8);
        _rest = end < 0 ? [] : _rest[(end + 1)..];
        // "us-ascii (Plain text)" ends in a comment, "copy (1).pdf" does not.
        int comment = value.EndsWith(")"u8) ? value.IndexOf(" ("u8) : -1;
        return HeaderText.Unfold(comment > 0 ? value[..comment] : value, _scratch);
    }

    private ReadOnlySpan<byte> ReadQuoted()
    {
        _rest = _rest[1..];
        int end = _rest.IndexOfAny("\"\\\r\n"u8);
        if (end >= 0 && _rest[end] == '"')
        {
            ReadOnlySpan<byte> plain = _rest[..end];
            _rest = _rest[(end + 1)..];
            return plain;
        }

        int length = 0, position = 0;
        for (; position < _rest.Length && _rest[position] != '"'; position++)
        {
            if (_rest[position] == '\\' && position + 1 < _rest.Length)
            {
                position++;
            }

            if (_rest[position] is not ((byte)'\r' or (byte)'\n'))
            {
                _scratch[length++] = _rest[position];
            }
        }

        _rest = position < _rest.Length ? _rest[(position + 1)..] : [];
        return _scratch[..length];
    }

    private void SkipPastSemicolon()
    {
        int semicolon = _rest.IndexOf((byte)';');
        _rest = semicolon < 0 ? [] : _rest[(semicolon + 1)..];
    }

    private void SkipWhiteSpaceAndComments()
    {
        while (true)
        {
            _rest = _rest.TrimStart(" \t\r\n"u8);
            if (!_rest.StartsWith("("u8))
            {
                return;
            }

            int position = 0, depth = 0;
            do
            {
                byte octet = _rest[position++];
                depth += octet switch { (byte)'(' => 1, (byte)')' => -1, _ => 0 };
                position += octet == '\\' && position < _rest.Length ? 1 : 0;
            }
            while (depth > 0 && position < _rest.Length);
            _rest = _rest[position..];
        }
    }
}
