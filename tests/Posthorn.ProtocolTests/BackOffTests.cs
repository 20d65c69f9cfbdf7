using System.Text;
using Posthorn.ProtocolTests.History;

namespace Posthorn.ProtocolTests;

/// <summary>Guessing is slowed down over all protocols together, in words that say to wait, and nobody else is held up.</summary>
public sealed class BackOffTests
{
    /// <summary>More than are allowed for a user and an address (SignInLimitOptions).</summary>
    private const int Tries = 6;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Wrong_passwords_by_one_protocol_make_the_right_one_wait_by_all_and_another_account_goes_in()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int number = 0; number < Tries; number++)
        {
            // One for each connection: several end it.
            await using LineTalk guess = await LineTalk.ConnectAsync(server.Port("imaps"), Cancel);
            Assert.StartsWith("NO ", (await guess.ImapAsync($"LOGIN {TestServer.You} wrong-{number}", Cancel))[^1], StringComparison.Ordinal);
        }

        await using LineTalk imap = await LineTalk.ConnectAsync(server.Port("imaps"), Cancel);
        Assert.StartsWith("NO [UNAVAILABLE] Too many failed logins; try again in ", (await imap.ImapAsync(Login(TestServer.You), Cancel))[^1], StringComparison.Ordinal);
        await using LineTalk pop3 = await LineTalk.ConnectAsync(server.Port("pop3s"), Cancel);
        Assert.StartsWith("+OK", await pop3.SayAsync($"USER {TestServer.You}", Cancel), StringComparison.Ordinal);
        Assert.StartsWith("-ERR [SYS/TEMP] Too many failed sign-ins", await pop3.SayAsync($"PASS {TestServer.Password}", Cancel), StringComparison.Ordinal);
        await using LineTalk smtp = await LineTalk.ConnectAsync(server.Port("submissions"), Cancel);
        await smtp.SayAsync("EHLO client.example.net", Cancel);
        string plain = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{TestServer.You}\0{TestServer.Password}"));
        Assert.StartsWith("454 4.7.0 Too many failed sign-ins", await smtp.SayAsync($"AUTH PLAIN {plain}", Cancel), StringComparison.Ordinal);

        Assert.StartsWith("OK ", (await imap.ImapAsync(Login(TestServer.Friend), Cancel))[^1], StringComparison.Ordinal);
    }

    private static string Login(string address) => $"LOGIN {address} \"{TestServer.Password}\"";
}
