using Posthorn.Core;
using Posthorn.Core.Maildrops;
using Posthorn.ProtocolTests.Smtp;

namespace Posthorn.ProtocolTests.Pop3;

/// <summary>QUIT removes what is marked when its commit succeeds, and says so only then. RFC 1939 §6.</summary>
public sealed class QuitTests
{
    [Theory]
    [InlineData(false, "-ERR [SYS/TEMP] The marked messages could not be removed; all are still there")]
    [InlineData(true, "-ERR [SYS/TEMP] Whether the marked messages were removed is not known; those that are there come again")]
    public async Task A_commit_that_fails_is_told_and_the_maildrop_is_free_when_its_lease_is_over(bool isOutcomeOpen, string reply)
    {
        await using SmtpTestServer server = await SmtpTestServer.StartAsync();
        await using (SmtpTestClient smtp = await server.GreetedAsync())
        {
            await smtp.DialogAsync("C: MAIL FROM:<a@example.net>\nS: 250 ~\nC: RCPT TO:<you@example.test>\nS: 250 ~\nC: DATA\nS: 354 ~");
            await smtp.SayAsync("Subject: one\r\n\r\ntext\r\n.\r\n");
            await smtp.DialogAsync("S: 250 2.0.0 ~");
        }

        await using (Pop3Line line = await Pop3Line.SignedInAsync(server.Pop3Port, SmtpTestServer.Password))
        {
            Assert.StartsWith("+OK", await line.SayAsync("DELE 1"), StringComparison.Ordinal);
            server.Disk.Writes = new StoreUnavailableException("asked for", isFull: false) { IsOutcomeOpen = isOutcomeOpen };
            Assert.Equal(reply, await line.SayAsync("QUIT"));
            Assert.Equal("", await line.ToEndAsync());
        }

        // Nor could the lease be given back.
        server.Disk.Writes = null;
        server.Time.Advance(Maildrops.LeaseTime + TimeSpan.FromSeconds(1));
        Assert.Single(await server.InboxAsync("you@example.test"));
        await using Pop3Line again = await Pop3Line.SignedInAsync(server.Pop3Port, SmtpTestServer.Password);
        Assert.StartsWith("+OK 1 ", await again.SayAsync("STAT"), StringComparison.Ordinal);
    }
}
