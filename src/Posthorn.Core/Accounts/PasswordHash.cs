using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;
using Posthorn.Standards.Sasl;

namespace Posthorn.Core.Accounts;

/// <summary>An Argon2id hash of a password, in the PHC string format: <c>$argon2id$v=19$m=19456,t=2,p=1$salt$hash</c>, base64 without padding.</summary>
/// <remarks>RFC 9106 §3. Passwords go through SASLprep first, so that every protocol means the same one.</remarks>
public sealed class PasswordHash
{
    /// <summary>Octets.</summary>
    public const int SaltLength = 16;

    /// <summary>Octets.</summary>
    public const int HashLength = 32;

    private const int MaxField = 64;
    private const string Name = "argon2id";
    private const string Version = "v=19";
    private const string Lanes = "p=1";

    private readonly byte[] _salt;
    private readonly byte[] _hash;

    private PasswordHash(Argon2Parameters parameters, byte[] salt, byte[] hash) => (Parameters, _salt, _hash) = (parameters, salt, hash);

    public Argon2Parameters Parameters { get; }

    /// <summary>A random hash that no password is known for; to check against it costs what any costs.</summary>
    public static PasswordHash Unmatched(Argon2Parameters parameters) =>
        new(parameters, RandomNumberGenerator.GetBytes(SaltLength), RandomNumberGenerator.GetBytes(HashLength));

    /// <summary>Takes tens of milliseconds and the parameters' memory: call it through <see cref="PasswordVerifier"/>.</summary>
    /// <exception cref="ArgumentException">SASLprep refuses the password, or leaves nothing of it.</exception>
    public static PasswordHash Create(string password, Argon2Parameters parameters)
    {
        if (!parameters.IsValid)
        {
            throw new ArgumentException("The Argon2 parameters are out of range.", nameof(parameters));
        }
        if (!SaslPrep.TryPrepare(password, out string? prepared) || prepared.Length == 0)
        {
            throw new ArgumentException("The password is empty or holds characters that no password may hold.", nameof(password));
        }
        byte[] salt = RandomNumberGenerator.GetBytes(SaltLength);
        return new PasswordHash(parameters, salt, Compute(prepared, salt, parameters, HashLength));
    }

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PasswordHash? hash)
    {
        hash = null;
        if (text?.Split('$') is not ["", Name, Version, var costs, var salt, var digest]
            || costs.Split(',') is not [var memory, var passes, Lanes]
            || ReadNumber(memory, "m=") is not { } memoryKiB
            || ReadNumber(passes, "t=") is not { } passCount)
        {
            return false;
        }
        var parameters = new Argon2Parameters(memoryKiB, passCount);
        if (parameters.IsValid
            && Decode(salt) is { Length: SaltLength } saltOctets
            && Decode(digest) is { Length: >= 16 and <= MaxField } hashOctets)
        {
            hash = new PasswordHash(parameters, saltOctets, hashOctets);
        }
        return hash is not null;
    }

    /// <summary>Takes as long as <see cref="Create"/>, also for a password that SASLprep refuses.</summary>
    public bool Matches(string password)
    {
        bool isPrepared = SaslPrep.TryPrepare(password, out string? prepared);
        byte[] hash = Compute(isPrepared ? prepared! : "", _salt, Parameters, _hash.Length);
        return CryptographicOperations.FixedTimeEquals(hash, _hash) && isPrepared && prepared!.Length > 0;
    }

    /// <summary>It was made with other parameters than these: hash anew at the next sign-in, when the password is at hand.</summary>
    public bool NeedsRehash(Argon2Parameters wanted) => Parameters != wanted || _hash.Length != HashLength;

    /// <summary>The text to store. Not called ToString, so that no log writes it.</summary>
    public string Format() => string.Create(
        CultureInfo.InvariantCulture,
        $"${Name}${Version}$m={Parameters.MemoryKiB},t={Parameters.Passes},{Lanes}${Encode(_salt)}${Encode(_hash)}");

    private static byte[] Compute(string prepared, byte[] salt, Argon2Parameters parameters, int length)
    {
        byte[] password = Encoding.UTF8.GetBytes(prepared);
        var argon2 = new Argon2id(new NSec.Cryptography.Argon2Parameters
        {
            DegreeOfParallelism = 1,
            MemorySize = parameters.MemoryKiB,
            NumberOfPasses = parameters.Passes,
        });
        byte[] hash = argon2.DeriveBytes(password, salt, length);
        CryptographicOperations.ZeroMemory(password);
        return hash;
    }

    private static int? ReadNumber(string text, string name) =>
        text.StartsWith(name, StringComparison.Ordinal) && int.TryParse(text.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;

    private static string Encode(byte[] octets) => Convert.ToBase64String(octets).TrimEnd('=');

    private static byte[]? Decode(string text)
    {
        if (text.Length > 2 * MaxField || text.Contains('='))
        {
            return null;
        }
        try
        {
            return Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
