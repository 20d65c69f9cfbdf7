using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Posthorn.Server.Tls;

/// <summary>A certificate with its chain and key, ready for handshakes.</summary>
/// <remarks>Never disposed: handshakes in flight may use it after a reload, and the collector frees it when the last one is over.</remarks>
public sealed class ServerCertificate
{
    private const string RsaPss = "1.2.840.113549.1.1.10";
    private const string Ed25519 = "1.3.101.112";
    private const string Ed448 = "1.3.101.113";

    private SslServerAuthenticationOptions? _asking;

    internal ServerCertificate(X509Certificate2 leaf, X509Certificate2Collection intermediates)
    {
        Leaf = leaf;
        Intermediates = intermediates;
        DnsNames = [.. NamesOf(leaf)];
        EndPointBinding = BindingOf(leaf);
        Authentication = new SslServerAuthenticationOptions
        {
            // Offline: a missing intermediate is the operator's to add, not ours to fetch while clients wait.
            ServerCertificateContext = SslStreamCertificateContext.Create(leaf, intermediates, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = false,
            // Resumption is what lets .NET share one OpenSSL context between connections; without it each has its own.
            AllowTlsResume = true,
            AllowRenegotiation = false,
        };
        Https = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = Authentication.ServerCertificateContext,
            EnabledSslProtocols = Authentication.EnabledSslProtocols,
            ClientCertificateRequired = false,
            AllowTlsResume = true,
            AllowRenegotiation = false,
            // Named here: Kestrel writes into options that name none, and these are shared by all connections.
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
    }

    public X509Certificate2 Leaf { get; }

    /// <summary>What stands between it and a root that others know, as the file has it.</summary>
    public X509Certificate2Collection Intermediates { get; }

    /// <summary>Lower-case DNS names, "*." for one label of any name.</summary>
    public IReadOnlyList<string> DnsNames { get; }

    /// <summary>The channel binding tls-server-end-point; null where the certificate's signature has no hash. RFC 5929 §4.1.</summary>
    public ReadOnlyMemory<byte>? EndPointBinding { get; }

    internal SslServerAuthenticationOptions Authentication { get; }

    /// <summary>For the web: the same chain, with the versions of HTTP. Not to be changed.</summary>
    public SslServerAuthenticationOptions Https { get; }

    /// <summary>The same, and the client is asked for a certificate; it may have none. What it shows is judged after the handshake.</summary>
    internal SslServerAuthenticationOptions Asking(ClientAuthority clients) => _asking ??= new SslServerAuthenticationOptions
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(Leaf, Intermediates, offline: true, clients.Trust),
        EnabledSslProtocols = Authentication.EnabledSslProtocols,
        ClientCertificateRequired = true,
#pragma warning disable CA5359 // Not whom to trust is decided here, only that the handshake goes on: ClientAuthority.Identify judges.
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        // A resumed session brings no certificate along.
        AllowTlsResume = false,
        AllowRenegotiation = false,
    };

    private static IEnumerable<string> NamesOf(X509Certificate2 leaf)
    {
        var names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault()?.EnumerateDnsNames() ?? [];
        return names.Select(name => name.ToLowerInvariant()).Distinct();
    }

    private static ReadOnlyMemory<byte>? BindingOf(X509Certificate2 leaf)
    {
        if (SignatureHash(leaf) is not { } hash)
        {
            return null;
        }
        return CryptographicOperations.HashData(hash, leaf.RawData);
    }

    /// <summary>RFC 5929 §4.1: the hash of the certificate's own signature, SHA-256 in place of MD5 and SHA-1.</summary>
    private static HashAlgorithmName? SignatureHash(X509Certificate2 leaf)
    {
        var oid = leaf.SignatureAlgorithm.Value;
        return (oid == RsaPss ? PssHash(leaf) : oid) switch
        {
            Ed25519 or Ed448 => null,
            // sha384WithRSAEncryption, ecdsa-with-SHA384, id-sha384
            "1.2.840.113549.1.1.12" or "1.2.840.10045.4.3.3" or "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
            // sha512WithRSAEncryption, ecdsa-with-SHA512, id-sha512
            "1.2.840.113549.1.1.13" or "1.2.840.10045.4.3.4" or "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };
    }

    // RSASSA-PSS-params ::= SEQUENCE { hashAlgorithm [0] HashAlgorithm DEFAULT sha1, ... }     RFC 4055 §3.1
    private static string? PssHash(X509Certificate2 leaf)
    {
        var certificate = new AsnReader(leaf.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
        certificate.ReadEncodedValue();
        var algorithm = certificate.ReadSequence();
        algorithm.ReadObjectIdentifier();
        var parameters = algorithm.ReadSequence();
        var first = new Asn1Tag(TagClass.ContextSpecific, 0);
        return parameters.HasData && parameters.PeekTag().HasSameClassAndValue(first)
            ? parameters.ReadSequence(first).ReadSequence().ReadObjectIdentifier()
            : null;
    }
}
