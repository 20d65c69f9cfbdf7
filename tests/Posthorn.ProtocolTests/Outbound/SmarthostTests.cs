using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;

namespace Posthorn.ProtocolTests.Outbound;

/// <summary>Signing in at the host that takes all mail.</summary>
public sealed class SmarthostTests
{
    private const string Message = "From: you@example.test\r\nTo: a@elsewhere.test\r\nSubject: x\r\n\r\nhello\r\n";

    [Theory]
    [InlineData("localhost", false)]
    [InlineData("relay.elsewhere.test", true)]
    public async Task The_password_is_for_nobody_whose_certificate_does_not_hold(string name, bool isTrusted)
    {
        using var authority = new SinkAuthority();
        using X509Certificate2 certificate = authority.Issue(name);
        var heard = new ConcurrentQueue<string>();
        await using var sink = Sink(certificate, heard);
        await using TestServer server = await StartAsync(authority, sink.Port, isTrusted);
        await server.SubmitAsync(Message, "a@elsewhere.test");
        string said = (await server.QueuedAsync(static entry => entry.Recipients[0].Attempts == 1)).Recipients[0].LastReply!;
        Assert.StartsWith("The certificate of localhost is not good for that name", said, StringComparison.Ordinal);
        Assert.Contains("STARTTLS", heard);
        Assert.DoesNotContain(heard, static line => line.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_signs_in_where_the_certificate_is_of_an_authority_that_is_trusted()
    {
        using var authority = new SinkAuthority();
        using X509Certificate2 certificate = authority.Issue("localhost");
        var heard = new ConcurrentQueue<string>();
        await using var sink = Sink(certificate, heard);
        await using TestServer server = await StartAsync(authority, sink.Port, isTrusted: true);
        await server.SubmitAsync(Message, "a@elsewhere.test");
        await sink.NextAsync(TestContext.Current.CancellationToken);
        // NUL relay NUL secret.
        Assert.Contains("AUTH PLAIN AHJlbGF5AHNlY3JldA==", heard);
    }

    private static SmtpSink Sink(X509Certificate2 certificate, ConcurrentQueue<string> heard) => new(
        line =>
        {
            heard.Enqueue(line);
            bool isTls = heard.Contains("STARTTLS");
            return line.Split(' ')[0] switch
            {
                "EHLO" => isTls ? "250-sink\r\n250 AUTH PLAIN" : "250-sink\r\n250 STARTTLS",
                "AUTH" => "235 2.7.0 welcome",
                _ => null,
            };
        },
        certificate);

    private static Task<TestServer> StartAsync(SinkAuthority authority, int port, bool isTrusted) => TestServer.StartAsync(
        "localhost. A 127.0.0.1\n",
        options => options with
        {
            Outbound = options.Outbound with
            {
                Smarthost = $"localhost:{port}",
                SmarthostUser = "relay",
                SmarthostPasswordFile = authority.Write("password", "secret"),
                Authority = isTrusted ? authority.File : "",
            },
        });
}
