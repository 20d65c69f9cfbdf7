namespace Posthorn.Standards.Mime;

/// <summary>Fields of a header, first to last, folded lines joined to their field.</summary>
public ref struct HeaderFieldEnumerator
{
    private ReadOnlySpan<byte> _rest;
    private int _count;

    internal HeaderFieldEnumerator(ReadOnlySpan<byte> fields) => _rest = fields;

    public HeaderField Current { get; private set; }

    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (++_count > MimeLimits.HeaderFields)
        {
            Current = new HeaderField(_rest, [], []);
            _rest = [];
            return true;
        }

        int end = LineLength(_rest);
        while (end < _rest.Length && _rest[end] is (byte)' ' or (byte)'\t')
        {
            end += LineLength(_rest[end..]);
        }

        ReadOnlySpan<byte> whole = _rest[..end];
        _rest = _rest[end..];
        int nameLength = HeaderField.NameLength(whole);
        if (nameLength < 0)
        {
            Current = new HeaderField(whole, [], []);
            return true;
        }

        ReadOnlySpan<byte> value = whole[(whole.IndexOf((byte)':') + 1)..];
        value = value.EndsWith("\r\n"u8) ? value[..^2] : value.EndsWith("\n"u8) ? value[..^1] : value;
        Current = new HeaderField(whole, whole[..nameLength], value);
        return true;
    }

    private static int LineLength(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)'\n');
        return end < 0 ? text.Length : end + 1;
    }
}

/// <summary>Fields of one name.</summary>
public ref struct HeaderFieldsOfName
{
    private readonly ReadOnlySpan<byte> _name;
    private HeaderFieldEnumerator _fields;

    internal HeaderFieldsOfName(ReadOnlySpan<byte> fields, ReadOnlySpan<byte> name)
    {
        _fields = new HeaderFieldEnumerator(fields);
        _name = name;
    }

    public readonly HeaderField Current => _fields.Current;

    public readonly HeaderFieldsOfName GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_fields.MoveNext())
        {
            if (_fields.Current.Is(_name))
            {
                return true;
            }
        }

        return false;
    }
}
