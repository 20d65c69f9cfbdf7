using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Posthorn.Server.Tls;

/// <summary>Where a certificate is: two PEM files, or the same one twice.</summary>
/// <param name="Chain">The server's certificate first, then its intermediates.</param>
/// <param name="Key">Its private key, not encrypted.</param>
public sealed record CertificateFiles(string Chain, string Key)
{
    internal (string Chain, string Key) Read() => (ReadFile(Chain), ReadFile(Key));

    /// <exception cref="CertificateException">Says which file is wrong and how.</exception>
    internal ServerCertificate Load(string chain, string key)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(chain);
        }
        catch (CryptographicException fault)
        {
            throw new CertificateException($"{Chain} holds a certificate that cannot be read: {fault.Message}", fault);
        }
        if (certificates.Count == 0)
        {
            throw new CertificateException($"{Chain} holds no certificate (no \"BEGIN CERTIFICATE\" in it).");
        }
        if (key.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new CertificateException($"{Key} is encrypted with a password; give a key without one.");
        }
        try
        {
            var leaf = X509Certificate2.CreateFromPem(chain, key);
            certificates[0].Dispose();
            certificates.RemoveAt(0);
            return new ServerCertificate(leaf, certificates);
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            throw new CertificateException($"{Key} does not hold the private key of the first certificate in {Chain}: {fault.Message}", fault);
        }
    }

    private static string ReadFile(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"{path} cannot be read: {fault.Message}", fault);
        }
    }
}

/// <summary>A certificate that cannot be used; the message names the file and what is wrong.</summary>
public sealed class CertificateException : Exception
{
    public CertificateException(string message) : base(message)
    {
    }

    public CertificateException(string message, Exception inner) : base(message, inner)
    {
    }
}
