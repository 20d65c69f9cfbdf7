using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Posthorn.Standards.Sasl;

/// <summary>What a server keeps to check SCRAM-SHA-256: no password, but enough to try passwords against; a secret.</summary>
/// <remarks>
/// RFC 5802 §3, RFC 7677 §3. As text (RFC 5803 §2): <c>SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey</c>, the three in base64.
/// </remarks>
public sealed class ScramKeys
{
    /// <summary>RFC 7677 §3: at least 4096.</summary>
    public const int MinIterations = 4_096;

    /// <summary>
    /// The client pays for each iteration at every sign-in, the server only when the password changes; whoever stole the store pays for each guess. Clients
    /// on Cyrus SASL (mbsync among them) refuse more than 65,536.
    /// </summary>
    public const int DefaultIterations = 60_000;

    /// <summary>Above it the text is not ours: nobody's client would wait.</summary>
    public const int MaxIterations = 10_000_000;

    /// <summary>Octets.</summary>
    public const int SaltLength = 16;

    /// <summary>Octets of a key: SHA-256.</summary>
    public const int KeyLength = SHA256.HashSizeInBytes;

    private const int MaxSalt = 64;
    private const string Name = "SCRAM-SHA-256";

    private readonly byte[] _salt;
    private readonly byte[] _storedKey;
    private readonly byte[] _serverKey;

    private ScramKeys(byte[] salt, int iterations, byte[] storedKey, byte[] serverKey) =>
        (_salt, Iterations, _storedKey, _serverKey) = (salt, iterations, storedKey, serverKey);

    public int Iterations { get; }

    public ReadOnlySpan<byte> Salt => _salt;

    /// <summary>H(HMAC(SaltedPassword, "Client Key")).</summary>
    public ReadOnlySpan<byte> StoredKey => _storedKey;

    /// <summary>HMAC(SaltedPassword, "Server Key").</summary>
    public ReadOnlySpan<byte> ServerKey => _serverKey;

    /// <summary>Keys of a new password. Takes as long as a client takes: tens of milliseconds for 100,000 iterations.</summary>
    /// <exception cref="ArgumentException">SASLprep refuses the password, or leaves nothing of it.</exception>
    public static ScramKeys Create(string password, int iterations) => Create(password, iterations, RandomNumberGenerator.GetBytes(SaltLength));

    /// <summary>Keys with a given salt.</summary>
    /// <exception cref="ArgumentException">SASLprep refuses the password, or leaves nothing of it.</exception>
    public static ScramKeys Create(string password, int iterations, ReadOnlySpan<byte> salt)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, MinIterations);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(iterations, MaxIterations);
        if (!SaslPrep.TryPrepare(password, out string? prepared) || prepared.Length == 0)
        {
            throw new ArgumentException("The password is empty or holds characters that no password may hold.", nameof(password));
        }
        // Hi() is PBKDF2 with HMAC: RFC 5802 §2.2.
        byte[] saltedPassword = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(prepared), salt, iterations, HashAlgorithmName.SHA256, KeyLength);
        byte[] clientKey = HMACSHA256.HashData(saltedPassword, "Client Key"u8);
        return new ScramKeys(salt.ToArray(), iterations, SHA256.HashData(clientKey), HMACSHA256.HashData(saltedPassword, "Server Key"u8));
    }

    /// <summary>
    /// Keys that no password fits, the same for each try, so that an unknown user cannot be told from a known one before the end, nor at it.
    /// </summary>
    /// <param name="secret">Random octets that belong to the store, and stay with it: a salt that changed at a restart would give the unknown away.</param>
    public static ScramKeys ForUnknownUser(ReadOnlySpan<byte> secret, string user, int iterations) =>
        new(Derive(secret, 1, user)[..SaltLength], iterations, Derive(secret, 2, user), Derive(secret, 3, user));

    /// <summary>Both can serve in one exchange: a client computes the same from its password for either.</summary>
    public bool SharesSalt(ScramKeys other) => Iterations == other.Iterations && Salt.SequenceEqual(other.Salt);

    /// <summary>The same password, of the same salt.</summary>
    public bool IsSame(ScramKeys other) => SharesSalt(other) && CryptographicOperations.FixedTimeEquals(StoredKey, other.StoredKey);

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ScramKeys? keys)
    {
        keys = null;
        if (text?.Split('$') is not [Name, var cost, var pair] || cost.Split(':') is not [var count, var salt] || pair.Split(':') is not [var stored, var server])
        {
            return false;
        }
        if (int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int iterations)
            && iterations is >= MinIterations and <= MaxIterations
            && TryDecode(salt) is { Length: > 0 and <= MaxSalt } saltOctets
            && TryDecode(stored) is { Length: KeyLength } storedKey
            && TryDecode(server) is { Length: KeyLength } serverKey)
        {
            keys = new ScramKeys(saltOctets, iterations, storedKey, serverKey);
        }
        return keys is not null;
    }

    /// <summary>The text to store. Not called ToString, so that no log writes it.</summary>
    public string Format() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}${Iterations}:{Convert.ToBase64String(_salt)}${Convert.ToBase64String(_storedKey)}:{Convert.ToBase64String(_serverKey)}");

    private static byte[]? TryDecode(string text) => SaslBase64.TryDecode(Encoding.UTF8.GetBytes(text));

    private static byte[] Derive(ReadOnlySpan<byte> secret, int purpose, string user)
    {
        byte[] text = new byte[sizeof(int) + Encoding.UTF8.GetByteCount(user)];
        BinaryPrimitives.WriteInt32BigEndian(text, purpose);
        Encoding.UTF8.GetBytes(user, text.AsSpan(sizeof(int)));
        return HMACSHA256.HashData(secret, text);
    }
}
