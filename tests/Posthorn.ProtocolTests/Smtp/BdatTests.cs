using Posthorn.Server.Smtp;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>BDAT: octets as they are, in chunks. RFC 3030.</summary>
public sealed class BdatTests
{
    [Fact]
    public async Task Chunks_make_one_message()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await InTransactionAsync(server, "");
        await client.SayAsync("BDAT 5\r\nSubjeBDAT 9\r\nct: x\r\n\r\nBDAT 6\r\n.\r\n.a\rBDAT 1 LAST\r\n\n");
        await client.DialogAsync("""
            S: 250 2.0.0 5 octets received
            S: 250 2.0.0 9 octets received
            S: 250 2.0.0 6 octets received
            S: 250 2.0.0 Accepted ~
            """);
        Assert.EndsWith("\r\nSubject: x\r\n\r\n.\r\n.a\r\n", Assert.Single(await server.InboxAsync("you@example.test")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_do_not_wait_for_a_chunk_that_is_still_to_come()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.SayAsync("MAIL FROM:<a@example.net>\r\nRCPT TO:<you@example.test>\r\nBDAT 14 LAST\r\n");
        await client.DialogAsync("S: 250 2.1.0 ~\nS: 250 2.1.5 ~");
        await client.SayAsync("Subject: x\r\n\r\n");
        await client.DialogAsync("S: 250 2.0.0 Accepted ~");
    }

    [Fact]
    public async Task An_empty_last_chunk_ends_the_message()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await InTransactionAsync(server, " BODY=BINARYMIME");
        await client.SayAsync("BDAT 14\r\nSubject: x\r\n\r\nBDAT 0 LAST\r\n");
        await client.DialogAsync("""
            S: 250 2.0.0 14 octets received
            S: 250 2.0.0 Accepted ~
            """);
        Assert.Single(await server.InboxAsync("you@example.test"));
    }

    [Fact]
    public async Task Octets_of_a_refused_chunk_are_no_commands()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.SayAsync("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
        await client.DialogAsync("""
            S: 503 5.5.1 Say MAIL FROM first
            S: 250 2.0.0 OK
            """);
    }

    [Fact]
    public async Task Bdat_and_data_do_not_mix()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await InTransactionAsync(server, "");
        await client.SayAsync("BDAT 2\r\nabDATA\r\nRCPT TO:<friend@example.test>\r\nRSET\r\nBDAT 2 LAST\r\nabNOOP\r\n");
        await client.DialogAsync("""
            S: 250 2.0.0 ~
            S: 503 5.5.1 Not now: the message goes on with BDAT; RSET drops it
            S: 503 5.5.1 ~
            S: 250 2.0.0 OK
            S: 503 5.5.1 ~
            S: 250 2.0.0 OK
            """);
        Assert.Empty(await server.InboxAsync("you@example.test"));
    }

    [Fact]
    public async Task A_chunk_of_unknown_size_ends_the_connection()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await InTransactionAsync(server, "");
        await client.DialogAsync("""
            C: BDAT many
            S: 501 5.5.4 ~
            S: closed
            """);
    }

    [Fact]
    public async Task A_binary_message_cannot_come_by_data()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await InTransactionAsync(server, " BODY=BINARYMIME");
        await client.DialogAsync("""
            C: DATA
            S: 503 5.5.1 ~
            """);
    }

    [Theory]
    [InlineData("", "554 5.6.0 ~")]
    [InlineData(" BODY=8BITMIME", "554 5.6.0 ~")]
    [InlineData(" BODY=BINARYMIME", "250 2.0.0 ~")]
    public async Task Bare_line_ends_want_binarymime(string body, string reply)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await InTransactionAsync(server, body);
        await client.SayAsync("BDAT 17 LAST\r\nSubject: x\r\n\r\na\nb");
        await client.DialogAsync("S: " + reply);
    }

    [Fact]
    public async Task A_chunk_beyond_the_limit_is_read_and_refused()
    {
        await using var server = await SmtpTestServer.StartAsync(maxMessageBytes: 10_000);
        await using var client = await InTransactionAsync(server, "");
        await client.SayAsync("BDAT 20000\r\n" + new string('a', 20_000) + "BDAT 3 LAST\r\nabcNOOP\r\n");
        await client.DialogAsync("""
            S: 552 5.3.4 ~
            S: 503 5.5.1 ~
            S: 250 2.0.0 OK
            """);
        Assert.Empty(await server.InboxAsync("you@example.test"));
    }

    [Theory]
    [InlineData("the client goes")]
    [InlineData("the client is silent")]
    [InlineData("too many bad commands")]
    public async Task A_message_that_does_not_go_on_leaves_nothing_on_the_disk(string end)
    {
        await using var server = await SmtpTestServer.StartAsync(new SmtpLimits { MaxBadCommands = 1 });
        await using var client = await InTransactionAsync(server, "");
        await client.SayAsync("BDAT 200000\r\nSubject: x\r\n\r\n" + new string('a', 200_000 - 14));
        await client.DialogAsync("S: 250 2.0.0 200000 octets received");
        Assert.Single(PartsOf(server));
        switch (end)
        {
            case "the client goes":
                client.CloseSending();
                break;
            case "the client is silent":
                await server.Time.ArmedAsync(TimeSpan.FromMinutes(5));
                server.Time.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
                await client.DialogAsync("S: 421 ~");
                break;
            default:
                await client.DialogAsync("C: WHAT\nS: 421 ~");
                break;
        }
        // The connection is closed after the session.
        await client.DialogAsync("S: closed");
        Assert.Empty(PartsOf(server));
    }

    /// <summary>Bodies that are not whole, in the store or in the cache of a bucket.</summary>
    private static string[] PartsOf(SmtpTestServer server) => Directory.GetFiles(server.Folder, "*.part", SearchOption.AllDirectories);

    private static async Task<SmtpTestClient> InTransactionAsync(SmtpTestServer server, string parameters)
    {
        var client = await server.GreetedAsync();
        await client.DialogAsync($"""
            C: MAIL FROM:<a@example.net>{parameters}
            S: 250 2.1.0 ~
            C: RCPT TO:<you@example.test>
            S: 250 2.1.5 ~
            """);
        return client;
    }
}
