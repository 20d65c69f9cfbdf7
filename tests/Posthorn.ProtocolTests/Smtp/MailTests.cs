using Posthorn.Server.Smtp;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>MAIL. RFC 5321 §4.1.1.2.</summary>
public sealed class MailTests
{
    [Theory]
    [InlineData("MAIL FROM:<>", "250 2.1.0 ~")]
    [InlineData("MAIL FROM:<a@example.net> SIZE=1048576 BODY=8BITMIME", "250 2.1.0 ~")]
    [InlineData("MAIL FROM:<a@example.net> SIZE=1048577", "552 5.3.4 ~")]
    [InlineData("MAIL FROM:<a@example.net> SIZE=99999999999999999999", "552 5.3.4 ~")]
    [InlineData("MAIL FROM:<a@example.net> REQUIRETLS", "530 5.7.10 ~")]
    [InlineData("MAIL FROM:<a@example.net> HOLDFOR=60", "555 5.5.4 ~")]
    [InlineData("MAIL FROM:a@example.net", "501 5.1.7 ~")]
    [InlineData("MAIL FROM:<a@example.net> WHAT=1", "555 5.5.4 ~")]
    [InlineData("MAIL FROM:<\"unclosed@example.net>", "501 5.1.7 ~")]
    public async Task Mail_is_answered_on_port_25(string line, string reply)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.DialogAsync($"C: {line}\nS: {reply}\nC: NOOP\nS: 250 2.0.0 OK");
    }

    [Fact]
    public async Task Mail_wants_ehlo_before_and_no_message_under_way()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.DialogAsync("""
            S: 220 ~
            C: MAIL FROM:<a@example.net>
            S: 503 5.5.1 Say EHLO first
            C: EHLO x
            S: 250-~
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 ~
            C: MAIL FROM:<b@example.net>
            S: 503 5.5.1 ~
            C: RSET
            S: 250 2.0.0 OK
            C: MAIL FROM:<b@example.net>
            S: 250 2.1.0 ~
            """);
    }

    [Fact]
    public async Task Port_587_takes_nothing_before_tls_and_nothing_before_sign_in()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.ConnectAsync(SmtpRole.Submission);
        await client.DialogAsync("""
            S: 220 ~
            C: EHLO x
            S: 250-~
            C: MAIL FROM:<you@example.test>
            S: 530 5.7.0 Say STARTTLS ~
            C: VRFY you
            S: 530 5.7.0 Say STARTTLS ~
            C: BDAT 5 LAST
            C: abc
            S: 530 5.7.0 Say STARTTLS ~
            C: NOOP
            S: 250 2.0.0 OK
            C: STARTTLS
            S: 220 2.0.0 ~
            TLS
            C: MAIL FROM:<you@example.test>
            S: 503 5.5.1 Say EHLO first
            C: EHLO x
            S: 250-~
            C: MAIL FROM:<you@example.test>
            S: 530 5.7.0 Sign in ~
            C: RCPT TO:<you@example.test>
            S: 530 5.7.0 Sign in ~
            """);
    }
}
