using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Posthorn.Server.Tls;

/// <summary>Authorities of one's own whose certificates other mail servers may show, beside those that the system trusts.</summary>
/// <remarks>For closed networks: a smarthost there seldom has a certificate of a public authority. Revocation is not asked for.</remarks>
public sealed class ServerAuthority
{
    // RFC 5280 §4.2.1.12: id-kp-serverAuth.
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly X509Certificate2Collection _roots = [];
    private readonly TimeProvider _time;

    /// <param name="pem">One certificate or several, in PEM.</param>
    /// <param name="source">Where they come from, for the message of a fault.</param>
    /// <param name="time">For dates of certificates.</param>
    /// <exception cref="CertificateException">There is none, or one cannot be read.</exception>
    public ServerAuthority(string pem, string source, TimeProvider time)
    {
        try
        {
            _roots.ImportFromPem(pem);
        }
        catch (CryptographicException fault)
        {
            throw new CertificateException($"{source} holds a certificate that cannot be read: {fault.Message}", fault);
        }
        if (_roots.Count == 0)
        {
            throw new CertificateException($"{source} holds no certificate (no \"BEGIN CERTIFICATE\" in it).");
        }
        _time = time;
    }

    /// <summary>One of the authorities vouches for the certificate. Whether it names the right host is not looked at here.</summary>
    /// <param name="shown">The server's.</param>
    /// <param name="sent">The certificates that came with it, between it and its authority.</param>
    internal bool Vouches(X509Certificate? shown, X509Chain? sent)
    {
        if (shown is null)
        {
            return false;
        }
        using var leaf = new X509Certificate2(shown);
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                VerificationTime = _time.GetUtcNow().UtcDateTime,
                DisableCertificateDownloads = true,
            },
        };
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.CustomTrustStore.AddRange(_roots);
        chain.ChainPolicy.ExtraStore.AddRange(sent?.ChainPolicy.ExtraStore ?? []);
        try
        {
            return chain.Build(leaf);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
