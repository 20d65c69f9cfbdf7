using System.Security.Cryptography;

namespace Posthorn.Core.Messages;

/// <summary>POP3's unique ids: random, stored with the message, so that they survive whatever happens to UIDs (RFC 1939 §7).</summary>
public static class Uidl
{
    /// <summary>A new one, from a generator that nobody can predict.</summary>
    public static string New() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>Sixteen lower-case hexadecimal digits.</summary>
    public static bool IsValid(string text) => text.Length == 16 && text.All(char.IsAsciiHexDigitLower);
}
