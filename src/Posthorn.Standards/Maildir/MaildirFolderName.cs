using Posthorn.Standards.Imap;

namespace Posthorn.Standards.Maildir;

/// <summary>Names of Maildir++ folders: ".Level.Level", each level in modified UTF-7 (RFC 3501 §5.1.3).</summary>
/// <remarks>A '.' inside a level would separate: it is written as if it were not printable, "&amp;AC4-", which no encoder of names makes.</remarks>
internal static class MaildirFolderName
{
    /// <summary>Octets of a file name (NAME_MAX).</summary>
    private const int MaxBytes = 255;

    private const string EncodedDot = "&AC4-";

    public static string Encode(string name) =>
        "." + string.Join('.', name.Split('/').Select(level => ModifiedUtf7.Encode(level).Replace(".", EncodedDot, StringComparison.Ordinal)));

    /// <summary>The same with an ending, cut before it to what a file name holds: all levels stand in one.</summary>
    public static string Encode(string name, string ending)
    {
        string encoded = Encode(name + ending);
        while (encoded.Length > MaxBytes)
        {
            name = name[..^(char.IsLowSurrogate(name[^1]) ? 2 : 1)].TrimEnd('/');
            encoded = Encode(name + ending);
        }
        return encoded;
    }

    public static string Decode(string folder) => string.Join('/', folder[1..].Split('.').Select(DecodeLevel));

    /// <summary>One level; what is not modified UTF-7 is taken as it stands (folders in UTF-8 exist).</summary>
    public static string DecodeLevel(string level)
    {
        string[] parts = level.Split(EncodedDot);
        for (int i = 0; i < parts.Length; i++)
        {
            if (!ModifiedUtf7.TryDecode(parts[i], out parts[i]))
            {
                return level;
            }
        }
        return string.Join('.', parts);
    }
}
