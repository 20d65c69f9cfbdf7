using System.Text;
using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>A connection that ends anywhere inside commands: those that came whole were done, the one that was cut was not, and nothing is there by half.</summary>
public sealed class BrokenConnectionTests
{
    private const string Message = "Subject: cut\r\n\r\nAll of it or none.\r\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_octet_is_a_place_to_break()
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        await using DialogClient observer = await SignInAsync(server);
        string commands = $"c1 APPEND BOX {{{Message.Length}+}}\r\n{Message}\r\nc2 UID MOVE 1 OTHER\r\nc3 UID STORE 2 +FLAGS (\\Deleted)\r\nc4 UID EXPUNGE 2\r\n";
        int[] ends = [.. new[] { "c1", "c2", "c3", "c4" }.Select(tag => End(commands, tag))];
        for (int cut = 0; cut <= commands.Length; cut++)
        {
            string box = $"Box{cut}", other = $"Other{cut}";
            await AskAsync(observer, $"CREATE {box}");
            await AskAsync(observer, $"CREATE {other}");
            await AskAsync(observer, $"APPEND {box} {{{Message.Length}+}}\r\n{Message}");
            await using (DialogClient client = await SignInAsync(server))
            {
                await AskAsync(client, $"SELECT {box}");
                string said = commands.Replace("BOX", box, StringComparison.Ordinal).Replace("OTHER", other, StringComparison.Ordinal);
                int longer = box.Length - "BOX".Length;
                int at = cut + (cut > commands.IndexOf("BOX", StringComparison.Ordinal) ? longer : 0) + (cut > commands.IndexOf("OTHER", StringComparison.Ordinal) ? other.Length - "OTHER".Length : 0);
                await client.SayAsync(Encoding.ASCII.GetBytes(said[..Math.Min(at, said.Length)]), Cancel);
                await client.BreakAsync(Cancel);
            }

            bool appended = cut >= ends[0], moved = cut >= ends[1], expunged = cut >= ends[3];
            Assert.Equal($"{1 + (appended ? 1 : 0) - (moved ? 1 : 0) - (expunged ? 1 : 0)}", await CountAsync(observer, box));
            Assert.Equal(moved ? "1" : "0", await CountAsync(observer, other));
        }
    }

    // Behind the line end of the last line of the command.
    private static int End(string commands, string tag)
    {
        int next = commands.IndexOf($"c{tag[1] - '0' + 1} ", StringComparison.Ordinal);
        return next < 0 ? commands.Length : next;
    }

    private static async Task<string> CountAsync(DialogClient observer, string mailbox)
    {
        string line = (await AskAsync(observer, $"STATUS {mailbox} (MESSAGES)")).First(answer => answer.StartsWith("* STATUS", StringComparison.Ordinal));
        return line[(line.LastIndexOf(' ') + 1)..^1];
    }

    private static async Task<DialogClient> SignInAsync(ServerFixture server)
    {
        DialogClient client = await DialogClient.ConnectAsync(server.Listener("imaps").Endpoint, Cancel);
        await client.StartTlsAsync(server, Cancel);
        await client.LineAsync(Cancel);
        await AskAsync(client, $"LOGIN alice@example.test {ServerFixture.Password}");
        return client;
    }

    private static async Task<List<string>> AskAsync(DialogClient client, string command)
    {
        await client.SayAsync(Encoding.ASCII.GetBytes($"o {command}\r\n"), Cancel);
        var lines = new List<string>();
        while (await client.LineAsync(Cancel) is { } line)
        {
            lines.Add(line);
            if (line.StartsWith("o ", StringComparison.Ordinal))
            {
                Assert.StartsWith("o OK", line, StringComparison.Ordinal);
                return lines;
            }
        }

        throw new EndOfStreamException();
    }
}
