using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;
using Posthorn.ProtocolTests.Dialogs;


namespace Posthorn.ProtocolTests.Imap;

/// <summary>AUTHENTICATE EXTERNAL by client certificates (RFC 4422 appendix A); they are made here.</summary>
public sealed class ExternalTests
{
    private const string Alice = "alice@example.test";

    // "" and "alice@example.test", "bob@example.test" as initial responses.
    private const string AsNobody = "=";
    private const string AsAlice = "YWxpY2VAZXhhbXBsZS50ZXN0";
    private const string AsBob = "Ym9iQGV4YW1wbGUudGVzdA==";

    [Theory]
    [InlineData(AsNobody)]
    [InlineData(AsAlice)]
    public async Task The_address_of_a_certificate_signs_in(string response)
    {
        using var authority = new ClientCertificates();
        await using ServerFixture server = await ServerFixture.StartAsync(clientAuthority: authority.Pem);
        using X509Certificate2 certificate = authority.Issue(Alice);
        Assert.StartsWith("a1 OK [CAPABILITY ", await SignInAsync(server, certificate, response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_in_the_subject_counts_where_no_other_is_there()
    {
        using var authority = new ClientCertificates();
        await using ServerFixture server = await ServerFixture.StartAsync(clientAuthority: authority.Pem);
        using X509Certificate2 certificate = authority.Issue(null, subject: $"CN=Alice, E={Alice}");
        Assert.StartsWith("a1 OK ", await SignInAsync(server, certificate, AsNobody), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_acts_as_somebody_else()
    {
        using var authority = new ClientCertificates();
        await using ServerFixture server = await ServerFixture.StartAsync(clientAuthority: authority.Pem);
        using X509Certificate2 certificate = authority.Issue(Alice);
        Assert.StartsWith("a1 NO [AUTHORIZATIONFAILED] ", await SignInAsync(server, certificate, AsBob), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_response_may_come_after_a_challenge()
    {
        using var authority = new ClientCertificates();
        await using ServerFixture server = await ServerFixture.StartAsync(clientAuthority: authority.Pem);
        using X509Certificate2 certificate = authority.Issue(Alice);
        await using DialogClient client = await ConnectAsync(server, certificate);
        Assert.Contains("AUTH=EXTERNAL", await client.LineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await client.SayAsync("a1 AUTHENTICATE EXTERNAL\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("+ ", await client.LineAsync(TestContext.Current.CancellationToken));
        await client.SayAsync("\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.StartsWith("a1 OK ", await client.LineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("of a stranger")]
    [InlineData("expired")]
    [InlineData("for servers")]
    [InlineData("without address")]
    public async Task A_certificate_that_does_not_hold_is_as_good_as_none(string what)
    {
        using var authority = new ClientCertificates();
        using var stranger = new ClientCertificates();
        await using ServerFixture server = await ServerFixture.StartAsync(clientAuthority: authority.Pem);
        using X509Certificate2 certificate = what switch
        {
            "of a stranger" => stranger.Issue(Alice),
            "expired" => authority.Issue(Alice, to: server.Time.GetUtcNow().AddDays(-1)),
            "for servers" => authority.Issue(Alice, usage: "1.3.6.1.5.5.7.3.1"),
            _ => authority.Issue(null),
        };
        await using DialogClient client = await ConnectAsync(server, certificate);
        Assert.DoesNotContain("EXTERNAL", await client.LineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await client.SayAsync("a1 AUTHENTICATE EXTERNAL =\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("a1 NO [CANNOT] That mechanism is not offered", await client.LineAsync(TestContext.Current.CancellationToken));
        await client.SayAsync(Encoding.ASCII.GetBytes($"a2 LOGIN {Alice} {ServerFixture.Password}\r\n"), TestContext.Current.CancellationToken);
        Assert.StartsWith("a2 OK ", await client.LineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disabled_account_does_not_sign_in()
    {
        using var authority = new ClientCertificates();
        await using ServerFixture server = await ServerFixture.StartAsync(clientAuthority: authority.Pem);
        await server.Services.GetRequiredService<Accounts>().SetDisabledAsync(Actor.System("test"), Alice, true, TestContext.Current.CancellationToken);
        using X509Certificate2 certificate = authority.Issue(Alice);
        Assert.StartsWith("a1 NO [AUTHENTICATIONFAILED] ", await SignInAsync(server, certificate, AsNobody), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_apps_get_in_by_an_app_password_alone_no_certificate_does()
    {
        using var authority = new ClientCertificates();
        await using ServerFixture server = await ServerFixture.StartAsync(clientAuthority: authority.Pem);
        Account alice = (await server.Services.GetRequiredService<Accounts>().GetAsync(Actor.System("test"), Alice, TestContext.Current.CancellationToken)).Value;
        _ = (await server.Services.GetRequiredService<AppPasswords>().RequireAsync(Actor.System("test"), alice.Id, true, TestContext.Current.CancellationToken)).Value;
        using X509Certificate2 certificate = authority.Issue(Alice);
        Assert.StartsWith("a1 NO [AUTHENTICATIONFAILED] ", await SignInAsync(server, certificate, AsNobody), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_authority_no_certificate_is_asked_for()
    {
        using var authority = new ClientCertificates();
        await using ServerFixture server = await ServerFixture.StartAsync();
        using X509Certificate2 certificate = authority.Issue(Alice);
        Assert.Equal("a1 NO [CANNOT] That mechanism is not offered", await SignInAsync(server, certificate, AsNobody));
    }

    private static async Task<string?> SignInAsync(ServerFixture server, X509Certificate2 certificate, string response)
    {
        await using DialogClient client = await ConnectAsync(server, certificate);
        await client.LineAsync(TestContext.Current.CancellationToken);
        await client.SayAsync(Encoding.ASCII.GetBytes($"a1 AUTHENTICATE EXTERNAL {response}\r\n"), TestContext.Current.CancellationToken);
        return await client.LineAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<DialogClient> ConnectAsync(ServerFixture server, X509Certificate2 certificate)
    {
        IPEndPoint endpoint = server.Listener("imaps").Endpoint;
        DialogClient client = await DialogClient.ConnectAsync(endpoint, TestContext.Current.CancellationToken);
        await client.StartTlsAsync(server, TestContext.Current.CancellationToken, certificate);
        return client;
    }

    /// <summary>An authority for clients, made for one test.</summary>
    private sealed class ClientCertificates : IDisposable
    {
        private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        private static readonly DateTimeOffset To = new(2049, 1, 1, 0, 0, 0, TimeSpan.Zero);

        private readonly X509Certificate2 _root;

        public ClientCertificates()
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN=Clients {Guid.NewGuid():N}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            _root = request.CreateSelfSigned(From, To);
        }

        public string Pem => _root.ExportCertificatePem();

        public X509Certificate2 Issue(string? address, string subject = "CN=Somebody", DateTimeOffset? to = null, string usage = "1.3.6.1.5.5.7.3.2")
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
            if (address is not null)
            {
                var names = new SubjectAlternativeNameBuilder();
                names.AddDnsName("client.example.test");
                names.AddEmailAddress(address);
                request.CertificateExtensions.Add(names.Build());
            }

            using X509Certificate2 bare = request.Create(_root, From, to ?? To, RandomNumberGenerator.GetBytes(8));
            using X509Certificate2 withKey = bare.CopyWithPrivateKey(key);
            return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
        }

        public void Dispose() => _root.Dispose();
    }
}
