using System.Text;
using Posthorn.ProtocolTests.Durability;

namespace Posthorn.ProtocolTests.Pop3;

/// <summary>What no client should send: each is refused, and the session goes on or ends in words.</summary>
public sealed class BadInputTests
{
    [Fact]
    public async Task Nuls_and_octets_that_are_no_utf8_are_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using Pop3Line line = await Pop3Line.SignedInAsync(server);
        foreach (string command in new[] { "\0", "NO\0OP", "NOOP\0", "RETR 1\0", "\u00ff\u00fe", "TOP \u00c3(", "STAT \u00e9" })
        {
            Assert.StartsWith("-ERR", await line.SayAsync(command), StringComparison.Ordinal);
        }

        Assert.StartsWith("+OK", await line.SayAsync("NOOP"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("USER yo\0u@example.test", "PASS secret")]
    [InlineData("USER \u00ff\u00fe@example.test", "PASS secret")]
    [InlineData("USER you@example.test", "PASS \u00ff\u00fe")]
    [InlineData("USER you@example.test", "PASS sec\0ret")]
    public async Task Credentials_of_such_octets_sign_nobody_in(string user, string password)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using Pop3Line line = await Pop3Line.ConnectAsync(server);
        string answer = await line.SayAsync(user);
        Assert.StartsWith("-ERR", answer.StartsWith("+OK", StringComparison.Ordinal) ? await line.SayAsync(password) : answer, StringComparison.Ordinal);
        Assert.StartsWith("-ERR", await line.SayAsync("STAT"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AUTH PLAIN !!!", null)]
    [InlineData("AUTH PLAIN", "AGFsaWNl=AAA")]
    [InlineData("AUTH PLAIN", "AP/+AHg=")]
    public async Task A_sign_in_that_is_no_base64_or_no_utf8_is_refused_and_another_one_may_follow(string command, string? response)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using Pop3Line line = await Pop3Line.ConnectAsync(server);
        string answer = await line.SayAsync(command);
        if (response is not null)
        {
            Assert.StartsWith("+ ", answer, StringComparison.Ordinal);
            answer = await line.SayAsync(response);
        }

        Assert.StartsWith("-ERR", answer, StringComparison.Ordinal);
        string plain = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{TestServer.You}\0{TestServer.Password}"));
        Assert.StartsWith("+OK", await line.SayAsync("AUTH PLAIN " + plain), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_too_long_is_refused_and_the_next_is_read()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using Pop3Line line = await Pop3Line.SignedInAsync(server);
        Assert.StartsWith("-ERR", await line.SayAsync("RETR " + new string('1', 10_000)), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await line.SayAsync("NOOP"), StringComparison.Ordinal);
    }

    /// <summary>RFC 1939 §6: a session that does not end with QUIT deletes nothing.</summary>
    [Fact]
    public async Task A_connection_that_breaks_in_the_middle_of_a_command_deletes_nothing_and_frees_the_maildrop()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Port("smtp"), TestContext.Current.CancellationToken))
        {
            Assert.True(await talk.SendAsync(TestServer.You, "one", 500, TestContext.Current.CancellationToken));
        }

        await using (Pop3Line line = await Pop3Line.SignedInAsync(server))
        {
            Assert.StartsWith("+OK", await line.SayAsync("DELE 1"), StringComparison.Ordinal);
            await line.WriteAsync("QUI");
        }

        string stat = "";
        for (int tries = 0; tries < 200 && !stat.StartsWith("+OK 1 ", StringComparison.Ordinal); tries++)
        {
            await using Pop3Line line = await Pop3Line.ConnectAsync(server);
            await line.SayAsync($"USER {TestServer.You}");
            stat = (await line.SayAsync($"PASS {TestServer.Password}")).StartsWith("+OK", StringComparison.Ordinal) ? await line.SayAsync("STAT") : "";
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.StartsWith("+OK 1 ", stat, StringComparison.Ordinal);
    }
}
