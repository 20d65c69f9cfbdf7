using System.Buffers;

namespace Posthorn.Standards.Mime;

/// <summary>What an entry of an address list is.</summary>
public enum AddressKind
{
    Mailbox,

    /// <summary>The name of a group; its members follow.</summary>
    GroupStart,

    GroupEnd,
}

/// <summary>
/// Reads an address list as it is found in the wild: quoted names, comments, groups, source routes, 8-bit octets, missing
/// brackets, missing domains, empty entries. Quotes and folds are taken off; encoded words stay as they are. Never throws.
/// </summary>
/// <remarks>RFC 5322 §3.4, §4.4. A comment gives the display name where no other does, as in <c>a@example.org (Ann)</c>.</remarks>
public ref struct AddressListReader
{
    private static readonly SearchValues<byte> Specials = SearchValues.Create(" \t\r\n(\"<,;:@["u8);
    private static readonly SearchValues<byte> AngleSpecials = SearchValues.Create(" \t\r\n(\"<>,;@["u8);

    private readonly ReadOnlySpan<byte> _value;
    private readonly Span<byte> _text;
    private int _position;
    private int _length;
    private int _count;
    private bool _inGroup;
    private ReadOnlySpan<byte> _comment;

    // What was searched for up to the end is not searched for again: else a field of nothing but brackets would take the square of its length.
    private bool _hasNoBracket;
    private int _endOfRoute = -1;

    /// <param name="value">Value of the field, folded or not.</param>
    /// <param name="scratch">At least as long as the value. Name, Mailbox and the rest point into it until the next read.</param>
    public AddressListReader(ReadOnlySpan<byte> value, Span<byte> scratch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scratch.Length, value.Length);
        _value = value;
        _text = scratch;
    }

    public AddressKind Kind { get; private set; }

    /// <summary>Display name; empty when there is none.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Obsolete source route, <c>@a,@b</c>; nearly always empty.</summary>
    public ReadOnlySpan<byte> Route { get; private set; }

    /// <summary>Local part without quotes, or the group's name.</summary>
    public ReadOnlySpan<byte> Mailbox { get; private set; }

    /// <summary>Domain or address literal; empty when it is missing.</summary>
    public ReadOnlySpan<byte> Host { get; private set; }

    public bool Read()
    {
        while (true)
        {
            Name = Route = Mailbox = Host = _comment = [];
            _length = 0;
            SkipSeparators(out bool endsGroup);
            bool isEnd = _position == _value.Length || _count == MimeLimits.Addresses;
            if (_inGroup && (endsGroup || isEnd))
            {
                _inGroup = false;
                Kind = AddressKind.GroupEnd;
                return true;
            }

            if (isEnd)
            {
                return false;
            }

            if (ReadEntry())
            {
                _count++;
                return true;
            }
        }
    }

    private void SkipSeparators(out bool endsGroup)
    {
        while (_position < _value.Length && _value[_position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)',' or (byte)';' or (byte)'>')
        {
            if (_value[_position++] == ';' && _inGroup)
            {
                endsGroup = true;
                return;
            }
        }

        endsGroup = false;
    }

    /// <summary>Reads up to the next comma; false when nothing stood there.</summary>
    private bool ReadEntry()
    {
        int at = -1, spaceBeforeAt = -1, lastSpace = -1;
        bool pendingSpace = false, wasQuoted = false;
        while (_position < _value.Length)
        {
            byte octet = _value[_position];
            if (octet is (byte)',' or (byte)';')
            {
                break;
            }

            if (octet is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            {
                pendingSpace = true;
                _position++;
                continue;
            }

            if (octet == '(')
            {
                SkipComment();
                pendingSpace = true;
                continue;
            }

            if (octet == '<')
            {
                _position++;
                return ReadAngle();
            }

            if (octet == ':' && !_inGroup && at < 0 && _length > 0)
            {
                _position++;
                return StartGroup();
            }

            if (octet == '@')
            {
                (at, spaceBeforeAt) = (_length, lastSpace);
                Keep();
                SkipWhiteSpace();
                pendingSpace = false;
                continue;
            }

            // RFC 5322 §4.4: obs-domain, white space around the dots.
            bool joinsDomain = at >= 0 && (octet == '.' || _text[_length - 1] == '.');
            if (pendingSpace && _length > 0 && !joinsDomain)
            {
                lastSpace = _length;
                _text[_length++] = (byte)' ';
            }

            pendingSpace = false;
            wasQuoted |= octet == '"';
            ReadWord(octet, Specials, at >= 0);
        }

        return at >= 0 ? FinishPlain(at, spaceBeforeAt) : FinishWithoutDomain(wasQuoted || lastSpace >= 0);
    }

    private void ReadWord(byte octet, SearchValues<byte> specials, bool inDomain)
    {
        if (octet == '"')
        {
            ReadQuoted();
            return;
        }

        if (octet == '[' && inDomain)
        {
            int close = _hasNoBracket ? -1 : _value[_position..].IndexOf((byte)']');
            _hasNoBracket = close < 0;
            Keep(close < 0 ? 1 : close + 1);
            return;
        }

        int run = _value[(_position + 1)..].IndexOfAny(specials);
        Keep(run < 0 ? _value.Length - _position : run + 1);
    }

    /// <summary>The text so far is <c>words local@domain words</c>.</summary>
    private bool FinishPlain(int at, int spaceBeforeAt)
    {
        Host = _text[(at + 1).._length];
        Mailbox = _text[(spaceBeforeAt + 1)..at];
        Name = spaceBeforeAt > 0 ? _text[..spaceBeforeAt] : [];
        int space = Host.IndexOf((byte)' ');
        if (space >= 0)
        {
            Name = Name.IsEmpty ? Host[(space + 1)..] : Name;
            Host = Host[..space];
        }

        return Finish();
    }

    private bool FinishWithoutDomain(bool isName)
    {
        if (isName)
        {
            Name = _text[.._length];
        }
        else
        {
            Mailbox = _text[.._length];
        }

        return Finish();
    }

    private bool Finish()
    {
        Kind = AddressKind.Mailbox;
        bool isEmpty = Name.IsEmpty && Mailbox.IsEmpty && Host.IsEmpty;
        if (Name.IsEmpty && !_comment.IsEmpty)
        {
            Name = Unfold(_comment);
        }

        return !isEmpty;
    }

    private bool StartGroup()
    {
        Kind = AddressKind.GroupStart;
        Mailbox = _text[.._length];
        return _inGroup = true;
    }

    /// <summary>After "&lt;": a route, a local part, a domain, "&gt;", and comments.</summary>
    private bool ReadAngle()
    {
        Name = _text[.._length];
        SkipWhiteSpace();
        int start = _length, at = -1;
        if (_position < _value.Length && _value[_position] == '@')
        {
            start = ReadRoute();
        }

        while (_position < _value.Length)
        {
            byte octet = _value[_position];
            if (octet == '>' || (octet is (byte)',' or (byte)';' && at >= 0))
            {
                break;
            }

            switch (octet)
            {
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'<':
                    _position++;
                    break;
                case (byte)'(':
                    SkipComment();
                    break;
                case (byte)'@':
                    at = _length;
                    Keep();
                    break;
                default:
                    ReadWord(octet, AngleSpecials, at >= 0);
                    break;
            }
        }

        Mailbox = _text[start..(at < 0 ? _length : at)];
        Host = at < 0 ? [] : _text[(at + 1).._length];
        SkipClosing();
        return Finish();
    }

    private int ReadRoute()
    {
        if (_endOfRoute < _position)
        {
            int end = _value[_position..].IndexOfAny((byte)':', (byte)'>');
            _endOfRoute = end < 0 ? _value.Length : _position + end;
        }

        if (_endOfRoute == _value.Length || _value[_endOfRoute] == '>')
        {
            return _length;
        }

        int start = _length;
        foreach (byte octet in _value[_position.._endOfRoute])
        {
            if (octet is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
            {
                _text[_length++] = octet;
            }
        }

        _position = _endOfRoute + 1;
        Route = _text[start.._length];
        return _length;
    }

    private void SkipClosing()
    {
        if (_position < _value.Length && _value[_position] == '>')
        {
            _position++;
        }

        SkipWhiteSpace();
        while (_position < _value.Length && _value[_position] == '(')
        {
            SkipComment();
            SkipWhiteSpace();
        }
    }

    private void SkipWhiteSpace()
    {
        while (_position < _value.Length && _value[_position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _position++;
        }
    }

    private void SkipComment()
    {
        int start = _position + 1, depth = 0;
        for (; _position < _value.Length; _position++)
        {
            byte octet = _value[_position];
            if (octet == '\\')
            {
                _position = Math.Min(_position + 1, _value.Length - 1);
            }
            else if (octet == '(')
            {
                depth++;
            }
            else if (octet == ')' && --depth == 0)
            {
                _comment = _value[start.._position++];
                return;
            }
        }
    }

    private void ReadQuoted()
    {
        _position++;
        if (!_value[_position..].Contains((byte)'"'))
        {
            // A quote that nothing closes would swallow every address after it.
            return;
        }

        while (_position < _value.Length)
        {
            byte octet = _value[_position++];
            if (octet == '"')
            {
                return;
            }

            if (octet == '\\' && _position < _value.Length)
            {
                octet = _value[_position++];
            }

            if (octet is not ((byte)'\r' or (byte)'\n'))
            {
                _text[_length++] = octet;
            }
        }
    }

    private void Keep(int count = 1)
    {
        _value.Slice(_position, count).CopyTo(_text[_length..]);
        _position += count;
        _length += count;
    }

    private ReadOnlySpan<byte> Unfold(ReadOnlySpan<byte> comment)
    {
        // Everything kept so far came from other octets of the value, so the comment fits behind it.
        int start = _length;
        foreach (byte octet in comment.Trim(" \t\r\n"u8))
        {
            if (octet is not ((byte)'\r' or (byte)'\n'))
            {
                _text[_length++] = octet;
            }
        }

        return _text[start.._length];
    }
}
