using Posthorn.Server.Smtp;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>EHLO and HELO, and what is offered where. RFC 5321 §4.1.1.1.</summary>
public sealed class HelloTests
{
    private static readonly string[] Everywhere =
    [
        "PIPELINING", "SIZE 1048576", "8BITMIME", "SMTPUTF8", "CHUNKING", "BINARYMIME", "ENHANCEDSTATUSCODES", "DSN", "LIMITS RCPTMAX=1000",
    ];

    [Fact]
    public async Task Port_25_offers_starttls_and_no_sign_in()
    {
        await using var server = await SmtpTestServer.StartAsync();
        string[] expected = ["mx.example.test", .. Everywhere, "STARTTLS"];
        Assert.Equal(expected, await OfferAsync(server, SmtpRole.Relay, startTls: false));
    }

    [Fact]
    public async Task Port_25_offers_requiretls_within_tls()
    {
        await using var server = await SmtpTestServer.StartAsync();
        string[] expected = ["mx.example.test", .. Everywhere, "REQUIRETLS"];
        Assert.Equal(expected, await OfferAsync(server, SmtpRole.Relay, startTls: true));
    }

    [Fact]
    public async Task Port_587_offers_no_sign_in_before_tls()
    {
        await using var server = await SmtpTestServer.StartAsync();
        string[] expected = ["mx.example.test", .. Everywhere, "STARTTLS", "FUTURERELEASE 2592000 2026-03-31T12:00:00Z"];
        Assert.Equal(expected, await OfferAsync(server, SmtpRole.Submission, startTls: false));
    }

    [Fact]
    public async Task Helo_is_answered_with_one_line()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.DialogAsync("""
            S: 220 mx.example.test ESMTP Posthorn
            C: HELO client.example.net
            S: 250 mx.example.test
            C: HELO
            S: 501 5.5.4 ~
            C: EHLO
            S: 501 5.5.4 ~
            """);
    }

    [Fact]
    public async Task Ehlo_drops_the_message_under_way()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.DialogAsync("""
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 ~
            C: EHLO again.example.net
            S: 250-~
            C: RCPT TO:<you@example.test>
            S: 503 5.5.1 ~
            """);
    }

    private static async Task<string[]> OfferAsync(SmtpTestServer server, SmtpRole role, bool startTls)
    {
        await using var client = await server.ConnectAsync(role);
        await client.DialogAsync("S: 220 ~");
        if (startTls)
        {
            await client.DialogAsync("""
                C: STARTTLS
                S: 220 2.0.0 ~
                TLS
                """);
        }
        await client.SayAsync("EHLO client.example.net\r\n");
        return [.. (await client.ReplyAsync()).Select(line => line[4..])];
    }
}
