using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Posthorn.Core.Accounts;

/// <summary>Passwords verified a short while ago, so that a telephone that signs in every minute does not cost an Argon2 each time.</summary>
/// <remarks>
/// Holds keyed hashes only; the key lives as long as the process. A changed password makes the old entries useless twice over: the credential version is
/// part of what is hashed, and <see cref="Forget"/> drops them. The caller passes the version of the row it has just read.
/// </remarks>
public sealed class CredentialCache
{
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(10);

    public const int DefaultCapacity = 10_000;

    private readonly Lock _lock = new();
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);
    private readonly RecentTable<Digest, Entry> _entries;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;

    /// <param name="lifetime">Counted from the verification, not from the last use.</param>
    public CredentialCache(TimeSpan lifetime, int capacity, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        (_lifetime, _time, _entries) = (lifetime, time, new(capacity));
    }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The same password was verified for the same version of the account's credentials.</summary>
    public bool IsVerified(AccountId account, long credentialVersion, string password)
    {
        Digest digest = DigestOf(account, credentialVersion, password);
        lock (_lock)
        {
            if (!_entries.TryGet(digest, out Entry entry))
            {
                return false;
            }
            if (_time.GetElapsedTime(entry.VerifiedAt) < _lifetime)
            {
                return true;
            }
            _entries.Remove(digest);
            return false;
        }
    }

    /// <param name="credentialVersion">The version that was verified, read together with the hash.</param>
    public void Remember(AccountId account, long credentialVersion, string password)
    {
        Digest digest = DigestOf(account, credentialVersion, password);
        lock (_lock)
        {
            _entries.Set(digest, new Entry(account, _time.GetTimestamp()));
        }
    }

    /// <summary>Drops what is known of an account: its password changed, or it was disabled or removed.</summary>
    public void Forget(AccountId account)
    {
        lock (_lock)
        {
            _entries.RemoveWhere(entry => entry.Account == account);
        }
    }

    private Digest DigestOf(AccountId account, long credentialVersion, string password)
    {
        byte[] text = new byte[(2 * sizeof(long)) + Encoding.UTF8.GetByteCount(password)];
        BinaryPrimitives.WriteInt64BigEndian(text, account.Value);
        BinaryPrimitives.WriteInt64BigEndian(text.AsSpan(sizeof(long)), credentialVersion);
        Encoding.UTF8.GetBytes(password, text.AsSpan(2 * sizeof(long)));
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, text, hash);
        CryptographicOperations.ZeroMemory(text);
        return new Digest(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }

    private readonly record struct Digest(UInt128 High, UInt128 Low);

    private readonly record struct Entry(AccountId Account, long VerifiedAt);
}
