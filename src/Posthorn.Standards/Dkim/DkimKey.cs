using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;

namespace Posthorn.Standards.Dkim;

/// <summary>A private key under its selector. Signs from any number of threads. Its text form is a secret; <see cref="ToString"/> is not.</summary>
/// <remarks>RFC 6376 §3.3, RFC 8301 §3.2 (RSA of 2048 bits), RFC 8463 §3.</remarks>
public sealed class DkimKey : IDisposable
{
    public const string RsaSha256 = "rsa-sha256";
    public const string Ed25519Sha256 = "ed25519-sha256";

    /// <summary>RFC 8301 §3.2: what signers should use at least; longer ones do not fit every name server's UDP answer.</summary>
    public const int RsaBits = 2048;

    // RFC 1035 §3.3: a string of a TXT record.
    private const int StringOctets = 255;

    private readonly string _pem;
    private readonly Ed25519PrivateKeyParameters? _ed25519;

    // RSA objects are not promised to serve several threads at once, and reading the PEM costs a tenth of a signature.
    private readonly ConcurrentBag<RSA> _rsa = [];

    private DkimKey(string selector, string pem, RSA? rsa, Ed25519PrivateKeyParameters? ed25519)
    {
        Selector = selector;
        _pem = pem;
        _ed25519 = ed25519;
        if (rsa is not null)
        {
            _rsa.Add(rsa);
        }
        PublicRecord = rsa is not null
            ? $"v=DKIM1; k=rsa; p={Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo())}"
            : $"v=DKIM1; k=ed25519; p={Convert.ToBase64String(ed25519!.GeneratePublicKey().GetEncoded())}";
    }

    public string Selector { get; }

    /// <summary>Tag "a" of signatures made with it.</summary>
    public string Algorithm => _ed25519 is null ? RsaSha256 : Ed25519Sha256;

    /// <summary>The text of the TXT record, in one piece.</summary>
    public string PublicRecord { get; }

    public static DkimKey GenerateRsa(string selector)
    {
        var rsa = RSA.Create(RsaBits);
        return new DkimKey(selector, rsa.ExportPkcs8PrivateKeyPem(), rsa, null);
    }

    public static DkimKey GenerateEd25519(string selector)
    {
        var key = new Ed25519PrivateKeyParameters(RandomNumberGenerator.GetBytes(Ed25519.SecretKeySize));
        byte[] octets = PrivateKeyInfoFactory.CreatePrivateKeyInfo(key).GetDerEncoded();
        return new DkimKey(selector, PemEncoding.WriteString("PRIVATE KEY", octets), null, key);
    }

    /// <summary>Reads PKCS#8, or the PKCS#1 form of older tools for RSA.</summary>
    /// <exception cref="FormatException">No private key of a kind that signs, or too short a one.</exception>
    public static DkimKey FromPem(string selector, string pem)
    {
        RSA? rsa = null;
        try
        {
            PemFields fields = PemEncoding.Find(pem);
            byte[] octets = Convert.FromBase64String(pem[fields.Base64Data]);
            if (pem[fields.Label] == "PRIVATE KEY" && PrivateKeyFactory.CreateKey(octets) is Ed25519PrivateKeyParameters ed25519)
            {
                return new DkimKey(selector, pem, null, ed25519);
            }
            rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            if (rsa.KeySize < DkimPublicKey.MinRsaBits)
            {
                throw new FormatException($"A DKIM key of {rsa.KeySize} bits proves nothing; {RsaBits} are usual.");
            }
            return new DkimKey(selector, pem, rsa, null);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or CryptographicException or GeneralSecurityException or IOException)
        {
            rsa?.Dispose();
            throw e as FormatException ?? new FormatException("Not a private key in PEM that DKIM can sign with (RSA or Ed25519).", e);
        }
    }

    /// <summary>The private key. A secret.</summary>
    public string ToPem() => _pem;

    /// <summary>The record as it stands in a zone file: the name absolute, the text cut into strings that fit.</summary>
    public string ZoneLine(string domain)
    {
        var line = new StringBuilder($"{Selector}._domainkey.{domain}. IN TXT (");
        foreach (char[] part in PublicRecord.Chunk(StringOctets))
        {
            line.Append(" \"").Append(part).Append('"');
        }
        return line.Append(" )").ToString();
    }

    public override string ToString() => $"{Selector} ({Algorithm})";

    public void Dispose()
    {
        while (_rsa.TryTake(out RSA? rsa))
        {
            rsa.Dispose();
        }
    }

    /// <param name="digest">SHA-256 of what is signed. Ed25519 signs the digest as its message (RFC 8463 §3).</param>
    internal byte[] Sign(byte[] digest)
    {
        if (_ed25519 is not null)
        {
            byte[] signature = new byte[Ed25519.SignatureSize];
            _ed25519.Sign(Ed25519.Algorithm.Ed25519, null, digest, 0, digest.Length, signature, 0);
            return signature;
        }
        if (!_rsa.TryTake(out RSA? rsa))
        {
            rsa = RSA.Create();
            rsa.ImportFromPem(_pem);
        }
        byte[] signed = rsa.SignHash(digest, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        _rsa.Add(rsa);
        return signed;
    }
}
