using System.Buffers;
using System.Buffers.Text;

namespace Posthorn.Standards.Mime;

/// <summary>Builds IMAP response text: strings, numbers, parentheses.</summary>
internal sealed class ImapText(int capacity) : OctetBuffer(capacity)
{
    /// <summary>Octets of the longest quoted string; a longer value is a literal, so that no reader meets an endless line.</summary>
    private const int LongestQuoted = 1_000;

    // RFC 9051 §9: QUOTED-CHAR; 8-bit only in literals, because a client of IMAP4rev1 may not take it in a quoted string.
    private static readonly SearchValues<byte> NeedsLiteral = SearchValues.Create([(byte)'\r', (byte)'\n', .. Enumerable.Range(128, 128).Select(octet => (byte)octet)]);
    private static readonly SearchValues<byte> QuotedSpecials = SearchValues.Create("\"\\"u8);

    public void AddNumber(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out int written);
        Add(digits[..written]);
    }

    /// <summary>string: quoted where that can hold the value, else a literal. NUL cannot be sent and is dropped.</summary>
    public void AddString(ReadOnlySpan<byte> value)
    {
        if (value.Contains((byte)0))
        {
            value = WithoutNul(value);
        }

        if (value.Length > LongestQuoted || value.ContainsAny(NeedsLiteral))
        {
            Add((byte)'{');
            AddNumber(value.Length);
            Add("}\r\n"u8);
            Add(value);
            return;
        }

        Add((byte)'"');
        int special;
        while ((special = value.IndexOfAny(QuotedSpecials)) >= 0)
        {
            Add(value[..special]);
            Add((byte)'\\');
            Add(value[special]);
            value = value[(special + 1)..];
        }

        Add(value);
        Add((byte)'"');
    }

    /// <summary>nstring.</summary>
    public void AddStringOrNil(ReadOnlySpan<byte> value, bool isNil)
    {
        if (isNil)
        {
            Add("NIL"u8);
        }
        else
        {
            AddString(value);
        }
    }

    private static byte[] WithoutNul(ReadOnlySpan<byte> value)
    {
        var kept = new byte[value.Length - value.Count((byte)0)];
        int count = 0;
        foreach (byte octet in value)
        {
            if (octet != 0)
            {
                kept[count++] = octet;
            }
        }

        return kept;
    }
}
