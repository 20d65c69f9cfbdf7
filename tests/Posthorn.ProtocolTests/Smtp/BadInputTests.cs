using Posthorn.Server.Connections;
using Posthorn.Server.Smtp;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>Clients that do not speak well, do not speak, or speak something else.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("POST / HTTP/1.1")]
    [InlineData("OPTIONS * HTTP/1.1")]
    [InlineData("PRI * HTTP/2.0")]
    public async Task A_web_browser_is_cut_off(string line)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.DialogAsync($"S: 220 ~\nC: {line}\nS: 421 4.7.0 ~\nS: closed");
    }

    [Fact]
    public async Task Three_bad_commands_before_ehlo_are_enough()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.DialogAsync("""
            S: 220 ~
            C: HALLO
            S: 500 5.5.1 ~
            C: RCPT TO:<you@example.test>
            S: 503 5.5.1 ~
            C: \x16\x03
            S: 421 4.7.0 ~
            S: closed
            """);
    }

    [Fact]
    public async Task Twenty_bad_commands_are_enough_at_any_time()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        for (var i = 1; i < 20; i++)
        {
            await client.DialogAsync("C: WHAT\nS: 500 5.5.1 ~");
        }
        await client.DialogAsync("C: WHAT\nS: 421 4.7.0 ~\nS: closed");
    }

    [Fact]
    public async Task What_was_pipelined_behind_a_refused_mail_is_no_fault()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.SayAsync("MAIL FROM:<a@example.net> SIZE=99999999\r\n" + string.Concat(Enumerable.Repeat("RCPT TO:<you@example.test>\r\n", 100)) + "NOOP\r\n");
        await client.DialogAsync("S: 552 5.3.4 ~");
        for (var i = 0; i < 100; i++)
        {
            await client.DialogAsync("S: 503 5.5.1 ~");
        }
        await client.DialogAsync("S: 250 2.0.0 OK");
    }

    [Theory]
    [InlineData(4096 - 2, false)]
    [InlineData(4096 - 1, true)]
    [InlineData(10_000, true)]
    [InlineData(200_000, true)]
    public async Task A_line_too_long_is_refused_and_the_next_one_is_served(int length, bool isRefused)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        // Without its end, as the limit counts.
        await client.SayAsync("NOOP " + new string('a', length - "NOOP ".Length) + "\r\nRSET\r\nVRFY you\r\n");
        IReadOnlyList<string> reply = await client.ReplyAsync();
        Assert.StartsWith(isRefused ? "500 5.5.2 " : "250 2.0.0 OK", reply[0], StringComparison.Ordinal);
        do
        {
            // A line that does not end is told of again and again: each counts as a bad command.
            reply = await client.ReplyAsync();
        }
        while (length > LineReader.SkipLimit && reply[0].StartsWith("500 5.5.2 ", StringComparison.Ordinal));
        Assert.Equal("250 2.0.0 OK", reply[0]);
        await client.DialogAsync("S: 252 2.5.2 ~");
    }

    [Theory]
    [InlineData(5_000)]
    [InlineData(10_000)]
    [InlineData(60_000)]
    public async Task A_line_too_long_is_answered_though_nothing_follows(int length)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.SayAsync("NOOP " + new string('a', length) + "\r\n");
        await client.DialogAsync("S: 500 5.5.2 ~");
    }

    [Theory]
    [InlineData("NOOP \0", "250 2.0.0 OK")]
    [InlineData("\0\0\0", "500 5.5.1 ~")]
    [InlineData("MAIL FROM:<\0@example.net>", "501 5.5.2 ~")]
    [InlineData("", "500 5.5.1 ~")]
    [InlineData(" NOOP", "500 5.5.1 ~")]
    [InlineData("AUTH PLAIN AGEAYg==", "502 5.5.1 ~")]
    [InlineData("EXPN staff", "502 5.5.1 ~")]
    [InlineData("VRFY you", "252 2.5.2 ~")]
    [InlineData("HELP", "214 2.0.0 ~")]
    [InlineData("DATA", "503 5.5.1 ~")]
    [InlineData("RSET now", "501 5.5.4 ~")]
    [InlineData("noop", "250 2.0.0 OK")]
    public async Task Odd_lines_are_answered_and_the_session_goes_on(string line, string reply)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await client.SayAsync(line + "\r\n");
        await client.DialogAsync($"S: {reply}\nC: RSET\nS: 250 2.0.0 OK");
    }

    [Fact]
    public async Task Commands_without_end_end_the_connection()
    {
        await using var server = await SmtpTestServer.StartAsync(new SmtpLimits { MaxCommands = 5 });
        await using var client = await server.GreetedAsync();
        await client.SayAsync(string.Concat(Enumerable.Repeat("NOOP\r\n", 6)));
        await client.DialogAsync("""
            S: 250 2.0.0 OK
            S: 250 2.0.0 OK
            S: 250 2.0.0 OK
            S: 250 2.0.0 OK
            S: 421 4.7.0 ~
            S: closed
            """);
    }

    [Fact]
    public async Task A_silent_client_is_told_to_go()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        await server.Time.ArmedAsync(TimeSpan.FromMinutes(5));
        server.Time.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
        await client.DialogAsync("""
            S: 421 4.4.2 ~
            S: closed
            """);
    }

    [Fact]
    public async Task A_client_that_stops_within_its_message_is_told_to_go()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await InDataAsync(server);
        await client.SayAsync("Subject: half\r\n\r\nte");
        await server.Time.ArmedAsync(TimeSpan.FromMinutes(3));
        server.Time.Advance(TimeSpan.FromMinutes(3) + TimeSpan.FromSeconds(1));
        await client.DialogAsync("""
            S: 421 4.4.2 ~
            S: closed
            """);
        Assert.Empty(await server.InboxAsync("you@example.test"));
    }

    [Fact]
    public async Task A_message_cut_off_is_not_delivered()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using (var client = await InDataAsync(server))
        {
            await client.SayAsync("Subject: half\r\n\r\ntext\r\n.\r");
            client.CloseSending();
            await client.DialogAsync("S: closed");
        }
        Assert.Empty(await server.InboxAsync("you@example.test"));
    }

    [Fact]
    public async Task A_message_over_the_limit_is_read_to_its_end_and_refused()
    {
        await using var server = await SmtpTestServer.StartAsync(maxMessageBytes: 100_000);
        await using var client = await InDataAsync(server);
        await client.SayAsync("Subject: large\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('a', 98) + "\r\n", 5000)) + ".\r\n");
        await client.DialogAsync("""
            S: 552 5.3.4 ~
            C: NOOP
            S: 250 2.0.0 OK
            """);
        Assert.Empty(await server.InboxAsync("you@example.test"));
    }

    [Fact]
    public async Task What_is_over_the_limit_is_kept_nowhere_while_it_comes()
    {
        const int Limit = 100_000;
        await using var server = await SmtpTestServer.StartAsync(new SmtpLimits { MaxDiscard = 64 * 1024 * 1024 }, maxMessageBytes: Limit);
        await using var client = await InDataAsync(server);
        await client.SayAsync("Subject: large\r\n\r\n");
        string piece = string.Concat(Enumerable.Repeat(new string('a', 98) + "\r\n", 10_000));
        for (var sent = 0; sent < 32; sent++)
        {
            // More than the buffers of the connection hold: the server has read most of it.
            await client.SayAsync(piece);
        }
        Assert.InRange(Directory.EnumerateFiles(server.Folder, "*", SearchOption.AllDirectories).Where(IsBody).Sum(static file => new FileInfo(file).Length), 0, 2 * Limit);
        await client.SayAsync(".\r\n");
        await client.DialogAsync("S: 552 5.3.4 ~");

        static bool IsBody(string file) => file.Contains("/bod", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_without_end_ends_the_connection()
    {
        await using var server = await SmtpTestServer.StartAsync(new SmtpLimits { MaxDiscard = 100_000 }, maxMessageBytes: 100_000);
        await using var client = await InDataAsync(server);
        await client.SayAsync("Subject: large\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('a', 98) + "\r\n", 2500)));
        await client.DialogAsync("""
            S: 552 5.3.4 ~
            S: closed
            """);
    }

    [Fact]
    public async Task A_header_over_the_limit_is_refused()
    {
        await using var server = await SmtpTestServer.StartAsync(new SmtpLimits { MaxHeader = 1000 });
        await using var client = await InDataAsync(server);
        await client.SayAsync("X-Long: " + new string('a', 5000) + "\r\n\r\ntext\r\n.\r\n");
        await client.DialogAsync("S: 552 5.3.4 ~");
    }

    [Fact]
    public async Task A_message_that_loops_is_refused()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await InDataAsync(server);
        await client.SayAsync(string.Concat(Enumerable.Repeat("Received: by mx.example.test; Sun, 1 Mar 2026 12:00:00 +0000\r\n", 101)) + "\r\n.\r\n");
        await client.DialogAsync("S: 554 5.4.6 ~");
    }

    [Fact]
    public async Task A_stopping_server_says_so()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        var stopping = server.StopAsync();
        await client.DialogAsync("""
            S: 421 4.3.2 ~
            S: closed
            """);
        await stopping;
    }

    [Fact]
    public async Task A_stopping_server_takes_the_message_under_way()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await InDataAsync(server);
        await client.SayAsync("Subject: last\r\n\r\n");
        var stopping = server.StopAsync();
        await client.SayAsync("text\r\n.\r\n");
        await client.DialogAsync("""
            S: 250 2.0.0 ~
            S: 421 4.3.2 ~
            S: closed
            """);
        await stopping;
    }

    private static async Task<SmtpTestClient> InDataAsync(SmtpTestServer server)
    {
        var client = await server.GreetedAsync();
        await client.DialogAsync("""
            C: MAIL FROM:<a@example.net>
            S: 250 2.1.0 ~
            C: RCPT TO:<you@example.test>
            S: 250 2.1.5 ~
            C: DATA
            S: 354 ~
            """);
        return client;
    }
}
