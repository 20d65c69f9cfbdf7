using System.Text;
using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Connections;

/// <summary>The time to sign in is over also for a client whose next command is always here.</summary>
public sealed class TalkingBeforeLoginTests
{
    private const int Commands = 1_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("imap", "a NOOP\r\n", "a OK")]
    [InlineData("pop3", "CAPA\r\n", "+OK")]
    public async Task Who_keeps_talking_is_not_served_for_longer(string listener, string command, string answer)
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        await using DialogClient client = await DialogClient.ConnectAsync(server.Listener(listener).Endpoint, Cancel);
        await client.LineAsync(Cancel);

        // Each look at the clock takes a second, of three minutes: all commands are here before they are over.
        server.Time.AutoAdvanceAmount = TimeSpan.FromSeconds(1);
        await client.SayAsync(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(command, Commands))), Cancel);
        Assert.InRange(await CountAsync(client, answer), 0, 180);
    }

    private static async Task<int> CountAsync(DialogClient client, string answer)
    {
        int count = 0;
        try
        {
            while (await client.LineAsync(Cancel) is { } line)
            {
                count += line.StartsWith(answer, StringComparison.Ordinal) ? 1 : 0;
            }
        }
        catch (IOException)
        {
            // Closed with commands unread.
        }

        return count;
    }
}
