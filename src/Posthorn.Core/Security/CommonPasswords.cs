using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Posthorn.Core.Security;

/// <summary>Passwords that everybody tries first: the most frequent ones of breaches. See Security/Lists/README.md for where they are from.</summary>
/// <remarks>Kept as 64 bits of a hash each, 340 KB in all: that a password of one's own meets one of them by chance is once in 400 million million.</remarks>
public static class CommonPasswords
{
    private static readonly Lazy<ulong[]> Marks = new(Read);

    /// <summary>Upper and lower case do not count.</summary>
    public static bool Contains(string password) => Array.BinarySearch(Marks.Value, Mark(password.ToLowerInvariant())) >= 0;

    private static ulong[] Read()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("common-passwords.br")
            ?? throw new InvalidOperationException("common-passwords.br is missing in the build.");
        using var lines = new StreamReader(new BrotliStream(stream, CompressionMode.Decompress), Encoding.UTF8);
        var marks = new List<ulong>();
        while (lines.ReadLine() is { } password)
        {
            marks.Add(Mark(password));
        }

        marks.Sort();
        return [.. marks];
    }

    private static ulong Mark(string password) => BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(password)));
}
