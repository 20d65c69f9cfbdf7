using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Delivery;
using Posthorn.Core.Queue;
using Posthorn.Core.Storage;
using Posthorn.Server.Outbound;
using Posthorn.Server.Tls;
using Posthorn.Standards.Dns;

namespace Posthorn.ProtocolTests.Outbound;

/// <summary>Mail that leaves on a protected way or not at all.</summary>
/// <remarks>RFC 8689 §4.2.1, §5.</remarks>
public sealed class RequireTlsTests
{
    private const string Message = "From: you@example.test\r\nTo: a@elsewhere.test\r\nSubject: x\r\n\r\nsecret\r\n";
    private const string Zone = """
        elsewhere.test. MX 10 mx.elsewhere.test.
        mx.elsewhere.test. A 127.0.0.1
        twice.test. MX 10 mx.elsewhere.test.
        twice.test. MX 20 mx2.elsewhere.test.
        mx2.elsewhere.test. A 127.0.0.1
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_host_is_asked_before_it_comes_back()
    {
        using var authority = new SinkAuthority();
        using X509Certificate2 certificate = authority.Issue("mx.elsewhere.test", "mx2.elsewhere.test");
        int connections = 0;
        await using var sink = new SmtpSink(
            line =>
            {
                connections += line == "CONNECT" ? 1 : 0;
                // The first host has TLS, and no more.
                return connections == 1 && line.StartsWith("EHLO", StringComparison.Ordinal) ? "250-sink\r\n250 STARTTLS" : null;
            },
            certificate);
        await using TestServer server = await StartAsync(sink.Port, authority);
        await SendAsync(server, TestServer.You, "a@twice.test");
        Assert.Contains((await sink.NextAsync(Cancel)).Commands, static line => line.StartsWith("MAIL FROM:<you@example.test>", StringComparison.Ordinal) && line.EndsWith(" REQUIRETLS", StringComparison.Ordinal));
        Assert.Equal(2, connections);
    }

    [Fact]
    public async Task A_notification_is_as_protected_and_returns_the_header_only()
    {
        using var authority = new SinkAuthority();
        using X509Certificate2 certificate = authority.Issue("mx.elsewhere.test");
        await using var sink = new SmtpSink(static line => line.StartsWith("RCPT TO:<a@", StringComparison.Ordinal) ? "550 5.1.1 nobody here" : null, certificate);
        await using TestServer server = await StartAsync(sink.Port, authority);
        await SendAsync(server, "ann@elsewhere.test", "a@elsewhere.test");
        SunkMessage notification = await sink.NextAsync(Cancel);
        Assert.Contains(notification.Commands, static line => line.StartsWith("MAIL FROM:<>", StringComparison.Ordinal) && line.EndsWith(" REQUIRETLS", StringComparison.Ordinal));
        Assert.Contains("Subject: x\r\n", notification.Data, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", notification.Data, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("another name")]
    [InlineData("old TLS")]
    [InlineData("no TLS")]
    [InlineData("no REQUIRETLS")]
    public async Task A_notification_is_not_lost_where_the_way_back_is_less_protected(string lacking)
    {
        using var authority = new SinkAuthority();
        using X509Certificate2 certificate = authority.Issue(lacking == "another name" ? "mx3.elsewhere.test" : "mx.elsewhere.test");
        await using var sink = new SmtpSink(
            line => lacking == "no REQUIRETLS" && line.StartsWith("EHLO", StringComparison.Ordinal) ? "250-sink\r\n250 STARTTLS" : null,
            lacking == "no TLS" ? null : certificate)
        {
            // Nobody speaks it any more.
#pragma warning disable CA5397, SYSLIB0039
            Protocols = lacking == "old TLS" ? SslProtocols.Tls11 : SslProtocols.None,
#pragma warning restore CA5397, SYSLIB0039
        };
        await using TestServer server = await StartAsync(sink.Port, authority);
        // There is no such domain, so that it comes back.
        await SendAsync(server, "ann@elsewhere.test", "a@nowhere.test");
        SunkMessage notification = await sink.NextAsync(Cancel);
        Assert.DoesNotContain(" REQUIRETLS", notification.Commands.Single(static line => line.StartsWith("MAIL FROM:<>", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("Action: failed", notification.Data, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", notification.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_notification_goes_to_hosts_that_the_DNS_does_not_prove_without_the_word()
    {
        using var authority = new SinkAuthority();
        using X509Certificate2 certificate = authority.Issue("mx.elsewhere.test");
        await using var sink = new SmtpSink(static _ => null, certificate);
        await using TestServer server = await TestServer.StartAsync();
        await using RemoteDelivery delivery = await UnprovedAsync(server, sink.Port, authority);
        QueuedMail mail = await HeldAsync(server);
        Assert.Equal(
            DeliveryStatus.Delivered,
            Assert.Single(await delivery.DeliverAsync(mail with { Envelope = mail.Envelope with { Sender = "", RequireTls = true } }, Cancel)).Status);
        Assert.DoesNotContain(
            " REQUIRETLS", (await sink.NextAsync(Cancel)).Commands.Single(static line => line.StartsWith("MAIL FROM:<>", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_that_the_DNS_does_not_prove_are_not_asked()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await TestServer.StartAsync();
        var settings = new OutboundSettings { HostName = "mx.example.test", Port = sink.Port };
        var targets = new MxTargets(new Unproved(ZoneTextResolver.Parse(Zone)), Random.Shared, [], ipv6: false);
        var signer = new MessageSigner(server.Services.GetRequiredService<Domains>(), TimeProvider.System);
        await using var delivery = new RemoteDelivery(settings, server.Services.GetRequiredService<MailQueue>(), targets, signer, TimeProvider.System, NullLogger.Instance);
        var recipient = new QueuedRecipient(new QueueRecipientId(1), "a@elsewhere.test", DsnNotify.Default, null, 0, default, false, null);
        var envelope = new Envelope(TestServer.You, [], [], default) { RequireTls = true };
        DeliveryOutcome outcome = Assert.Single(
            await delivery.DeliverAsync(new QueuedMail(new EnvelopeId(1), envelope, new BodyId(Guid.Empty), 0, "elsewhere.test", default, [recipient]), Cancel));
        Assert.Equal((DeliveryStatus.Failed, "5.7.30"), (outcome.Status, outcome.Enhanced));
        Assert.Equal(0, sink.Connections);
    }

    [Fact]
    public async Task A_connection_that_other_mail_opened_proves_no_more_than_the_DNS()
    {
        using var authority = new SinkAuthority();
        using X509Certificate2 certificate = authority.Issue("mx.elsewhere.test");
        await using var sink = new SmtpSink(static _ => null, certificate);
        await using TestServer server = await TestServer.StartAsync();
        await using RemoteDelivery delivery = await UnprovedAsync(server, sink.Port, authority);
        QueuedMail mail = await HeldAsync(server);
        Assert.Equal(DeliveryStatus.Delivered, Assert.Single(await delivery.DeliverAsync(mail, Cancel)).Status);
        DeliveryOutcome outcome = Assert.Single(await delivery.DeliverAsync(mail with { Envelope = mail.Envelope with { RequireTls = true } }, Cancel));
        Assert.Equal((DeliveryStatus.Failed, "5.7.30"), (outcome.Status, outcome.Enhanced));
        Assert.Equal(1, sink.Connections);
        Assert.Single(sink.Arrived());
    }

    [Theory]
    [InlineData("another name", "5.7.10", "not good for that name")]
    [InlineData("old TLS", "5.7.10", "TLS with mx.elsewhere.test failed")]
    [InlineData("no TLS", "5.7.10", "offers no TLS")]
    [InlineData("no REQUIRETLS", "5.7.30", "does not pass on")]
    public async Task What_no_host_can_promise_comes_back_at_once(string lacking, string code, string said)
    {
        using var authority = new SinkAuthority();
        using X509Certificate2 certificate = authority.Issue(lacking == "another name" ? "mx3.elsewhere.test" : "mx.elsewhere.test");
        await using var sink = new SmtpSink(
            line => lacking == "no REQUIRETLS" && line.StartsWith("EHLO", StringComparison.Ordinal) ? "250-sink\r\n250 STARTTLS" : null,
            lacking == "no TLS" ? null : certificate)
        {
            // Nobody speaks it any more.
#pragma warning disable CA5397, SYSLIB0039
            Protocols = lacking == "old TLS" ? SslProtocols.Tls11 : SslProtocols.None,
#pragma warning restore CA5397, SYSLIB0039
        };
        await using TestServer server = await StartAsync(sink.Port, authority);
        await SendAsync(server, TestServer.You, "a@elsewhere.test");
        string notification = (await server.MailWhenAsync(TestServer.You, 1))[0];
        Assert.Contains("Action: failed\r\nStatus: " + code, notification, StringComparison.Ordinal);
        Assert.Contains(said, notification.ReplaceLineEndings(" ").Replace("  ", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static Task<TestServer> StartAsync(int port, SinkAuthority authority) => TestServer.StartAsync(
        Zone, options => options with { Outbound = options.Outbound with { Port = port, Authority = authority.File } });

    private static Task SendAsync(TestServer server, string from, string to) => server.AcceptAsync(
        Message, from, [new EnvelopeRecipient(to, new Recipient.Foreign(), DsnNotify.Default, null)],
        change: static envelope => envelope with { RequireTls = true, Return = DsnReturn.Full });

    /// <summary>Delivers to a host that is all right but for the DNS.</summary>
    private static async Task<RemoteDelivery> UnprovedAsync(TestServer server, int port, SinkAuthority authority)
    {
        var settings = new OutboundSettings
        {
            HostName = "mx.example.test",
            Port = port,
            Authority = new ServerAuthority(await File.ReadAllTextAsync(authority.File, Cancel), authority.File, TimeProvider.System),
        };
        var targets = new MxTargets(new Unproved(ZoneTextResolver.Parse(Zone)), Random.Shared, [], ipv6: false);
        var signer = new MessageSigner(server.Services.GetRequiredService<Domains>(), TimeProvider.System);
        return new RemoteDelivery(settings, server.Services.GetRequiredService<MailQueue>(), targets, signer, TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>Mail to a@elsewhere.test, which the server leaves to the test.</summary>
    private static async Task<QueuedMail> HeldAsync(TestServer server)
    {
        DateTimeOffset due = DateTimeOffset.UtcNow.AddDays(1);
        EnvelopeRecipient[] to = [new EnvelopeRecipient("a@elsewhere.test", new Recipient.Foreign(), DsnNotify.Default, null)];
        await server.AcceptAsync(Message, TestServer.You, to, change: envelope => envelope with { HoldUntil = due });
        return Assert.Single(await server.Services.GetRequiredService<IStore>().WriteAsync(
            ReadOnlyMemory<AccountId>.Empty, session => session.Queue.LeaseAsync("test", due, due.AddDays(1), 1, []), Cancel));
    }

    /// <summary>A zone whose answers nobody signed.</summary>
    private sealed class Unproved(IDnsResolver zone) : IDnsResolver
    {
        public async ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancel) =>
            DnsAnswer<MxRecord>.Found((await zone.MxAsync(name, cancel)).Records, authentic: false);

        public ValueTask<DnsAnswer<IPAddress>> Ipv4Async(string name, CancellationToken cancel) => zone.Ipv4Async(name, cancel);

        public ValueTask<DnsAnswer<IPAddress>> Ipv6Async(string name, CancellationToken cancel) => zone.Ipv6Async(name, cancel);

        public ValueTask<DnsAnswer<string>> TextAsync(string name, CancellationToken cancel) => zone.TextAsync(name, cancel);

        public ValueTask<DnsAnswer<SrvRecord>> ServiceAsync(string name, CancellationToken cancel) => zone.ServiceAsync(name, cancel);

        public ValueTask<DnsAnswer<string>> PointerAsync(IPAddress address, CancellationToken cancel) => zone.PointerAsync(address, cancel);
    }
}
