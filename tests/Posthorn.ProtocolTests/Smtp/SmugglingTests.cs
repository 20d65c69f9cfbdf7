namespace Posthorn.ProtocolTests.Smtp;

/// <summary>No end of data but CRLF.CRLF; what looks like another one refuses the message and nothing behind it is a command. RFC 5321 §2.3.8.</summary>
public sealed class SmugglingTests
{
    private const string Smuggled = "MAIL FROM:<evil@example.net>|RCPT TO:<friend@example.test>|DATA|Subject: smuggled||text";

    [Theory]
    [InlineData("\n.\n", "\n")]
    [InlineData("\n.\r\n", "\r\n")]
    [InlineData("\r\n.\n", "\r\n")]
    [InlineData("\r.\r", "\r\n")]
    [InlineData("\r.\r\n", "\r\n")]
    [InlineData("\r\n.\r", "\r\n")]
    [InlineData("\r\r\n.\r\r\n", "\r\n")]
    [InlineData("\r\n.\r\r\n", "\r\n")]
    [InlineData("\r\n\0.\n", "\r\n")]
    [InlineData("\r\n.\0\n", "\r\n")]
    [InlineData("\n.\r", "\r\n")]
    [InlineData("\r.\n", "\r\n")]
    [InlineData("\n\n.\n\n", "\n")]
    public async Task A_false_end_of_data_is_no_end(string end, string lineEnd)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.DialogAsync("""
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 ~
            C: RCPT TO:<you@example.test>
            S: 250 2.1.5 ~
            C: DATA
            S: 354 ~
            """);
        var inner = Smuggled.Replace("|", lineEnd, StringComparison.Ordinal);
        await client.SayAsync("Subject: outer\r\n\r\ntext" + end + inner + "\r\n.\r\nNOOP\r\n");
        await client.DialogAsync("""
            S: 554 5.6.0 ~
            S: 250 2.0.0 OK
            """);
        Assert.Empty(await server.InboxAsync("you@example.test"));
        Assert.Empty(await server.InboxAsync("friend@example.test"));
    }

    [Theory]
    [InlineData("NOOP\nNOOP\r\n")]
    [InlineData("NOOP\rNOOP\r\n")]
    [InlineData("NOOP\r\r\n")]
    public async Task A_bare_line_end_in_a_command_ends_nothing(string line)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.SayAsync(line + "RSET\r\n");
        await client.DialogAsync("""
            S: 500 5.5.2 ~
            S: 250 2.0.0 OK
            """);
    }

    [Fact]
    public async Task Octets_behind_starttls_end_the_connection()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.SayAsync("STARTTLS\r\nMAIL FROM:<evil@example.net>\r\n");
        await client.DialogAsync("S: closed");
    }

    [Fact]
    public async Task What_was_said_before_starttls_is_forgotten()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.DialogAsync("""
            C: STARTTLS now
            S: 501 5.5.4 ~
            C: STARTTLS
            S: 220 2.0.0 ~
            TLS
            C: MAIL FROM:<a@example.net>
            S: 503 5.5.1 Say EHLO first
            C: EHLO x
            S: 250-~
            C: STARTTLS
            S: 503 5.5.1 ~
            """);
    }
}
