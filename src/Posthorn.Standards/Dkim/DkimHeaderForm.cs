using System.Buffers;

namespace Posthorn.Standards.Dkim;

/// <summary>Header fields in the form in which they are signed.</summary>
/// <remarks>RFC 6376 §3.4.1, §3.4.2. A bare LF counts as CRLF, as it is after any transport by SMTP (RFC 6376 §5.3).</remarks>
internal static class DkimHeaderForm
{
    /// <param name="field">A field that has a name.</param>
    /// <param name="form">Which form.</param>
    /// <param name="last">Without CRLF at the end: the signature's own field.</param>
    /// <param name="to">Where the octets go.</param>
    public static void Write(RawHeader.Field field, DkimCanonicalization form, bool last, ArrayBufferWriter<byte> to)
    {
        if (form is DkimCanonicalization.Simple)
        {
            WriteSimple(TrimLineEnd(field.Octets.Span), to);
        }
        else
        {
            Span<byte> name = to.GetSpan(field.NameLength)[..field.NameLength];
            System.Text.Ascii.ToLower(field.Name, name, out int written);
            // A name with octets above 127 is no field name; it cannot be asked for by tag h either.
            field.Name[written..].CopyTo(name[written..]);
            to.Advance(field.NameLength);
            to.Write(":"u8);
            WriteRelaxed(field.Value.Span, to);
        }
        if (!last)
        {
            to.Write("\r\n"u8);
        }
    }

    /// <summary>The signature's own field with the value of tag "b" and the space around it taken out (RFC 6376 §3.7).</summary>
    public static RawHeader.Field WithoutSignature(RawHeader.Field field)
    {
        byte[] octets = field.Octets.ToArray();
        ReadOnlySpan<byte> text = octets;
        int end = TrimLineEnd(text).Length;
        for (int start = field.Colon + 1; start < end;)
        {
            int semicolon = text[start..end].IndexOf((byte)';');
            int stop = semicolon < 0 ? end : start + semicolon;
            int equals = text[start..stop].IndexOf((byte)'=');
            if (equals >= 0 && text.Slice(start, equals).Trim(" \t\r\n"u8).SequenceEqual("b"u8))
            {
                byte[] cut = [.. text[..(start + equals + 1)], .. text[stop..]];
                return field with { Octets = cut };
            }
            start = stop + 1;
        }
        return field;
    }

    private static ReadOnlySpan<byte> TrimLineEnd(ReadOnlySpan<byte> text) =>
        text.EndsWith("\r\n"u8) ? text[..^2] : text.EndsWith("\n"u8) ? text[..^1] : text;

    private static void WriteSimple(ReadOnlySpan<byte> text, ArrayBufferWriter<byte> to)
    {
        for (int lf; (lf = text.IndexOf((byte)'\n')) >= 0; text = text[(lf + 1)..])
        {
            to.Write(lf > 0 && text[lf - 1] == '\r' ? text[..(lf - 1)] : text[..lf]);
            to.Write("\r\n"u8);
        }
        to.Write(text);
    }

    // Unfolded; each run of white space one space; none at the ends.
    private static void WriteRelaxed(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> to)
    {
        Span<byte> line = to.GetSpan(value.Length + 1);
        int length = 0;
        bool space = false;
        for (int at = 0; at < value.Length; at++)
        {
            byte b = value[at];
            bool lineEnd = b == '\n' || (b == '\r' && at + 1 < value.Length && value[at + 1] == '\n');
            if (lineEnd)
            {
                continue;
            }
            if (b is (byte)' ' or (byte)'\t')
            {
                space = true;
                continue;
            }
            if (space && length > 0)
            {
                line[length++] = (byte)' ';
            }
            space = false;
            line[length++] = b;
        }
        to.Advance(length);
    }
}
