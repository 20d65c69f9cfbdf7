using System.Security.Cryptography;

namespace Posthorn.Core.Security;

/// <summary>Codes for the day when the telephone is lost: each is good for one second step.</summary>
internal static class RecoveryCodes
{
    /// <summary>Made at a time.</summary>
    public const int Count = 10;

    public const string Purpose = "recovery code";

    /// <summary>Letters of a code: 60 bits.</summary>
    private const int Length = 12;

    private const int Group = 4;
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    /// <summary>Such as <c>k3ms-p2qa-7xwd</c>.</summary>
    public static IReadOnlyList<string> New() =>
        [.. Enumerable.Range(0, Count).Select(static _ => One())];

    /// <summary>One code of this form, for whatever is confirmed by typing it.</summary>
    public static string One() => Grouped(RandomNumberGenerator.GetString(Alphabet, Length));

    private static string Grouped(string code) => string.Join('-', code.Chunk(Group).Select(static part => new string(part)));

    /// <summary>In the one form that is hashed; null: it is no such code.</summary>
    public static string? Read(string typed)
    {
        if (typed.Length > 2 * Length)
        {
            return null;
        }

        string code = string.Concat(typed.Where(letter => letter is not (' ' or '-'))).ToLowerInvariant();
        return code.Length == Length && code.All(Alphabet.Contains) ? code : null;
    }
}
