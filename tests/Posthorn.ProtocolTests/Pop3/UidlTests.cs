using Posthorn.ProtocolTests.Durability;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Pop3;

/// <summary>A client that leaves its mail on the server must not fetch it again: ids stay, whatever is done to the store.</summary>
public sealed class UidlTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ids_stay_over_a_restart_an_import_into_the_inbox_a_backup_and_its_restore()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "Restored into a folder; StoreConfigurationTests restores into a database.");
        await using PosthornProcess server = await PosthornProcess.MakeAsync();
        await server.StartAsync();
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Ports["smtp"], Cancel))
        {
            Assert.True(await talk.SendAsync(PosthornProcess.User, "one", 100, Cancel));
            Assert.True(await talk.SendAsync(PosthornProcess.User, "two", 100, Cancel));
        }

        string[] before = await IdsAsync(server);
        Assert.Equal(2, before.Length);
        string mbox = Path.Combine(server.Folder, "old.mbox");
        await File.WriteAllTextAsync(mbox, "From a@example.org Mon Mar  4 07:00:00 2024\nSubject: old\n\nx\n", Cancel);
        await server.CommandAsync("", "import", "mbox", mbox, "--account", PosthornProcess.User, "--mailbox", "INBOX");
        string[] after = await IdsAsync(server);
        Assert.Equal(before, after[..2]);
        Assert.Equal(3, after.Distinct().Count());

        string backup = Path.Combine(server.Folder, "backup");
        await server.CommandAsync("", "backup", backup);
        await server.StopAsync();
        Directory.Move(Path.Combine(server.Folder, "data"), Path.Combine(server.Folder, "lost"));
        await server.CommandAsync("", "restore", backup);
        await server.StartAsync();
        Assert.Equal(after, await IdsAsync(server));
    }

    private static async Task<string[]> IdsAsync(PosthornProcess server)
    {
        await using Pop3Line line = await Pop3Line.ConnectAsync(server.Ports["pop3s"]);
        await line.SayAsync($"USER {PosthornProcess.User}");
        Assert.StartsWith("+OK", await line.SayAsync($"PASS {PosthornProcess.Password}"), StringComparison.Ordinal);
        await line.SayAsync("UIDL");
        string ids = await line.UntilDotAsync();
        await line.SayAsync("QUIT");
        return [.. ids.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(static entry => entry.Split(' ')[1])];
    }
}
