using System.Buffers;
using System.Text;

namespace Posthorn.Standards.Mime;

/// <summary>Header values as text: unfolded, encoded words decoded, octets that are no UTF-8 read as Windows-1252.</summary>
public static class HeaderText
{
    /// <summary>Decodes a value for display or comparison. At most <see cref="MimeLimits.DecodedField"/> octets are read.</summary>
    /// <remarks>RFC 2047 §6.1; RFC 6532 §3.</remarks>
    public static string Decode(ReadOnlySpan<byte> value)
    {
        value = value.Length > MimeLimits.DecodedField ? value[..MimeLimits.DecodedField] : value;
        byte[] scratch = ArrayPool<byte>.Shared.Rent(value.Length);
        ReadOnlySpan<byte> unfolded = Unfold(value, scratch);
        string text = unfolded.IndexOf("=?"u8) >= 0 ? EncodedWords.Decode(unfolded) : Charset.Guess(unfolded).GetString(unfolded);
        ArrayPool<byte>.Shared.Return(scratch);
        return text;
    }

    /// <summary>All fields of a header as lines <c>Name: decoded value</c>, for a search of its text.</summary>
    public static string DecodeFields(ReadOnlySpan<byte> header)
    {
        var text = new StringBuilder();
        foreach (HeaderField field in HeaderBlock.OfFields(header))
        {
            text.Append(Encoding.Latin1.GetString(field.Name)).Append(field.Name.IsEmpty ? "" : ": ");
            text.Append(Decode(field.Name.IsEmpty ? field.Whole : field.Value)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Takes line ends and surrounding white space off. The result is part of the value, or of the scratch where lines were folded.</summary>
    /// <param name="scratch">At least as long as the value.</param>
    internal static ReadOnlySpan<byte> Unfold(ReadOnlySpan<byte> value, Span<byte> scratch)
    {
        value = value.Trim(" \t\r\n"u8);
        int end = value.IndexOf((byte)'\n');
        if (end < 0)
        {
            return value;
        }

        int length = 0;
        while (end >= 0)
        {
            ReadOnlySpan<byte> line = value[..end];
            line = line.EndsWith("\r"u8) ? line[..^1] : line;
            line.CopyTo(scratch[length..]);
            length += line.Length;
            value = value[(end + 1)..];
            end = value.IndexOf((byte)'\n');
        }

        value.CopyTo(scratch[length..]);
        return scratch[..(length + value.Length)];
    }
}
