using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Server.Tls;

namespace Posthorn.Tests.Server.Tls;

public sealed class CertificateStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-tls-").FullName;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2026-03-01T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture));
    private readonly LocalAuthority _authority;

    public CertificateStoreTests() => _authority = LocalAuthority.Open(_folder, _time);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("mail.example.test", "mail.example.test")]
    [InlineData("MAIL.example.test", "mail.example.test")]
    [InlineData("a.example.org", "*.example.org")]
    [InlineData("a.b.example.org", "mail.example.test")]
    [InlineData("example.org", "mail.example.test")]
    [InlineData("unknown.test", "mail.example.test")]
    [InlineData(null, "mail.example.test")]
    public void The_name_asked_for_selects_the_certificate(string? asked, string shown)
    {
        var store = Store(Issue("mail.example.test"), Issue("*.example.org"));
        Assert.Equal(shown, store.Select(asked).DnsNames[0]);
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_within_the_interval_without_a_restart()
    {
        CertificateFiles files = Issue("mail.example.test"), renewed = Issue("new.example.test");
        CertificateStore store = Store(files);
        using var watcher = new CertificateWatcher(store, _time);
        await watcher.StartAsync(TestContext.Current.CancellationToken);
        File.Copy(renewed.Chain, files.Chain, overwrite: true);
        File.Copy(renewed.Key, files.Key, overwrite: true);
        Assert.Equal("mail.example.test", store.Select(null).DnsNames[0]);
        while (store.Select(null).DnsNames[0] != "new.example.test")
        {
            // The watcher arms its timer on a thread of its own, so the first advance may come too early. Not in a tight loop: the clock would run past the
            // certificates' own end before the watcher had its turn.
            _time.Advance(CertificateWatcher.Interval);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await watcher.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal("new.example.test", store.Select(null).DnsNames[0]);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var files = new CertificateFiles(Path.Combine(_folder, "none.pem"), Path.Combine(_folder, "none.key"));
        Assert.Contains("none.pem cannot be read", Assert.Throws<CertificateException>(() => Store(files)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_another_certificate_is_told()
    {
        var files = Issue("mail.example.test") with { Key = Issue("other.example.test").Key };
        var message = Assert.Throws<CertificateException>(() => Store(files)).Message;
        Assert.Contains("does not hold the private key of the first certificate", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "holds no certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read")]
    public void A_file_that_is_no_certificate_is_told(string content, string told)
    {
        var files = Issue("mail.example.test");
        File.WriteAllText(files.Chain, content);
        Assert.Contains(told, Assert.Throws<CertificateException>(() => Store(files)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_with_a_password_is_told()
    {
        var files = Issue("mail.example.test");
        using var key = RSA.Create(2048);
        File.WriteAllText(files.Key, key.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1)));
        Assert.Contains("is encrypted", Assert.Throws<CertificateException>(() => Store(files)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_expired_certificate_is_used_with_a_warning()
    {
        var files = Issue("mail.example.test");
        _time.Advance(TimeSpan.FromDays(500));
        var log = new RecordedLog();
        var store = new CertificateStore([files], _time, log);
        Assert.Equal("mail.example.test", store.Default.DnsNames[0]);
        Assert.Contains("expired", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_new_files_leave_the_old_certificate_and_are_told_once()
    {
        var files = Issue("mail.example.test");
        var log = new RecordedLog();
        var store = new CertificateStore([files], _time, log);
        var before = store.Default;
        File.WriteAllText(files.Chain, "rubbish");
        Assert.False(store.Reload());
        Assert.False(store.Reload());
        Assert.Same(before, store.Default);
        Assert.Contains("holds no certificate", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Unchanged_files_are_not_loaded_again()
    {
        var store = Store(Issue("mail.example.test"));
        var before = store.Default;
        Assert.False(store.Reload());
        Assert.Same(before, store.Default);
    }

    [Fact]
    public async Task The_watcher_finds_new_files_within_its_interval()
    {
        var log = new RecordedLog();
        var store = new CertificateStore([Issue("mail.example.test")], _time, log);
        var before = store.Default;
        using var watcher = new CertificateWatcher(store, _time);
        await watcher.StartAsync(TestContext.Current.CancellationToken);
        _authority.Issue(["mail.example.test"], [], KeyType.Rsa2048);
        _time.Advance(CertificateWatcher.Interval);
        await log.NextAsync();
        Assert.NotSame(before, store.Default);
        await watcher.StopAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("SHA256")]
    [InlineData("SHA384")]
    [InlineData("SHA512")]
    public void The_channel_binding_takes_the_hash_of_the_signature(string hash)
    {
        // RFC 5929 §4.1, for PKCS #1 and PSS signatures alike.
        foreach (var padding in new[] { RSASignaturePadding.Pkcs1, RSASignaturePadding.Pss })
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest("CN=x", key, new HashAlgorithmName(hash), padding);
            var certificate = new ServerCertificate(request.CreateSelfSigned(_time.GetUtcNow(), _time.GetUtcNow().AddDays(1)), []);
            var expected = CryptographicOperations.HashData(new HashAlgorithmName(hash), certificate.Leaf.RawData);
            Assert.Equal(expected, certificate.EndPointBinding!.Value.ToArray());
        }
    }

    [Fact]
    public void Issued_files_are_used_again_until_something_about_them_changes()
    {
        var files = Issue("mail.example.test");
        var first = File.ReadAllText(files.Chain);
        Assert.Equal(first, File.ReadAllText(LocalAuthority.Open(_folder, _time).Issue(["mail.example.test"], [], KeyType.EcP256).Chain));
        _authority.Issue(["mail.example.test", "imap.example.test"], [], KeyType.EcP256);
        Assert.NotEqual(first, File.ReadAllText(files.Chain));
    }

    [Fact]
    public void Issued_certificates_are_renewed_before_they_expire()
    {
        var first = File.ReadAllText(Issue("mail.example.test").Chain);
        _time.Advance(TimeSpan.FromDays(370));
        Assert.NotEqual(first, File.ReadAllText(Issue("mail.example.test").Chain));
    }

    [Theory]
    [InlineData(KeyType.Rsa2048)]
    [InlineData(KeyType.EcP256)]
    public void An_issued_certificate_chains_to_the_authority_and_names_the_server(KeyType keyType)
    {
        var files = _authority.Issue(["mail.example.test"], [IPAddress.Loopback], keyType);
        using var leaf = X509Certificate2.CreateFromPemFile(files.Chain, files.Key);
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.VerificationTime = _time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.CustomTrustStore.Add(_authority.Certificate);
        Assert.True(chain.Build(leaf));
        Assert.True(leaf.MatchesHostname("mail.example.test"));
        Assert.True(leaf.MatchesHostname("127.0.0.1"));
    }

    [Fact]
    public void Keys_are_readable_by_their_owner_only()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Unix file modes");
            return;
        }
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Issue("mail.example.test").Key));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(_folder, "ca.key")));
    }

    private CertificateFiles Issue(string name) => _authority.Issue([name], [], KeyType.EcP256);

    private CertificateStore Store(params CertificateFiles[] files) => new(files, _time, NullLogger<CertificateStore>.Instance);

    private sealed class RecordedLog : ILogger<CertificateStore>
    {
        private readonly System.Threading.Channels.Channel<string> _lines = System.Threading.Channels.Channel.CreateUnbounded<string>();

        public List<string> Lines { get; } = [];

        public ValueTask<string> NextAsync() => _lines.Reader.ReadAsync(TestContext.Current.CancellationToken);

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Add(formatter(state, exception));
            _lines.Writer.TryWrite(formatter(state, exception));
        }
    }
}
