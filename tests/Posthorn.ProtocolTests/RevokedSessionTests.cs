using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;
using Posthorn.ProtocolTests.History;

namespace Posthorn.ProtocolTests;

/// <summary>Sessions that are open when their password changes, or their account is disabled or removed, say goodbye at once on every protocol.</summary>
public sealed class RevokedSessionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Changes { get; } = ["password", "disable", "remove"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task An_idle_imap_session_is_told_bye(string change)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using LineTalk idler = await ImapAsync(server, TestServer.Friend), other = await ImapAsync(server, TestServer.You);
        await idler.ImapAsync("SELECT INBOX", Cancel);
        Assert.Equal("+ idling", await idler.SayAsync("x IDLE", Cancel));
        await ChangeAsync(server, change);
        Assert.StartsWith("* BYE The password or the account has changed", await idler.LineAsync(Cancel), StringComparison.Ordinal);
        Assert.Null(await idler.LineOrEndAsync(Cancel));
        Assert.StartsWith("OK", (await other.ImapAsync("NOOP", Cancel))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_imap_session_is_told_bye_before_any_other_command()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using LineTalk talk = await ImapAsync(server, TestServer.Friend);
        await ChangeAsync(server, "password");
        Assert.StartsWith("* BYE", await talk.LineAsync(Cancel), StringComparison.Ordinal);
        Assert.Null(await talk.LineOrEndAsync(Cancel));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_pop3_session_ends_and_deletes_nothing(string change)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using (LineTalk sender = await SubmissionAsync(server))
        {
            await SendAsync(sender);
        }

        await server.MailWhenAsync(TestServer.Friend, 1);
        await using LineTalk talk = await LineTalk.ConnectAsync(server.Port("pop3s"), Cancel);
        await talk.SayAsync($"USER {TestServer.Friend}", Cancel);
        Assert.StartsWith("+OK 1 ", await talk.SayAsync($"PASS {TestServer.Password}", Cancel), StringComparison.Ordinal);
        Assert.StartsWith("+OK", await talk.SayAsync("DELE 1", Cancel), StringComparison.Ordinal);
        IReadOnlyList<uint> before = await server.UidsAsync(TestServer.Friend);
        await ChangeAsync(server, change);
        Assert.StartsWith("-ERR [AUTH] ", await talk.LineAsync(Cancel), StringComparison.Ordinal);
        Assert.Null(await talk.LineOrEndAsync(Cancel));
        if (change != "remove")
        {
            Assert.Equal(before, await server.UidsAsync(TestServer.Friend));
        }
    }

    [Fact]
    public async Task A_submission_session_ends_before_its_next_message()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using LineTalk talk = await SubmissionAsync(server);
        await SendAsync(talk);
        _ = (await server.Services.GetRequiredService<Accounts>().SetPasswordAsync(TestServer.Administrator, TestServer.You, "another password", Cancel)).Value;
        Assert.StartsWith("421 4.7.0 ", await talk.LineAsync(Cancel), StringComparison.Ordinal);
        Assert.Null(await talk.LineOrEndAsync(Cancel));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_message_that_is_on_its_way_is_not_taken(string change)
    {
        await using TestServer server = await TestServer.StartAsync();
        await using LineTalk talk = await SubmissionAsync(server);
        await talk.SayAsync($"MAIL FROM:<{TestServer.You}>", Cancel);
        await talk.SayAsync($"RCPT TO:<{TestServer.Friend}>", Cancel);
        Assert.StartsWith("354", await talk.SayAsync("DATA", Cancel), StringComparison.Ordinal);
        await ChangeAsync(server, change, TestServer.You);
        Assert.StartsWith("421 4.7.0 ", await talk.SayAsync($"From: {TestServer.You}\r\nSubject: one\r\n\r\nHello\r\n.", Cancel), StringComparison.Ordinal);
        Assert.Null(await talk.LineOrEndAsync(Cancel));
        Assert.Empty(await server.UidsAsync(TestServer.Friend));
    }

    [Fact]
    public async Task After_unauthenticate_the_connection_is_nobodys_and_stays()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using LineTalk talk = await ImapAsync(server, TestServer.Friend);
        Assert.StartsWith("OK", (await talk.ImapAsync("UNAUTHENTICATE", Cancel))[^1], StringComparison.Ordinal);
        await ChangeAsync(server, "password");
        Assert.StartsWith("OK", (await talk.ImapAsync($"LOGIN {TestServer.Friend} \"another password\"", Cancel))[^1], StringComparison.Ordinal);
    }

    private static async Task ChangeAsync(TestServer server, string change, string user = TestServer.Friend)
    {
        var accounts = server.Services.GetRequiredService<Accounts>();
        _ = change switch
        {
            "password" => (await accounts.SetPasswordAsync(TestServer.Administrator, user, "another password", Cancel)).Value,
            "disable" => (await accounts.SetDisabledAsync(TestServer.Administrator, user, true, Cancel)).Value,
            _ => (await accounts.RemoveAsync(TestServer.Administrator, user, Cancel)).Value,
        };
    }

    private static async Task<LineTalk> ImapAsync(TestServer server, string user)
    {
        LineTalk talk = await LineTalk.ConnectAsync(server.Port("imaps"), Cancel);
        Assert.StartsWith("OK", (await talk.ImapAsync($"LOGIN {user} \"{TestServer.Password}\"", Cancel))[^1], StringComparison.Ordinal);
        return talk;
    }

    private static async Task<LineTalk> SubmissionAsync(TestServer server)
    {
        LineTalk talk = await LineTalk.ConnectAsync(server.Port("submissions"), Cancel);
        await talk.SayAsync("EHLO client.example.net", Cancel);
        string response = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"\0{TestServer.You}\0{TestServer.Password}"));
        Assert.StartsWith("235", await talk.SayAsync($"AUTH PLAIN {response}", Cancel), StringComparison.Ordinal);
        return talk;
    }

    private static async Task SendAsync(LineTalk talk)
    {
        await talk.SayAsync($"MAIL FROM:<{TestServer.You}>", Cancel);
        await talk.SayAsync($"RCPT TO:<{TestServer.Friend}>", Cancel);
        Assert.StartsWith("354", await talk.SayAsync("DATA", Cancel), StringComparison.Ordinal);
        Assert.StartsWith("250", await talk.SayAsync($"From: {TestServer.You}\r\nSubject: one\r\n\r\nHello\r\n.", Cancel), StringComparison.Ordinal);
    }
}
