using System.Text;
using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>RFC 9585: a client that waits long hears how far its search has come. The clock moves whenever it is read.</summary>
public sealed class ProgressTests
{
    [Theory]
    [InlineData("a7", "\"a7\"")]
    [InlineData("a]7", "NIL")]
    public async Task A_long_search_tells_how_far_it_is(string tag, string told)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using ServerFixture server = await ServerFixture.StartAsync();
        await using DialogClient client = await OpenAsync(server, messages: 6);
        server.Time.AutoAdvanceAmount = TimeSpan.FromSeconds(4);
        await client.SayAsync(Encoding.ASCII.GetBytes($"{tag} SEARCH TEXT nowhere\r\n"), cancel);
        List<string> lines = await ToTagAsync(client, tag);
        string[] progress = [.. lines.Where(line => line.StartsWith("* OK [INPROGRESS", StringComparison.Ordinal))];
        Assert.NotEmpty(progress);
        Assert.All(progress, line => Assert.Matches($@"^\* OK \[INPROGRESS \({told} [0-5] 6\)\] [0-5] of 6 messages$", line));
        Assert.True(progress.Length < 6, "It is told at an interval, not for each message.");
        Assert.Contains("* SEARCH", lines);
    }

    [Fact]
    public async Task A_quick_search_tells_nothing_of_it()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using ServerFixture server = await ServerFixture.StartAsync();
        await using DialogClient client = await OpenAsync(server, messages: 3);
        await client.SayAsync("a7 SEARCH TEXT nowhere\r\n"u8.ToArray(), cancel);
        Assert.DoesNotContain(await ToTagAsync(client, "a7"), line => line.Contains("INPROGRESS", StringComparison.Ordinal));
    }

    private static async Task<DialogClient> OpenAsync(ServerFixture server, int messages)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        DialogClient client = await DialogClient.ConnectAsync(server.Listener("imaps").Endpoint, cancel);
        await client.StartTlsAsync(server, cancel);
        await client.SayAsync(Encoding.ASCII.GetBytes($"a1 LOGIN alice@example.test {ServerFixture.Password}\r\n"), cancel);
        for (int i = 0; i < messages; i++)
        {
            await client.SayAsync("a2 APPEND INBOX {20+}\r\nSubject: x\r\n\r\nText\r\n\r\n"u8.ToArray(), cancel);
        }

        await client.SayAsync("a3 SELECT INBOX\r\n"u8.ToArray(), cancel);
        await ToTagAsync(client, "a3");
        return client;
    }

    private static async Task<List<string>> ToTagAsync(DialogClient client, string tag)
    {
        var lines = new List<string>();
        while (await client.LineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            lines.Add(line);
            if (line.StartsWith(tag + " ", StringComparison.Ordinal))
            {
                return lines;
            }
        }

        throw new EndOfStreamException(string.Join("\n", lines));
    }
}
