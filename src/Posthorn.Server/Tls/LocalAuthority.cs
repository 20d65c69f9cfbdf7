using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Posthorn.Server.Tls;

/// <summary>The key of a server certificate.</summary>
public enum KeyType
{
    /// <summary>What every mail client takes.</summary>
    Rsa2048,

    /// <summary>Cheaper handshakes.</summary>
    EcP256,
}

/// <summary>A certificate authority of one's own, in a folder: for demo mode, benches and tests, where no public one can issue.</summary>
/// <remarks>
/// The folder holds <c>ca.pem</c> and <c>ca.key</c>, and per server name <c>NAME.pem</c> (its chain) and <c>NAME.key</c>; keys have mode
/// 0600. What is there and still good is used again, so that a client which trusts the authority once trusts it at the next start.
/// </remarks>
public sealed class LocalAuthority
{
    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);

    // Apple's clients refuse server certificates that are valid for longer than 825 days, also from own authorities.
    private static readonly TimeSpan ServerLifetime = TimeSpan.FromDays(397);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    // Clients whose clock is behind.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromDays(1);
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly X509Certificate2 _authority;

    private LocalAuthority(string folder, TimeProvider time, X509Certificate2 authority)
    {
        _folder = folder;
        _time = time;
        _authority = authority;
    }

    /// <summary>The authority's certificate as a PEM file, for clients to trust.</summary>
    public string CertificateFile => Path.Combine(_folder, "ca.pem");

    /// <summary>The authority's certificate, without its key.</summary>
    public X509Certificate2 Certificate => X509CertificateLoader.LoadCertificate(_authority.RawData);

    /// <summary>Opens the authority in a folder, or makes one.</summary>
    public static LocalAuthority Open(string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        var files = FilesOf(folder, "ca");
        if (Existing(files) is { } authority && authority.NotAfter.ToUniversalTime() > time.GetUtcNow().UtcDateTime + ServerLifetime)
        {
            return new LocalAuthority(folder, time, authority);
        }
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Posthorn local authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = time.GetUtcNow();
        authority = request.CreateSelfSigned(now - ClockSkew, now + AuthorityLifetime);
        WriteFile(files.Key, key.ExportPkcs8PrivateKeyPem(), secret: true);
        WriteFile(files.Chain, authority.ExportCertificatePem(), secret: false);
        return new LocalAuthority(folder, time, authority);
    }

    /// <summary>A server certificate for these names, from the folder where it is still good for exactly them.</summary>
    /// <param name="names">DNS names, the server's own first.</param>
    /// <param name="addresses">IP addresses that clients connect to without a name.</param>
    /// <param name="keyType">The key of a new certificate.</param>
    public CertificateFiles Issue(IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses, KeyType keyType)
    {
        ArgumentOutOfRangeException.ThrowIfZero(names.Count);
        var files = FilesOf(_folder, names[0].Replace('*', '_'));
        if (Existing(files) is { } existing && IsGood(existing, names, addresses, keyType))
        {
            return files;
        }
        using var rsa = keyType == KeyType.Rsa2048 ? RSA.Create(2048) : null;
        using var ec = keyType == KeyType.EcP256 ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : null;
        var subject = $"CN={names[0]}";
        var request = rsa is not null
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, ec!, HashAlgorithmName.SHA256);
        AddServerExtensions(request, names, addresses);
        using var leaf = Sign(request);
        // The key first: a watcher that looks between the two writes finds a pair that does not match, and looks again.
        WriteFile(files.Key, ((AsymmetricAlgorithm?)rsa ?? ec!).ExportPkcs8PrivateKeyPem(), secret: true);
        WriteFile(files.Chain, leaf.ExportCertificatePem() + "\n" + _authority.ExportCertificatePem(), secret: false);
        return files;
    }

    private void AddServerExtensions(CertificateRequest request, IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            alternatives.AddDnsName(name);
        }
        foreach (var address in addresses)
        {
            alternatives.AddIpAddress(address);
        }
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
    }

    private X509Certificate2 Sign(CertificateRequest request)
    {
        Span<byte> serial = stackalloc byte[16];
        RandomNumberGenerator.Fill(serial);
        // RFC 5280 §4.1.2.2: a positive number.
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        using var key = _authority.GetECDsaPrivateKey()!;
        var now = _time.GetUtcNow();
        return request.Create(
            _authority.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now - ClockSkew, now + ServerLifetime, serial);
    }

    private bool IsGood(X509Certificate2 leaf, IReadOnlyList<string> names, IReadOnlyList<IPAddress> addresses, KeyType keyType)
    {
        var alternatives = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        var issuer = leaf.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier;
        var ours = _authority.Extensions.OfType<X509SubjectKeyIdentifierExtension>().First().SubjectKeyIdentifierBytes;
        return alternatives is not null
            && issuer is { } identifier && identifier.Span.SequenceEqual(ours.Span)
            && leaf.NotAfter.ToUniversalTime() > _time.GetUtcNow().UtcDateTime + RenewBefore
            && leaf.PublicKey.Oid.Value == (keyType == KeyType.Rsa2048 ? "1.2.840.113549.1.1.1" : "1.2.840.10045.2.1")
            && alternatives.EnumerateDnsNames().SequenceEqual(names)
            && alternatives.EnumerateIPAddresses().SequenceEqual(addresses);
    }

    private static CertificateFiles FilesOf(string folder, string name) =>
        new(Path.Combine(folder, $"{name}.pem"), Path.Combine(folder, $"{name}.key"));

    private static X509Certificate2? Existing(CertificateFiles files)
    {
        try
        {
            return File.Exists(files.Chain) && File.Exists(files.Key)
                ? X509Certificate2.CreateFromPemFile(files.Chain, files.Key)
                : null;
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            // Broken, or a pair that does not match: made anew.
            return null;
        }
    }

    private static void WriteFile(string path, string pem, bool secret)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (secret && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        // Whole or not at all: written beside, then put in place.
        var beside = path + ".new";
        File.Delete(beside);
        using (var writer = new StreamWriter(beside, options))
        {
            writer.Write(pem);
            writer.Write('\n');
        }
        File.Move(beside, path, overwrite: true);
    }
}
