using Posthorn.Core;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Smtp;

/// <summary>A store that cannot take mail now: a temporary error, nothing kept, and all is well again by itself.</summary>
public sealed class StoreFailureTests
{
    private const string Recipient = "you@example.test";

    [Theory]
    [InlineData(true, false, "452 4.3.1 ~")]
    [InlineData(false, false, "451 4.3.0 ~")]
    [InlineData(false, true, "451 4.3.0 ~")]
    public async Task A_database_that_fails_is_told_after_the_data(bool isFull, bool isOutcomeOpen, string reply)
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        server.Disk.Writes = new StoreUnavailableException("asked for", isFull) { IsOutcomeOpen = isOutcomeOpen };
        await SendAsync(client, "Subject: one\r\n\r\ntext\r\n", reply);
        Assert.Empty(await server.InboxAsync(Recipient));
        server.Disk.Writes = null;
        await SendAsync(client, "Subject: two\r\n\r\ntext\r\n", "250 2.0.0 ~");
        Assert.EndsWith("Subject: two\r\n\r\ntext\r\n", Assert.Single(await server.InboxAsync(Recipient)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_fills_up_within_a_large_message_is_told_at_its_end()
    {
        await using var server = await SmtpTestServer.StartAsync();
        await using var client = await server.GreetedAsync();
        var large = "Subject: large\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('a', 98) + "\r\n", 5000));
        server.Disk.Bodies = new StoreUnavailableException("asked for", isFull: true);
        await SendAsync(client, large, "452 4.3.1 ~");
        Assert.Empty(TestDatabase.BodyFiles(server.Folder));
        server.Disk.Bodies = null;
        await SendAsync(client, large, "250 2.0.0 ~");
        Assert.EndsWith(large, Assert.Single(await server.InboxAsync(Recipient)), StringComparison.Ordinal);
    }

    private static async Task SendAsync(SmtpTestClient client, string message, string reply)
    {
        await client.DialogAsync($"C: MAIL FROM:<a@example.net>\nS: 250 2.1.0 ~\nC: RCPT TO:<{Recipient}>\nS: 250 2.1.5 ~\nC: DATA\nS: 354 ~");
        await client.SayAsync(message + ".\r\n");
        await client.DialogAsync("S: " + reply);
    }
}
