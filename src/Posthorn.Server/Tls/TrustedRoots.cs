using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Posthorn.Server.Tls;

/// <summary>Authorities from a PEM file, and chains that end in one of them. Revocation is not asked for, and nothing is fetched.</summary>
internal sealed class TrustedRoots
{
    private readonly TimeProvider _time;

    /// <param name="pem">One certificate or several, in PEM.</param>
    /// <param name="source">Where they come from, for the message of a fault.</param>
    /// <param name="time">For dates of certificates.</param>
    /// <exception cref="CertificateException">There is none, or one cannot be read.</exception>
    public TrustedRoots(string pem, string source, TimeProvider time)
    {
        try
        {
            Certificates.ImportFromPem(pem);
        }
        catch (CryptographicException fault)
        {
            throw new CertificateException($"{source} holds a certificate that cannot be read: {fault.Message}", fault);
        }
        if (Certificates.Count == 0)
        {
            throw new CertificateException($"{source} holds no certificate (no \"BEGIN CERTIFICATE\" in it).");
        }
        _time = time;
    }

    public X509Certificate2Collection Certificates { get; } = [];

    /// <summary>To be built from a certificate, and disposed by the caller.</summary>
    public X509Chain NewChain()
    {
        var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                VerificationTime = _time.GetUtcNow().UtcDateTime,
                DisableCertificateDownloads = true,
            },
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(Certificates);
        return chain;
    }
}
