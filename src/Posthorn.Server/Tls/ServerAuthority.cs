using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Posthorn.Server.Tls;

/// <summary>Authorities of one's own whose certificates other mail servers may show, beside those that the system trusts.</summary>
/// <remarks>For closed networks: a smarthost there seldom has a certificate of a public authority. Revocation is not asked for.</remarks>
public sealed class ServerAuthority
{
    // RFC 5280 §4.2.1.12: id-kp-serverAuth.
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly TrustedRoots _roots;

    /// <param name="pem">One certificate or several, in PEM.</param>
    /// <param name="source">Where they come from, for the message of a fault.</param>
    /// <param name="time">For dates of certificates.</param>
    /// <exception cref="CertificateException">There is none, or one cannot be read.</exception>
    public ServerAuthority(string pem, string source, TimeProvider time) => _roots = new TrustedRoots(pem, source, time);

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
        using X509Chain chain = _roots.NewChain();
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
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
