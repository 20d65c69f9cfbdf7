using System.Buffers;
using System.Text;
using MimeKit.Utils;

namespace Posthorn.Standards.Mime;

/// <summary>Header values as text: unfolded, encoded words decoded, octets that are no UTF-8 read as Windows-1252.</summary>
public static class HeaderText
{
    /// <summary>Decodes an unstructured value for display or comparison. At most <see cref="MimeLimits.DecodedField"/> octets are read.</summary>
    /// <remarks>RFC 2047 §6.1; RFC 6532 §3.</remarks>
    public static string Decode(ReadOnlySpan<byte> value) => Decode(value, isPhrase: false);

    /// <summary>Decodes a display name.</summary>
    /// <remarks>RFC 2047 §5 (3).</remarks>
    public static string DecodePhrase(ReadOnlySpan<byte> value) => Decode(value, isPhrase: true);

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

    private static string Decode(ReadOnlySpan<byte> value, bool isPhrase)
    {
        value = value.Length > MimeLimits.DecodedField ? value[..MimeLimits.DecodedField] : value;
        byte[] scratch = ArrayPool<byte>.Shared.Rent(value.Length);
        try
        {
            ReadOnlySpan<byte> unfolded = Unfold(value, scratch);
            if (unfolded.IndexOf("=?"u8) < 0)
            {
                return System.Text.Ascii.IsValid(unfolded) ? Encoding.ASCII.GetString(unfolded) : Charset.Guess(unfolded).GetString(unfolded);
            }

            Charset.Register();
            byte[] octets = unfolded.ToArray();
            return isPhrase ? Rfc2047.DecodePhrase(octets) : Rfc2047.DecodeText(octets);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
