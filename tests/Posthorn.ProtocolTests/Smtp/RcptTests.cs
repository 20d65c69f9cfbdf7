using System.Text;
using Posthorn.Server.Smtp;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>RCPT: who gets mail here, and that nobody else does. RFC 5321 §4.1.1.3.</summary>
public sealed class RcptTests
{
    [Theory]
    [InlineData("<you@example.test>", "250 2.1.5 ~")]
    [InlineData("<YOU+tag@Example.TEST>", "250 2.1.5 ~")]
    [InlineData("<\"you\"@example.test>", "250 2.1.5 ~")]
    [InlineData("<@relay.example.net:you@example.test>", "250 2.1.5 ~")]
    [InlineData("<postmaster>", "250 2.1.5 ~")]
    [InlineData("<Postmaster@example.test>", "250 2.1.5 ~")]
    [InlineData("<you@example.test> NOTIFY=NEVER ORCPT=rfc822;you@example.test", "250 2.1.5 ~")]
    [InlineData("<nobody@example.test>", "550 5.1.1 ~")]
    [InlineData("<closed@example.test>", "550 5.2.1 ~")]
    [InlineData("<full@example.test>", "452 4.2.2 ~")]
    [InlineData("<you@example.com>", "550 5.7.1 ~")]
    [InlineData("<you@[127.0.0.1]>", "550 5.7.1 ~")]
    [InlineData("<you@mx.example.test>", "550 5.7.1 ~")]
    [InlineData("<victim%example.com@example.test>", "550 5.1.1 ~")]
    [InlineData("<example.com!victim@example.test>", "550 5.1.1 ~")]
    [InlineData("<\"victim@example.com\"@example.test>", "550 5.1.1 ~")]
    [InlineData("<@example.test:victim@example.com>", "550 5.7.1 ~")]
    [InlineData("<@example.test,@mx.example.test:victim@example.com>", "550 5.7.1 ~")]
    [InlineData("<victim@example.com@example.test>", "553 5.1.3 ~")]
    [InlineData("<you@example.test", "501 5.1.7 ~")]
    [InlineData("<you>", "553 5.1.3 ~")]
    [InlineData("<>", "553 5.1.3 ~")]
    public async Task Rcpt_is_answered_on_port_25(string recipient, string reply)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.DialogAsync($"C: MAIL FROM:<a@example.net>\nS: 250 2.1.0 ~\nC: RCPT TO:{recipient}\nS: {reply}");
    }

    [Fact]
    public async Task Rcpt_wants_mail_before_it()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.DialogAsync("""
            C: RCPT TO:<you@example.test>
            S: 503 5.5.1 Say MAIL FROM first
            """);
    }

    [Fact]
    public async Task An_address_beyond_ascii_wants_smtputf8()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.DialogAsync("""
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 ~
            """);
        await client.SayAsync("RCPT TO:<\xc3\xa4@example.test>\r\n");
        await client.DialogAsync("""
            S: 553 5.6.7 ~
            C: RSET
            S: 250 2.0.0 OK
            C: MAIL FROM:<a@example.net> SMTPUTF8
            S: 250 2.1.0 ~
            """);
        await client.SayAsync("RCPT TO:<\xc3\xa4@example.test>\r\n");
        await client.DialogAsync("S: 550 5.1.1 ~");
    }

    [Fact]
    public async Task Ten_thousand_pipelined_recipients_are_answered_each()
    {
        await using var server = await SmtpTestServer.StartAsync(new SmtpLimits { MaxRecipients = 1000 });
        await using var client = await server.GreetedAsync();
        var batch = new StringBuilder("MAIL FROM:<a@example.net>\r\n");
        for (var i = 0; i < 10_000; i++)
        {
            batch.Append(System.Globalization.CultureInfo.InvariantCulture, $"RCPT TO:<you+{i}@example.test>\r\n");
        }
        var sending = client.SayAsync(batch.ToString());
        await client.DialogAsync("S: 250 2.1.0 ~");
        for (var i = 0; i < 10_000; i++)
        {
            var line = await client.LineAsync();
            Assert.StartsWith(i < 1000 ? "250 2.1.5 " : "452 4.5.3 ", line, StringComparison.Ordinal);
        }
        await sending;
        await client.DialogAsync("""
            C: DATA
            S: 354 ~
            C: Subject: once
            C: .
            S: 250 2.0.0 ~
            """);
        Assert.Single(await server.InboxAsync("you@example.test"));
    }
}
