using System.Globalization;
using System.Text;
using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>A message of ten thousand parts, within or after one another: its structure is told as far as it is bounded, all of its octets are given, and the session goes on.</summary>
public sealed class NestedPartsTests
{
    private const int Parts = 10_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ten_thousand_parts_are_answered(bool isNested)
    {
        byte[] message = Encoding.ASCII.GetBytes(isNested ? Nested() : Neighbours());
        await using ServerFixture server = await ServerFixture.StartAsync();
        await using LiteralClient client = await LiteralClient.SignInAsync(server);
        await client.AppendAsync(message);
        string structure = await client.AskAsync("FETCH 1 (BODYSTRUCTURE BODY ENVELOPE PREVIEW)");
        Assert.Contains("BODYSTRUCTURE (", structure, StringComparison.Ordinal);
        Assert.Contains("parts-0", structure, StringComparison.Ordinal);
        Assert.Equal(message, await client.SectionAsync(1, "BODY.PEEK[]"));
        await client.AskAsync("FETCH 1 (BODY.PEEK[" + string.Join('.', Enumerable.Repeat("1", 50)) + "])", mayRefuse: true);
        await client.AskAsync("SEARCH TEXT innermost");
        await client.AskAsync("NOOP");
    }

    private static string Nested()
    {
        var text = new StringBuilder("Subject: nested\r\nMIME-Version: 1.0\r\n");
        for (int i = 0; i < Parts; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"Content-Type: multipart/mixed; boundary=parts-{i}\r\n\r\n--parts-{i}\r\n");
        }

        return text.Append("\r\ninnermost\r\n").ToString();
    }

    private static string Neighbours()
    {
        var text = new StringBuilder("Subject: side by side\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=parts-0\r\n\r\n");
        for (int i = 0; i < Parts; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"--parts-0\r\n\r\nbody {i}\r\n");
        }

        return text.Append("--parts-0--\r\n").ToString();
    }
}
