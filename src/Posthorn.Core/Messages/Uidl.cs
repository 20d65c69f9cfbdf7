using System.Security.Cryptography;

namespace Posthorn.Core.Messages;

/// <summary>POP3's unique ids: random, stored with the message, so that they survive whatever happens to UIDs (RFC 1939 §7).</summary>
internal static class Uidl
{
    public static string New() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    public static bool IsValid(string text) => text.Length == 16 && text.All(char.IsAsciiHexDigitLower);
}
