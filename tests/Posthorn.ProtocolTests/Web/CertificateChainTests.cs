using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Posthorn.Configuration;

namespace Posthorn.ProtocolTests.Web;

/// <summary>A certificate below an intermediate, as public authorities issue them: every port shows what leads to the root.</summary>
public sealed class CertificateChainTests : IDisposable
{
    private const string Name = "mx.example.test";

    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-chain-").FullName;
    private readonly X509Certificate2 _root;

    public CertificateChainTests()
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        (DateTimeOffset from, DateTimeOffset to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _root = Authority("Root", rootKey).CreateSelfSigned(from, to);
        using X509Certificate2 middle = Authority("Intermediate", middleKey).Create(_root, from, to, [1]).CopyWithPrivateKey(middleKey);
        var request = new CertificateRequest($"CN={Name}", leafKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 leaf = request.Create(middle, from, to, [2]);
        File.WriteAllText(PathOf("chain.pem"), $"{leaf.ExportCertificatePem()}\n{middle.ExportCertificatePem()}\n");
        File.WriteAllText(PathOf("key.pem"), leafKey.ExportPkcs8PrivateKeyPem());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("imaps")]
    [InlineData("web")]
    public async Task Who_knows_the_root_alone_is_shown_the_way_to_it(string listener)
    {
        await using TestServer server = await StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, listener == "web" ? server.WebAddress.Port : server.Port(listener), Cancel);
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsClientAsync(KnowingTheRoot(), Cancel);
        Assert.True(tls.IsAuthenticated);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task The_web_speaks_both_versions_of_http(string version)
    {
        await using TestServer server = await StartAsync();
        using var handler = new SocketsHttpHandler
        {
            SslOptions = KnowingTheRoot(),
            AllowAutoRedirect = false,
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, server.WebAddress.Port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{Name}/help") { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage response = await http.SendAsync(request, Cancel);
        Assert.Equal((HttpStatusCode.OK, version), (response.StatusCode, response.Version.ToString()));
    }

    public void Dispose()
    {
        _root.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request;
    }

    private Task<TestServer> StartAsync() =>
        TestServer.StartAsync(change: options => options with { Tls = new TlsOptions { Certificate = PathOf("chain.pem"), Key = PathOf("key.pem") } });

    private SslClientAuthenticationOptions KnowingTheRoot() => new()
    {
        TargetHost = Name,
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { _root },
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
        },
    };

    private string PathOf(string file) => Path.Combine(_folder, file);
}
