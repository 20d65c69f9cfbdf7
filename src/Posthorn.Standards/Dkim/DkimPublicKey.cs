using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Posthorn.Standards.Dkim;

/// <summary>A key record from the DNS, ready to verify.</summary>
/// <remarks>RFC 6376 §3.6.1, RFC 8463 §4, RFC 8301 §3.2 (sizes).</remarks>
internal sealed class DkimPublicKey : IDisposable
{
    /// <summary>RFC 8301 §3.2: shorter keys prove nothing.</summary>
    public const int MinRsaBits = 1024;

    /// <summary>Longer keys only cost us time.</summary>
    public const int MaxRsaBits = 4096;

    private readonly RSA? _rsa;
    private readonly Ed25519PublicKeyParameters? _ed25519;

    private DkimPublicKey(RSA? rsa, Ed25519PublicKeyParameters? ed25519, bool testing, bool strict)
    {
        _rsa = rsa;
        _ed25519 = ed25519;
        IsTesting = testing;
        IsStrict = strict;
    }

    /// <summary>Flag "y".</summary>
    public bool IsTesting { get; }

    /// <summary>Flag "s": tag "i" of the signature must name exactly the domain of tag "d".</summary>
    public bool IsStrict { get; }

    /// <summary>Algorithm of signatures it verifies.</summary>
    public string Algorithm => _rsa is null ? DkimKey.Ed25519Sha256 : DkimKey.RsaSha256;

    /// <summary>The text looks like a key record at all; others at the same name are passed over.</summary>
    public static bool IsOne(string text) =>
        DkimTagList.TryParse(text, out DkimTagList? tags) && tags["p"] is not null && (tags["v"] is null or "DKIM1");

    /// <returns>False with what is wrong.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out DkimPublicKey? key, [NotNullWhen(false)] out string? wrong)
    {
        key = null;
        wrong = null;
        if (!DkimTagList.TryParse(text, out DkimTagList? tags) || tags.Compact("p") is not { } p)
        {
            wrong = "the key record cannot be read";
            return false;
        }
        if (p.Length == 0)
        {
            wrong = "the key is revoked";
            return false;
        }
        if (!Allows(tags.Compact("s"), "*", "email") || !Allows(tags.Compact("h"), "sha256"))
        {
            wrong = "the key is for other use";
            return false;
        }
        byte[] octets = new byte[p.Length];
        if (!Convert.TryFromBase64String(p, octets, out int length))
        {
            wrong = "the key is no base64";
            return false;
        }
        string[] flags = tags.Compact("t")?.Split(':') ?? [];
        bool testing = flags.Contains("y");
        bool strict = flags.Contains("s");
        switch (tags.Compact("k") ?? "rsa")
        {
            case "rsa" when ImportRsa(octets.AsSpan(0, length)) is { } rsa:
                key = new DkimPublicKey(rsa, null, testing, strict);
                return Check(rsa.KeySize is >= MinRsaBits and <= MaxRsaBits, $"an RSA key of {rsa.KeySize} bits is not accepted", ref key, ref wrong);
            case "ed25519" when length == Ed25519.PublicKeySize && Ed25519.ValidatePublicKeyFull(octets, 0):
                key = new DkimPublicKey(null, new Ed25519PublicKeyParameters(octets.AsSpan(0, length)), testing, strict);
                return true;
            case "rsa" or "ed25519":
                wrong = "the key cannot be read";
                return false;
            default:
                wrong = "the key is of an unknown type";
                return false;
        }
    }

    /// <param name="digest">SHA-256 of what was signed.</param>
    /// <param name="signature">Tag "b".</param>
    public bool Verifies(ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        if (_rsa is not null)
        {
            try
            {
                return _rsa.VerifyHash(digest, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            }
            catch (CryptographicException)
            {
                // A key that could be read and makes no sense as numbers.
                return false;
            }
        }
        byte[] message = digest.ToArray();
        return signature.Length == Ed25519.SignatureSize
            && _ed25519!.Verify(Ed25519.Algorithm.Ed25519, null, message, 0, message.Length, signature.ToArray(), 0);
    }

    public void Dispose() => _rsa?.Dispose();

    private static bool Check(bool good, string otherwise, ref DkimPublicKey? key, ref string? wrong)
    {
        if (!good)
        {
            key?.Dispose();
            key = null;
            wrong = otherwise;
        }
        return good;
    }

    private static bool Allows(string? list, params ReadOnlySpan<string> any)
    {
        if (list is null)
        {
            return true;
        }
        foreach (string name in list.Split(':'))
        {
            if (any.Contains(name))
            {
                return true;
            }
        }
        return false;
    }

    // RFC 6376 §3.6.1 means RSAPublicKey, its examples and everybody's practice are SubjectPublicKeyInfo (erratum 3017): take both.
    private static RSA? ImportRsa(ReadOnlySpan<byte> octets)
    {
        var rsa = RSA.Create();
        foreach (bool whole in (ReadOnlySpan<bool>)[true, false])
        {
            try
            {
                int read;
                if (whole)
                {
                    rsa.ImportSubjectPublicKeyInfo(octets, out read);
                }
                else
                {
                    rsa.ImportRSAPublicKey(octets, out read);
                }
                return rsa;
            }
            catch (CryptographicException)
            {
                // The other encoding, or none.
            }
        }
        rsa.Dispose();
        return null;
    }
}
