using System.Text;

namespace Posthorn.ProtocolTests.Durability;

/// <summary>What is acknowledged is synced: watched at the system calls, and replayed with unsynced writes dropped.</summary>
public sealed class DurabilityTests
{
    private const int Large = 200_000;
    private const int SmallMessages = 12;
    private const int Cuts = 40;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_is_acknowledged_before_it_is_synced_and_no_synced_message_is_lost_when_writes_are_dropped()
    {
        await using PosthornProcess server = await PosthornProcess.MakeAsync();
        string data = Path.Combine(server.Folder, "data"), before = Path.Combine(server.Folder, "before"), trace = Path.Combine(server.Folder, "trace");
        CopyFolder(data, before);
        await server.StartAsync(SystemCallTrace.Command(trace));
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Ports["smtp"], Cancel))
        {
            for (int i = 0; i < SmallMessages; i++)
            {
                Assert.True(await talk.SendAsync(PosthornProcess.User, $"small-{i}", 3_000, Cancel));
            }

            Assert.True(await talk.SendAsync(PosthornProcess.User, "large", Large, Cancel));
        }

        await server.StopAsync();
        IReadOnlyList<SystemCall> calls = SystemCallTrace.Read(File.ReadLines(trace));
        (IReadOnlyList<string> violations, int syncs) = SyncOrder.Check(calls);
        Assert.Empty(violations);
        Assert.InRange(syncs, SmallMessages + 1, int.MaxValue);
        // All pages of a commit go to the WAL in one write; a WAL that starts over has its header synced by itself.
        Assert.InRange(calls.Count(static call => call is SystemCall.Write write && IsWal(write.Path)), 1, calls.Count(static call => call is SystemCall.Sync sync && IsWal(sync.Path)));
        Assert.Equal(SmallMessages + 1, Acknowledged(calls, calls.Count));
        await DropWritesAsync(server.Folder, before, calls);
    }

    [Fact]
    public void A_reply_between_write_and_sync_is_found()
    {
        SystemCall write = new SystemCall.Write("/data/posthorn.db-wal", 0, [1]), sync = new SystemCall.Sync("/data/posthorn.db-wal");
        SystemCall send = new SystemCall.Send("250 ok"u8.ToArray());
        Assert.Empty(SyncOrder.Check([write, sync, send]).Violations);
        Assert.Single(SyncOrder.Check([write, send, sync]).Violations);
        SystemCall body = new SystemCall.Write("/data/bodies/ab/x.part", 0, [1]), named = new SystemCall.Rename("/data/bodies/ab/x");
        Assert.Single(SyncOrder.Check([body, named, new SystemCall.Sync("/data/bodies/ab"), send]).Violations);
        Assert.Single(SyncOrder.Check([body, new SystemCall.Sync("/data/bodies/ab/x.part"), named, send]).Violations);
        Assert.Empty(SyncOrder.Check([body, new SystemCall.Sync("/data/bodies/ab/x.part"), named, new SystemCall.Sync("/data/bodies/ab"), send]).Violations);
    }

    /// <summary>Cuts the power at random moments: of what was not synced then, a random part arrives. Every message acknowledged before is there, once.</summary>
    private static async Task DropWritesAsync(string folder, string before, IReadOnlyList<SystemCall> calls)
    {
        var random = new Random(20_261_124);
        int[] acknowledgements = [.. Enumerable.Range(0, calls.Count).Where(at => IsAcknowledgement(calls[at]))];
        for (int cut = 0; cut < Cuts; cut++)
        {
            // Half of the cuts right after an acknowledgement: there a missing sync shows.
            int end = cut % 2 == 0 ? acknowledgements[random.Next(acknowledgements.Length)] + 1 : random.Next(calls.Count);
            string state = Path.Combine(folder, $"cut-{cut}");
            CopyFolder(before, state);
            DroppedWrites.Apply(calls.Take(end), state, random);
            (IReadOnlyList<string> subjects, _) = await StoreReading.ReadAsync(state, PosthornProcess.User, Cancel);
            int acknowledged = acknowledgements.Count(at => at < end);
            string[] expected = [.. Enumerable.Range(0, SmallMessages).Select(i => $"small-{i}").Append("large").Take(acknowledged)];
            Assert.Equal(expected, subjects.Take(acknowledged));
            Assert.InRange(subjects.Count, acknowledged, acknowledged + 1);
            Directory.Delete(state, recursive: true);
        }
    }

    private static bool IsWal(string path) => path.EndsWith(".db-wal", StringComparison.Ordinal);

    private static int Acknowledged(IReadOnlyList<SystemCall> calls, int end) => calls.Take(end).Count(IsAcknowledgement);

    private static bool IsAcknowledgement(SystemCall call) =>
        call is SystemCall.Send send && Encoding.Latin1.GetString(send.Octets).Contains("250 2.0.0 Accepted", StringComparison.Ordinal);

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) is not "lock" and not "control.sock"))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }
}
