using System.Globalization;
using System.Text;

namespace Posthorn.Standards.Mime;

/// <summary>Goes through the octets of a stored ENVELOPE; where they are no ENVELOPE it finds nothing more.</summary>
internal ref struct EnvelopeReader(ReadOnlySpan<byte> rest)
{
    private ReadOnlySpan<byte> _rest = rest;

    public bool Take(byte octet)
    {
        _rest = _rest.TrimStart((byte)' ');
        bool isThere = !_rest.IsEmpty && _rest[0] == octet;
        _rest = isThere ? _rest[1..] : _rest;
        return isThere;
    }

    // nstring = quoted / literal / "NIL"
    public byte[]? Text()
    {
        if (Take((byte)'"'))
        {
            return Quoted();
        }

        if (!Take((byte)'{'))
        {
            _rest = _rest.StartsWith("NIL"u8) ? _rest[3..] : [];
            return null;
        }

        int end = _rest.IndexOf("}\r\n"u8);
        if (end < 0 || !int.TryParse(_rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > _rest.Length - end - 3)
        {
            _rest = [];
            return null;
        }

        byte[] literal = _rest.Slice(end + 3, length).ToArray();
        _rest = _rest[(end + 3 + length)..];
        return literal;
    }

    // "(" 1*address ")" / nil;  address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
    /// <summary>The list as one text to search in: <c>name &lt;mailbox@host&gt;, …</c>, decoded; null: NIL.</summary>
    public string? AddressesText()
    {
        if (!Take((byte)'('))
        {
            Text();
            return null;
        }

        var text = new StringBuilder();
        while (Take((byte)'('))
        {
            text.Append(text.Length == 0 ? "" : ", ");
            Append(text, Text() is { } name ? HeaderText.Decode(name) + " " : "", "");
            Text();
            Append(text, Text() is { } mailbox ? HeaderText.Decode(mailbox) : "", "<");
            Append(text, Text() is { } host ? HeaderText.Decode(host) + ">" : "", "@");
            if (!Take((byte)')'))
            {
                _rest = [];
            }
        }

        if (!Take((byte)')'))
        {
            _rest = [];
        }

        return text.ToString();
    }

    public List<EnvelopeAddress> Addresses()
    {
        var found = new List<EnvelopeAddress>();
        if (!Take((byte)'('))
        {
            Text();
            return found;
        }

        while (Take((byte)'('))
        {
            byte[]? name = Text();
            Text();
            byte[]? mailbox = Text(), host = Text();
            Take((byte)')');
            // Without a host it begins or ends a group: RFC 9051 §7.5.2.
            if (mailbox is not null && host is not null)
            {
                found.Add(new EnvelopeAddress(
                    name is null ? "" : HeaderText.Decode(name), $"{Encoding.UTF8.GetString(mailbox)}{(host.Length > 0 ? "@" : "")}{Encoding.UTF8.GetString(host)}"));
            }
        }

        Take((byte)')');
        return found;
    }

    private static void Append(StringBuilder text, string part, string before)
    {
        if (part.Length > 0)
        {
            text.Append(before).Append(part);
        }
    }

    private byte[] Quoted()
    {
        var text = new List<byte>();
        for (int i = 0; i < _rest.Length; i++)
        {
            if (_rest[i] == (byte)'"')
            {
                _rest = _rest[(i + 1)..];
                return [.. text];
            }

            i += _rest[i] == (byte)'\\' && i + 1 < _rest.Length ? 1 : 0;
            text.Add(_rest[i]);
        }

        _rest = [];
        return [.. text];
    }
}
