using System.Text;
using Ascii = Posthorn.Standards.Ascii;

namespace Posthorn.Server.Imap.Searching;

/// <summary>Charsets in which the strings of a search may come.</summary>
/// <remarks>RFC 9051 §6.4.4: UTF-8 where none is named, which holds US-ASCII, what RFC 3501 §6.4.4 assumes.</remarks>
internal static class SearchCharset
{
    private const int LongestName = 64;

    public static readonly Encoding Default = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Null: it is not known here (BADCHARSET).</summary>
    public static Encoding? Find(ReadOnlySpan<byte> name)
    {
        if (Ascii.EqualsIgnoreCase(name, "UTF-8"u8))
        {
            return Default;
        }

        if (name.IsEmpty || name.Length > LongestName)
        {
            return null;
        }

        string text = Encoding.Latin1.GetString(name);
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(text, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
                ?? Encoding.GetEncoding(text, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
