using System.Buffers;
using System.Runtime.CompilerServices;

namespace Posthorn.Standards.Mime;

/// <summary>
/// Writes what the header of a part says about its content, in the order: type, subtype, parameters, id, description, encoding, MD5,
/// disposition with parameters, languages, location, and for the header of an enclosed message its ENVELOPE.
/// </summary>
internal readonly ref struct PartDetails
{
    private const int Id = 0, Md5 = 1, MediaType = 2, Language = 3, Location = 4, Disposition = 5, Description = 6, Encoding = 7;

    // tspecials of RFC 2045 §5.1.
    private static readonly SearchValues<byte> Specials = SearchValues.Create("()<>@,;:\\\"/[]?="u8);

    private readonly ReadOnlySpan<byte> _fields;
    private readonly Places _places;

    public PartDetails(HeaderBlock header)
    {
        _fields = header.Fields;
        foreach (HeaderField field in header)
        {
            if (Ascii.StartsWithIgnoreCase(field.Name, "Content-"u8)
                && Recognise(field.Name["Content-".Length..]) is >= 0 and int name && !_places[name].IsPresent)
            {
                _fields.Overlaps(field.Value, out int start);
                _places[name] = new Place(true, start, field.Value.Length);
                Longest = Math.Max(Longest, field.Value.Length);
            }
        }
    }

    /// <summary>Octets of the longest value, for scratch.</summary>
    public int Longest { get; }

    private ReadOnlySpan<byte> this[int name] => _fields.Slice(_places[name].Start, _places[name].Length);

    /// <summary>Type, subtype and parameters. A type that cannot be read is text/plain, or message/rfc822 inside multipart/digest.</summary>
    /// <remarks>RFC 2045 §5.2; RFC 2046 §5.1.5.</remarks>
    public MediaKind WriteType(OctetBuffer output, bool isInDigest, Span<byte> scratch, out Range boundary)
    {
        boundary = default;
        var reader = new ContentFieldReader(this[MediaType], scratch);
        ReadOnlySpan<byte> value = reader.ReadValue();
        int slash = value.IndexOf((byte)'/');
        ReadOnlySpan<byte> type = slash > 0 ? value[..slash].TrimEnd(" \t\r\n"u8) : [];
        ReadOnlySpan<byte> subtype = slash > 0 ? value[(slash + 1)..].TrimStart(" \t\r\n"u8) : [];
        if (!IsToken(type) || !IsToken(subtype))
        {
            return WriteDefault(output, isInDigest && this[MediaType].Trim(" \t\r\n"u8).IsEmpty);
        }

        StoredNumbers.AddString(output, type);
        StoredNumbers.AddString(output, subtype);
        MediaKind kind = KindOf(type, subtype);
        WriteParameters(output, ref reader, kind == MediaKind.Text, kind == MediaKind.Multipart, ref boundary);
        return kind;
    }

    /// <summary>Everything between the parameters and the envelope.</summary>
    public void WriteRest(OctetBuffer output, Span<byte> scratch)
    {
        WriteValue(output, Id, scratch);
        WriteValue(output, Description, scratch);
        ReadOnlySpan<byte> encoding = new ContentFieldReader(this[Encoding], scratch).ReadValue();
        StoredNumbers.AddString(output, encoding.IsEmpty ? "7BIT"u8 : encoding);
        WriteValue(output, Md5, scratch);

        var disposition = new ContentFieldReader(this[Disposition], scratch);
        ReadOnlySpan<byte> value = disposition.ReadValue();
        if (value.IsEmpty)
        {
            StoredNumbers.AddNil(output);
            StoredNumbers.AddNumber(output, 0);
        }
        else
        {
            Range none = default;
            StoredNumbers.AddString(output, value);
            WriteParameters(output, ref disposition, false, false, ref none);
        }

        WriteLanguages(output);
        WriteValue(output, Location, scratch);
    }

    /// <summary>What stands for a part that is not understood, or not taken apart: the type and nothing else.</summary>
    public static MediaKind WriteOpaque(OctetBuffer output)
    {
        StoredNumbers.AddString(output, "APPLICATION"u8);
        StoredNumbers.AddString(output, "OCTET-STREAM"u8);
        StoredNumbers.AddNumber(output, 0);
        return MediaKind.Basic;
    }

    public static void WriteEmptyRest(OctetBuffer output)
    {
        StoredNumbers.AddNil(output);
        StoredNumbers.AddNil(output);
        StoredNumbers.AddString(output, "7BIT"u8);
        StoredNumbers.AddNil(output);
        StoredNumbers.AddNil(output);
        StoredNumbers.AddNumber(output, 0);
        StoredNumbers.AddNumber(output, 0);
        StoredNumbers.AddNil(output);
    }

    public static MediaKind WriteDefault(OctetBuffer output, bool isInDigest)
    {
        StoredNumbers.AddString(output, isInDigest ? "MESSAGE"u8 : "TEXT"u8);
        StoredNumbers.AddString(output, isInDigest ? "RFC822"u8 : "PLAIN"u8);
        StoredNumbers.AddNumber(output, isInDigest ? 0 : 1);
        if (isInDigest)
        {
            return MediaKind.Message;
        }

        StoredNumbers.AddString(output, "CHARSET"u8);
        StoredNumbers.AddString(output, "US-ASCII"u8);
        return MediaKind.Text;
    }

    private static MediaKind KindOf(ReadOnlySpan<byte> type, ReadOnlySpan<byte> subtype)
    {
        if (Ascii.EqualsIgnoreCase(type, "text"u8))
        {
            return MediaKind.Text;
        }

        if (Ascii.EqualsIgnoreCase(type, "multipart"u8))
        {
            return MediaKind.Multipart;
        }

        return Ascii.EqualsIgnoreCase(type, "message"u8) && (Ascii.EqualsIgnoreCase(subtype, "rfc822"u8) || Ascii.EqualsIgnoreCase(subtype, "global"u8))
            ? MediaKind.Message
            : MediaKind.Basic;
    }

    /// <summary>Text without a charset gets US-ASCII, as RFC 2046 §4.1.2 says.</summary>
    private static void WriteParameters(OctetBuffer output, ref ContentFieldReader reader, bool wantsCharset, bool wantsBoundary, ref Range boundary)
    {
        // The count comes first and is below 128, so it takes one octet whatever it will be.
        int countAt = output.Length, count = 0;
        StoredNumbers.AddNumber(output, 0);
        while (reader.ReadParameter(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
        {
            count++;
            StoredNumbers.AddString(output, name);
            StoredNumbers.AddString(output, value);
            wantsCharset = wantsCharset && !Ascii.EqualsIgnoreCase(name, "charset"u8);
            if (wantsBoundary && Ascii.EqualsIgnoreCase(name, "boundary"u8))
            {
                wantsBoundary = false;
                ReadOnlySpan<byte> kept = output.Written[^Math.Min(value.Length, MimeLimits.ValueLength)..].TrimEnd(" \t"u8);
                int start = output.Length - Math.Min(value.Length, MimeLimits.ValueLength);
                boundary = start..(start + kept.Length);
            }
        }

        if (wantsCharset)
        {
            count++;
            StoredNumbers.AddString(output, "CHARSET"u8);
            StoredNumbers.AddString(output, "US-ASCII"u8);
        }

        output.Replace(countAt, (byte)count);
    }

    private void WriteLanguages(OctetBuffer output)
    {
        int countAt = output.Length, count = 0;
        StoredNumbers.AddNumber(output, 0);
        ReadOnlySpan<byte> list = this[Language];
        foreach (Range range in list.Split((byte)','))
        {
            ReadOnlySpan<byte> language = list[range].Trim(" \t\r\n"u8);
            if (!language.IsEmpty && count < MimeLimits.Parameters)
            {
                count++;
                StoredNumbers.AddString(output, language);
            }
        }

        output.Replace(countAt, (byte)count);
    }

    private void WriteValue(OctetBuffer output, int name, Span<byte> scratch)
    {
        if (_places[name].IsPresent)
        {
            StoredNumbers.AddString(output, HeaderText.Unfold(this[name], scratch));
        }
        else
        {
            StoredNumbers.AddNil(output);
        }
    }

    private static bool IsToken(ReadOnlySpan<byte> text) =>
        !text.IsEmpty && !text.ContainsAnyExceptInRange((byte)33, (byte)126) && !text.ContainsAny(Specials);

    /// <param name="name">What follows "Content-".</param>
    private static int Recognise(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => Ascii.EqualsIgnoreCase(name, "ID"u8) ? Id : -1,
        3 => Ascii.EqualsIgnoreCase(name, "MD5"u8) ? Md5 : -1,
        4 => Ascii.EqualsIgnoreCase(name, "Type"u8) ? MediaType : -1,
        8 => Ascii.EqualsIgnoreCase(name, "Language"u8) ? Language : Ascii.EqualsIgnoreCase(name, "Location"u8) ? Location : -1,
        11 => Ascii.EqualsIgnoreCase(name, "Disposition"u8) ? Disposition : Ascii.EqualsIgnoreCase(name, "Description"u8) ? Description : -1,
        17 => Ascii.EqualsIgnoreCase(name, "Transfer-Encoding"u8) ? Encoding : -1,
        _ => -1,
    };

    private readonly record struct Place(bool IsPresent, int Start, int Length);

    [InlineArray(8)]
    private struct Places
    {
        private Place _first;
    }
}
