using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.ProtocolTests.Dialogs;
using Posthorn.ProtocolTests.Smtp;
using Posthorn.Server.Imap;

namespace Posthorn.ProtocolTests.Faults;

/// <summary>A change is heard of while the store cannot be read: it is told when the store is back, without another change.</summary>
public sealed class MissedUpdateTests
{
    private static readonly StoreUnavailableException Away = new("asked for", isFull: false);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Noop_tells_what_the_one_before_could_not_read()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(FullDisk.Install);
        FullDisk disk = server.Services.GetRequiredService<FullDisk>();
        await using DialogClient client = await SignInAsync(server), other = await SignInAsync(server);
        await AskAsync(client, "SELECT INBOX");
        await AppendAsync(other, "INBOX");
        disk.Reads = Away;
        Assert.StartsWith("a NO [UNAVAILABLE]", (await AskAsync(client, "NOOP"))[^1], StringComparison.Ordinal);
        disk.Reads = null;
        Assert.Equal("* 1 EXISTS", (await AskAsync(client, "NOOP"))[0]);
    }

    [Fact]
    public async Task Idle_tells_what_the_one_before_could_not_read()
    {
        await using ServerFixture server = await ServerFixture.StartAsync(FullDisk.Install);
        FullDisk disk = server.Services.GetRequiredService<FullDisk>();
        await using DialogClient client = await SignInAsync(server), other = await SignInAsync(server);
        await AskAsync(client, "SELECT INBOX");
        await AppendAsync(other, "INBOX");
        disk.Reads = Away;
        Assert.StartsWith("a NO [UNAVAILABLE]", (await AskAsync(client, "IDLE"))[^1], StringComparison.Ordinal);
        disk.Reads = null;
        await SayAsync(client, "a IDLE");
        Assert.Equal(["+ idling", "* 1 EXISTS"], [await client.LineAsync(Cancel), await client.LineAsync(Cancel)]);
    }

    [Theory]
    [InlineData("INBOX", "* 1 EXISTS")]
    [InlineData("Sent", "* STATUS \"Sent\" (MESSAGES 1 UIDNEXT 2)")]
    public async Task Notify_looks_again_after_a_pause(string mailbox, string told)
    {
        await using ServerFixture server = await ServerFixture.StartAsync(FullDisk.Install);
        FullDisk disk = server.Services.GetRequiredService<FullDisk>();
        await using DialogClient client = await SignInAsync(server), other = await SignInAsync(server);
        await AskAsync(client, "SELECT INBOX");
        await AskAsync(client, "NOTIFY SET (selected (MessageNew (UID) MessageExpunge)) (personal (MessageNew MessageExpunge))");
        disk.ReadsOnceWritten = Away;
        await AppendAsync(other, mailbox);
        await server.Time.ArmedAsync(ImapSession.RetryPause);
        disk.Reads = null;
        server.Time.Advance(ImapSession.RetryPause);
        Assert.Equal(told, await client.LineAsync(Cancel));
    }

    private static async Task<DialogClient> SignInAsync(ServerFixture server)
    {
        DialogClient client = await DialogClient.ConnectAsync(server.Listener("imaps").Endpoint, Cancel);
        await client.StartTlsAsync(server, Cancel);
        await client.LineAsync(Cancel);
        await AskAsync(client, $"LOGIN alice@example.test {ServerFixture.Password}");
        return client;
    }

    private static async Task AppendAsync(DialogClient client, string mailbox) =>
        Assert.StartsWith("a OK", (await AskAsync(client, $"APPEND {mailbox} {{4+}}\r\nA: b"))[^1], StringComparison.Ordinal);

    private static Task SayAsync(DialogClient client, string line) => client.SayAsync(Encoding.ASCII.GetBytes(line + "\r\n"), Cancel);

    /// <summary>All lines up to the tagged one.</summary>
    private static async Task<List<string>> AskAsync(DialogClient client, string command)
    {
        await SayAsync(client, "a " + command);
        var lines = new List<string>();
        while (lines is not [.., ['a', ' ', ..]])
        {
            lines.Add(await client.LineAsync(Cancel) ?? throw new EndOfStreamException("The server closed."));
        }

        return lines;
    }
}
