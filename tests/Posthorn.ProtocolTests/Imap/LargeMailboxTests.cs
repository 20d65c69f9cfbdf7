using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>Mailboxes of which only the newest messages are read when they are opened; here those with more than six messages are.</summary>
public sealed partial class LargeMailboxTests
{
    private const string Alice = "alice@example.test";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Imap");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("condstore")]
    [InlineData("context")]
    [InlineData("expunge")]
    [InlineData("move")]
    [InlineData("qresync")]
    [InlineData("replace")]
    [InlineData("store-two-sessions")]
    [InlineData("uidonly")]
    public async Task What_clients_are_told_is_the_same(string dialog)
    {
        await using ServerFixture server = await StartAsync();
        await DialogRunner.PlayAsync(server, "imaps", Path.Combine(Folder, dialog + ".dialog"));
    }

    [Fact]
    public async Task A_client_that_comes_back_is_told_from_the_log_and_older_messages_are_read_only_where_they_changed()
    {
        await using ServerFixture server = await StartAsync();
        await using LiteralClient client = await LiteralClient.SignInAsync(server);
        for (int i = 0; i < 12; i++)
        {
            await client.AppendAsync("Subject: x\r\n\r\n"u8.ToArray());
        }

        await client.AskAsync("ENABLE QRESYNC");
        await client.AskAsync("UNSELECT");
        Forget(server);
        string opened = await client.AskAsync("SELECT INBOX");
        string validity = Validity().Match(opened).Groups[1].Value, since = Modseq().Match(opened).Groups[1].Value;
        await client.AskAsync("UID STORE 11:12 +FLAGS.SILENT (\\Deleted)");
        await client.AskAsync("UID EXPUNGE 11");
        await client.AskAsync("UNSELECT");
        Assert.False(await IsReadWholeAsync(server));

        string[] told = Told(await client.AskAsync($"SELECT INBOX (QRESYNC ({validity} {since} 1:12 (1:5 1:5)))"));
        Assert.Equal(["VANISHED (EARLIER) 11", "11 FETCH (UID 12 FLAGS (\\Deleted))"], told);
        Assert.Equal(["VANISHED (EARLIER) 11", "11 FETCH (UID 12 FLAGS (\\Deleted))"], Told(await client.AskAsync($"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {since} VANISHED)")));
        Assert.Equal(["11 FETCH (UID 12 FLAGS (\\Deleted))"], Told(await client.AskAsync($"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE {since})")));
        Assert.Empty(Told(await client.AskAsync("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 9223372036854775807)")));
        Assert.False(await IsReadWholeAsync(server));

        // A change far back has a number that only those before it tell.
        await client.AskAsync("UID STORE 2 +FLAGS.SILENT (\\Seen)");
        await client.AskAsync("UNSELECT");
        Forget(server);
        Assert.Equal(
            ["VANISHED (EARLIER) 11", "2 FETCH (UID 2 FLAGS (\\Seen))", "11 FETCH (UID 12 FLAGS (\\Deleted))"],
            Told(await client.AskAsync($"SELECT INBOX (QRESYNC ({validity} {since}))")));
        Assert.True(await IsReadWholeAsync(server));
    }

    [Fact]
    public async Task A_session_whose_snapshot_was_dropped_goes_on_from_what_it_told()
    {
        await using ServerFixture server = await StartAsync();
        await using LiteralClient client = await LiteralClient.SignInAsync(server), other = await LiteralClient.SignInAsync(server);
        for (int i = 0; i < 12; i++)
        {
            await client.AppendAsync("Subject: x\r\n\r\n"u8.ToArray());
        }

        await client.AskAsync("UNSELECT");
        Forget(server);
        Assert.Contains("\n* 12 EXISTS", await client.AskAsync("SELECT INBOX"), StringComparison.Ordinal);
        Forget(server);
        await other.AskAsync("SELECT INBOX");
        await other.AskAsync("UID STORE 3,10 +FLAGS.SILENT (\\Deleted)");
        await other.AskAsync("EXPUNGE");
        Forget(server);

        // Held while a FETCH by numbers is under way, then told.
        Assert.DoesNotContain("EXPUNGE", await client.AskAsync("FETCH 1:4 (UID)", mayRefuse: true), StringComparison.Ordinal);
        Assert.Equal(["3 EXPUNGE", "9 EXPUNGE"], Told(await client.AskAsync("NOOP")).Where(static line => line.EndsWith("EXPUNGE", StringComparison.Ordinal)));
        Assert.Equal(["3 FETCH (UID 4)"], Told(await client.AskAsync("FETCH 3 (UID)")));
    }

    private static async Task<ServerFixture> StartAsync()
    {
        ServerFixture server = await ServerFixture.StartAsync();
        Forget(server);
        return server;
    }

    /// <summary>Drops what the node has in memory, and makes small mailboxes large ones.</summary>
    private static void Forget(ServerFixture server)
    {
        SnapshotCache snapshots = server.Services.GetRequiredService<Mailboxes>().Snapshots;
        (snapshots.WholeMessages, snapshots.NewestMessages) = (6, 4);
        snapshots.Clear();
    }

    private static async Task<bool> IsReadWholeAsync(ServerFixture server)
    {
        Actor system = Actor.System("test");
        AccountId account = (await server.Services.GetRequiredService<Accounts>().GetAsync(system, Alice, Cancel)).Value.Id;
        Mailboxes mailboxes = server.Services.GetRequiredService<Mailboxes>();
        Mailbox inbox = (await mailboxes.FindAsync(system, account, Mailbox.Inbox, Cancel)).Value;
        return (await mailboxes.SnapshotAsync(new Actor(account, "test", "1", null), account, inbox.Id, Cancel)).Value.IsWhole;
    }

    /// <summary>Changes of messages, modseqs left out.</summary>
    private static string[] Told(string answer) =>
    [
        .. answer.Split('\n').Where(static line => Change().IsMatch(line))
            .Select(static line => ModseqItem().Replace(line, "")[2..]),
    ];

    [GeneratedRegex(@"\[UIDVALIDITY ([0-9]+)\]")]
    private static partial Regex Validity();

    [GeneratedRegex(@"\[HIGHESTMODSEQ ([0-9]+)\]")]
    private static partial Regex Modseq();

    [GeneratedRegex(@"^\* (VANISHED|[0-9]+ FETCH|[0-9]+ EXPUNGE)")]
    private static partial Regex Change();

    [GeneratedRegex(@" MODSEQ \([0-9]+\)")]
    private static partial Regex ModseqItem();
}
