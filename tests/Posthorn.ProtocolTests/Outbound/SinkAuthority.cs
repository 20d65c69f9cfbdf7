using System.Security.Cryptography.X509Certificates;
using Posthorn.Server.Tls;

namespace Posthorn.ProtocolTests.Outbound;

/// <summary>Makes the certificates that other servers show.</summary>
internal sealed class SinkAuthority : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-authority-").FullName;
    private readonly LocalAuthority _authority;

    public SinkAuthority() => _authority = LocalAuthority.Open(_folder, TimeProvider.System);

    /// <summary>PEM file, for who is to trust it.</summary>
    public string File => _authority.CertificateFile;

    public X509Certificate2 Issue(params string[] names)
    {
        CertificateFiles files = _authority.Issue(names, [], KeyType.EcP256);
        return X509Certificate2.CreateFromPemFile(files.Chain, files.Key);
    }

    /// <summary>A file with one line, beside the certificates.</summary>
    public string Write(string name, string line)
    {
        string path = Path.Combine(_folder, name);
        System.IO.File.WriteAllText(path, line);
        return path;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
