using System.Collections.Frozen;
using System.Text;
using System.Text.Unicode;

namespace Posthorn.Standards.Mime;

/// <summary>Encodings by the names that mail uses for them. Names nobody knows are guessed from the octets.</summary>
/// <remarks>The provider of the legacy code pages is asked directly, so nothing depends on who registered it, and when.</remarks>
internal static class Charset
{
    private const int LongestName = 64;

    private static readonly Encoding Windows1252 = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    // ISO-8859-1 and US-ASCII are read as Windows-1252, as mail programs and browsers do: it differs only in octets those leave unused.
    private static readonly FrozenDictionary<string, Encoding> BuiltIn = new Dictionary<string, Encoding>
    {
        ["utf-8"] = Encoding.UTF8,
        ["utf8"] = Encoding.UTF8,
        ["iso-8859-1"] = Windows1252,
        ["iso8859-1"] = Windows1252,
        ["iso_8859-1"] = Windows1252,
        ["latin1"] = Windows1252,
        ["latin-1"] = Windows1252,
        ["cp1252"] = Windows1252,
        ["utf-16"] = Encoding.Unicode,
        ["utf-16le"] = Encoding.Unicode,
        ["utf-16be"] = Encoding.BigEndianUnicode,
        ["utf-32"] = Encoding.UTF32,
        ["cp1250"] = CodePagesEncodingProvider.Instance.GetEncoding(1250)!,
        ["cp1251"] = CodePagesEncodingProvider.Instance.GetEncoding(1251)!,
        ["cp932"] = CodePagesEncodingProvider.Instance.GetEncoding(932)!,
        ["gbk"] = CodePagesEncodingProvider.Instance.GetEncoding(936)!,
        ["cp936"] = CodePagesEncodingProvider.Instance.GetEncoding(936)!,
        ["ks_c_5601-1987"] = CodePagesEncodingProvider.Instance.GetEncoding(949)!,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The encoding of that name; null for US-ASCII, no name and unknown ones: guess from the octets.</summary>
    public static Encoding? Find(ReadOnlySpan<byte> name)
    {
        name = name.Trim(" \t'\""u8);
        if (name.IsEmpty || name.Length > LongestName || !System.Text.Ascii.IsValid(name) || Ascii.EqualsIgnoreCase(name, "us-ascii"u8))
        {
            return null;
        }

        Span<char> text = stackalloc char[LongestName];
        Encoding.ASCII.GetChars(name, text);
        return BuiltIn.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..name.Length], out Encoding? found)
            ? found
            : CodePagesEncodingProvider.Instance.GetEncoding(new string(text[..name.Length]));
    }

    /// <summary>UTF-8 if the octets are that, even if the last character is cut, else Windows-1252.</summary>
    public static Encoding Guess(ReadOnlySpan<byte> octets)
    {
        for (int cut = 0; cut < 4 && cut <= octets.Length; cut++)
        {
            if (Utf8.IsValid(octets[..^cut]))
            {
                return Encoding.UTF8;
            }
        }

        return Windows1252;
    }
}
