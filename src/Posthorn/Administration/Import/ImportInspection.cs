namespace Posthorn.Administration.Import;

/// <summary>Looks at the octets of a message on their way in, and says what is wrong with it. Nothing is changed or refused for it.</summary>
/// <remarks>RFC 5322 §2.1 (CR and LF only together), §2.2 (fields); RFC 5321 §4.5.2 (no NUL).</remarks>
internal sealed class ImportInspection
{
    private bool _empty = true;
    private bool _inHeader = true;
    private bool _lineStart = true;
    private bool _lineHasColon;
    private bool _lineIsEmpty = true;
    private bool _anyField;
    private bool _badLine;
    private bool _nul;
    private bool _bareCr;
    private bool _afterCr;

    public void Add(ReadOnlySpan<byte> octets)
    {
        _empty &= octets.IsEmpty;
        _nul |= octets.Contains((byte)0);
        FindBareCr(octets);
        for (int i = 0; i < octets.Length && _inHeader; i++)
        {
            ReadHeader(octets[i]);
        }
    }

    /// <summary>The worst; null: nothing is wrong.</summary>
    public string? Fault() => this switch
    {
        { _empty: true } => "is empty",
        { _anyField: false } => "has no header",
        { _badLine: true } => "has a line in its header that is no field",
        { _nul: true } => "has NUL octets",
        _ when _bareCr || _afterCr => "has a CR that ends no line",
        _ => null,
    };

    private void FindBareCr(ReadOnlySpan<byte> octets)
    {
        if (_afterCr && !octets.IsEmpty)
        {
            (_bareCr, _afterCr) = (_bareCr || octets[0] != '\n', false);
        }

        while (octets.IndexOf((byte)'\r') is var at and >= 0)
        {
            octets = octets[(at + 1)..];
            _afterCr = octets.IsEmpty;
            _bareCr |= !octets.IsEmpty && octets[0] != '\n';
        }
    }

    private void ReadHeader(byte octet)
    {
        if (octet == '\n')
        {
            _inHeader = !_lineIsEmpty;
            _badLine |= !_lineIsEmpty && !_lineHasColon;
            _anyField |= !_lineIsEmpty && _lineHasColon;
            (_lineStart, _lineHasColon, _lineIsEmpty) = (true, false, true);
            return;
        }

        if (octet == '\r')
        {
            return;
        }

        // A continuation belongs to the field before it.
        _lineHasColon |= octet == ':' || (_lineStart && _anyField && octet is (byte)' ' or (byte)'\t');
        (_lineStart, _lineIsEmpty) = (false, false);
    }
}
