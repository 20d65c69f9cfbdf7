using System.Text;
using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>However a conversation is cut into packets, the answers are the same.</summary>
public sealed class SplitTests
{
    private const string Conversation =
        "a ID ({4+}\r\nname {1+}\r\nx)\r\n" +
        "b LOGIN {16+}\r\nbob@example.test {15+}\r\nsecret-password\r\n" +
        "c APPEND INBOX (\\Seen) {6+}\r\nA: b\r\n {6+}\r\nC: d\r\n\r\n" +
        "d SELECT {5+}\r\nINBOX (CONDSTORE)\r\n" +
        "e FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS ({1+}\r\nA)])\r\n" +
        "f IDLE\r\nDONE\r\n" +
        "g UID SEARCH RETURN (COUNT) SUBJECT {1+}\r\nx\r\n" +
        "h NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))\r\n" +
        "i NOOP\r\n" +
        "j LOGOUT\r\n";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1_000_000)]
    public async Task A_conversation_is_answered_the_same_however_it_is_cut(int octets)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using ServerFixture server = await ServerFixture.StartAsync();
        await using DialogClient client = await DialogClient.ConnectAsync(server.Listener("imap").Endpoint, cancel);
        Assert.StartsWith("* OK ", await client.LineAsync(cancel), StringComparison.Ordinal);
        await client.SayAsync("s STARTTLS\r\n"u8.ToArray(), cancel);
        Assert.StartsWith("s OK ", await client.LineAsync(cancel), StringComparison.Ordinal);
        await client.StartTlsAsync(server, cancel);
        foreach (byte[] part in Encoding.ASCII.GetBytes(Conversation).Chunk(octets))
        {
            await client.SayAsync(part, cancel);
        }

        var tagged = new List<string>();
        var untagged = new List<string>();
        while (await client.LineAsync(cancel) is { } line)
        {
            (line.Length > 2 && line[1] == ' ' && char.IsAsciiLetter(line[0]) ? tagged : untagged).Add(line);
        }

        Assert.Equal(
            ["a OK", "b OK", "c OK", "d OK", "e OK", "f OK", "g OK", "h OK", "i OK", "j OK"],
            tagged.Select(line => line[..4]));
        Assert.Contains("* 2 EXISTS", untagged);
        Assert.Contains(untagged, line => line.StartsWith("* 1 FETCH (UID 1 FLAGS (\\Seen) BODY[HEADER.FIELDS (A)] {", StringComparison.Ordinal));
        Assert.Contains("* ESEARCH (TAG \"g\") UID COUNT 0", untagged);
    }
}
