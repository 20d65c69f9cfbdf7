using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Core.Accounts;
using Posthorn.Core.Queue;
using Posthorn.Standards.Dns;

namespace Posthorn.ProtocolTests.RealClients;

/// <summary>Mail that leaves, to a real Postfix: what a submitted message looks like at the other end, and what comes back.</summary>
public sealed class PostfixTests
{
    private const string Zone = "elsewhere.test. MX 10 mx.elsewhere.test.\nmx.elsewhere.test. A 127.0.0.1\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_submitted_message_reaches_postfix_over_tls_with_two_signatures_that_verify()
    {
        await using PostfixInstance postfix = await PostfixInstance.StartAsync();
        await using TestServer server = await StartAsync(postfix);
        await SubmitByCurlAsync(server, "known@elsewhere.test", "Subject: out\r\n\r\n.first dot\r\n\r\nlast line  \r\n");
        string octets = Assert.Single(await postfix.MailWhenAsync(1));
        Assert.Contains("using TLSv1.3", octets, StringComparison.Ordinal);
        Assert.EndsWith("\n\n.first dot\n\nlast line  \n", octets, StringComparison.Ordinal);
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(octets));
        MimeMessage message = await MimeMessage.LoadAsync(stream, Cancel);
        var verifier = new DkimVerifier(await KeysAsync(server));
        Header[] signatures = [.. message.Headers.Where(header => header.Id == HeaderId.DkimSignature)];
        Assert.Equal(["ed25519-sha256", "rsa-sha256"], signatures.Select(Algorithm).Order(StringComparer.Ordinal));
        foreach (Header signature in signatures)
        {
            Assert.True(await verifier.VerifyAsync(message, signature, Cancel), Algorithm(signature));
        }
    }

    [Fact]
    public async Task A_recipient_that_postfix_does_not_know_comes_back_in_words()
    {
        await using PostfixInstance postfix = await PostfixInstance.StartAsync();
        await using TestServer server = await StartAsync(postfix);
        await SubmitAsync(server, "unknown@elsewhere.test", "Subject: lost\r\n\r\nx\r\n");
        string notification = Assert.Single(await server.MailWhenAsync(TestServer.You, 1));
        Assert.Contains("Final-Recipient: rfc822; unknown@elsewhere.test\r\nAction: failed\r\nStatus: 5.1.1", notification, StringComparison.Ordinal);
        Assert.Contains("User unknown in virtual mailbox table", notification, StringComparison.Ordinal);
        Assert.Contains("Subject: lost", notification, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipient_that_postfix_puts_off_stays_in_the_queue()
    {
        await using PostfixInstance postfix = await PostfixInstance.StartAsync("known@elsewhere.test 450 4.2.1 not now");
        await using TestServer server = await StartAsync(postfix);
        await SubmitAsync(server, "known@elsewhere.test", "Subject: later\r\n\r\nx\r\n");
        var queue = server.Services.GetRequiredService<MailQueue>();
        IReadOnlyList<QueueEntry> entries;
        do
        {
            await Task.Yield();
            entries = (await queue.ListAsync(TestServer.Administrator, Cancel)).Value;
        }
        while (entries is [] || entries[0].Recipients[0].Attempts == 0);
        Assert.Contains("not now", entries[0].Recipients[0].LastReply, StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.You));
    }

    private static Task<TestServer> StartAsync(PostfixInstance postfix) =>
        TestServer.StartAsync(Zone, options => options with { Outbound = options.Outbound with { Port = postfix.Port } });

    private static async Task SubmitByCurlAsync(TestServer server, string to, string text)
    {
        string message = Path.Combine(server.Folder, "message");
        await File.WriteAllTextAsync(message, $"From: {TestServer.You}\r\nTo: {to}\r\n{text}", Cancel);
        await RealClientTests.RunAsync("curl", ["--silent", "--show-error", "--cacert", Path.Combine(server.Folder, "data", "tls", "ca.pem"), "--ssl-reqd",
            "--user", $"{TestServer.You}:{TestServer.Password}", "--mail-from", TestServer.You, "--mail-rcpt", to, "--upload-file", message, $"smtp://localhost:{server.Port("submission")}"]);
    }

    private static async Task SubmitAsync(TestServer server, string to, string text)
    {
        using var client = new MailKit.Net.Smtp.SmtpClient
        {
            ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test",
            CheckCertificateRevocation = false,
        };
        await client.ConnectAsync("127.0.0.1", server.Port("submission"), MailKit.Security.SecureSocketOptions.StartTls, Cancel);
        await client.AuthenticateAsync(TestServer.You, TestServer.Password, Cancel);
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes($"From: {TestServer.You}\r\nTo: {to}\r\n{text}"));
        await client.SendAsync(await MimeMessage.LoadAsync(stream, Cancel), Cancel);
        await client.DisconnectAsync(true, Cancel);
    }

    private static async Task<PublicKeys> KeysAsync(TestServer server)
    {
        Domain domain = await server.Services.GetRequiredService<Domains>().FindAsync(TestServer.Domain, Cancel) ?? throw new InvalidOperationException("no domain");
        return new PublicKeys(ZoneTextResolver.Parse(string.Join('\n', DomainRecords.Of(domain, new PosthornOptions { HostName = "mx.example.test" }))));
    }

    private static string Algorithm(Header signature) => signature.Value.Split(';').Select(tag => tag.Trim()).First(tag => tag.StartsWith("a=", StringComparison.Ordinal))[2..];

    /// <summary>Keys as <c>domain dns</c> prints them, for MimeKit's verifier: an implementation that is not ours.</summary>
    private sealed class PublicKeys(ZoneTextResolver zone) : DkimPublicKeyLocatorBase
    {
        public override AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public override async Task<AsymmetricKeyParameter> LocatePublicKeyAsync(
            string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
            GetPublicKey((await zone.TextAsync($"{selector}._domainkey.{domain}", cancellationToken)).Records[0]);
    }
}
