using System.Security.Cryptography;
using System.Text;

namespace Posthorn.Standards.Srs;

/// <summary>
/// HMAC-SHA-256 over what a rewritten address says, 40 bits of it: nobody makes an address by which this server would carry mail to others. Case does not count in it,
/// since hosts on the way fold it.
/// </summary>
internal static class SrsHash
{
    public const int Length = 8;

    /// <summary>Of hashes and days: 32 digits that no host on the way changes.</summary>
    public const string Digits = "abcdefghijklmnopqrstuvwxyz234567";

    public static string Of(ReadOnlySpan<byte> key, string what)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(what.ToLowerInvariant()), mac);
        Span<char> text = stackalloc char[Length];
        for (int at = 0; at < text.Length; at++)
        {
            text[at] = Digits[mac[at] % Digits.Length];
        }

        return text.ToString();
    }

    public static bool IsSame(string given, string made) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given.ToLowerInvariant()), Encoding.UTF8.GetBytes(made));
}
