using OtpNet;

namespace Posthorn.Core.Security;

/// <summary>Codes of an authenticator app: six digits, a new one each 30 seconds, HMAC-SHA-1, which is what every app knows.</summary>
/// <remarks>RFC 6238 §4 and §5.2; RFC 4226 §5.3.</remarks>
public static class TotpCode
{
    /// <summary>Octets: RFC 4226 §4 R6 recommends 160 bits.</summary>
    public const int SecretLength = 20;

    public const int Digits = 6;

    /// <summary>Seconds.</summary>
    public const int Step = 30;

    public static byte[] NewSecret() => System.Security.Cryptography.RandomNumberGenerator.GetBytes(SecretLength);

    /// <summary>As people type it into an app that cannot look at the picture.</summary>
    public static string Text(byte[] secret) => Base32Encoding.ToString(secret).TrimEnd('=');

    /// <summary>What the picture says to the app.</summary>
    /// <param name="issuer">The name of the service, such as the host.</param>
    public static string Uri(byte[] secret, string issuer, string address) =>
        $"otpauth://totp/{System.Uri.EscapeDataString(issuer)}:{System.Uri.EscapeDataString(address)}?secret={Text(secret)}&issuer={System.Uri.EscapeDataString(issuer)}";

    /// <summary>The time step that the code belongs to; null: to none near now. One step of drift is allowed either way (RFC 6238 §5.2).</summary>
    public static long? StepOf(byte[] secret, string code, DateTimeOffset now)
    {
        string digits = string.Concat(code.Where(letter => letter != ' '));
        return digits.Length == Digits && digits.All(char.IsAsciiDigit)
            && new Totp(secret, Step, OtpHashMode.Sha1, Digits).VerifyTotp(now.UtcDateTime, digits, out long step, new VerificationWindow(previous: 1, future: 1))
                ? step
                : null;
    }
}
