using System.Security.Cryptography;
using System.Text;

namespace Posthorn.Core.Security;

/// <summary>The form of an app password's secret: 26 letters and digits of 32, none of which looks like another; 130 bits by the system's generator.</summary>
/// <remarks>
/// Nobody guesses such a secret, so a fast hash keeps it: HMAC-SHA-256 with the store's secret, over account and secret. A slow one would only cost each telephone's sign-in.
/// </remarks>
internal static class AppSecret
{
    private const int Length = 26;
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    public static string New() => RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>The secret that somebody typed, in the one form it is hashed in: case, spaces and hyphens do not count. Null: it has not the form.</summary>
    public static string? Read(string typed)
    {
        if (typed.Length > 2 * Length)
        {
            return null;
        }

        string secret = string.Concat(typed.Where(letter => letter is not (' ' or '-'))).ToLowerInvariant();
        return secret.Length == Length && secret.All(Alphabet.Contains) ? secret : null;
    }

    /// <param name="purpose">Keeps the hashes of one kind from serving as another.</param>
    public static byte[] Hash(byte[] storeSecret, string purpose, AccountId account, string secret) =>
        HMACSHA256.HashData(storeSecret, Encoding.UTF8.GetBytes($"{purpose}\0{account}\0{secret}"));
}
