using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using Posthorn.Core.Storage;

namespace Posthorn.ProtocolTests.Durability;

/// <summary>
/// kill -9 at moments chosen by a seed while several clients deliver. Afterwards every acknowledged message is there exactly once, and no other more than once.
/// KILLS sets how many kills (50 in the tests, half of them here and half in <see cref="History.MixedKillTests"/>; tests/soak/run.sh asks for more), KILL_SEED the moments.
/// </summary>
[Collection("Kills")]
public sealed class KillTests
{
    private const int Clients = 6;
    private const int LongestRunMilliseconds = 400;

    /// <summary>Every so many messages one is large: its body is a file.</summary>
    private const int LargeEvery = 9;

    private static readonly int Kills = KillPlan.Kills / 2;
    private static readonly int Seed = KillPlan.Seed;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Killing_the_server_at_any_moment_loses_no_acknowledged_message_and_doubles_none()
    {
        await using PosthornProcess server = await PosthornProcess.MakeAsync();
        var acknowledged = new ConcurrentBag<string>();
        var random = new Random(Seed);
        for (int kill = 0; kill < Kills; kill++)
        {
            await server.StartAsync();
            using var stop = new CancellationTokenSource();
            int run = kill;
            var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task[] clients = [.. Enumerable.Range(0, Clients).Select(client => DeliverAsync(server.Ports["smtp"], $"{run}-{client}", acknowledged, first, stop.Token))];
            if (kill % 2 == 1)
            {
                // Every other one after something was acknowledged, however slow the machine is.
                await first.Task.WaitAsync(Patience, TimeProvider.System, Cancel);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LongestRunMilliseconds)), TimeProvider.System, Cancel);
            await server.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(clients);
        }

        (IReadOnlyList<string> subjects, IReadOnlyList<StoreFinding> findings) =
            await StoreReading.ReadAsync(Path.Combine(server.Folder, "data"), PosthornProcess.User, Cancel);
        string[] lost = [.. acknowledged.Except(subjects)];
        string[] doubled = [.. subjects.GroupBy(subject => subject).Where(group => group.Count() > 1).Select(group => group.Key)];
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"kills {Kills}, seed {Seed}: acknowledged {acknowledged.Count}, stored {subjects.Count}, lost {lost.Length}, doubled {doubled.Length}"));
        Assert.Empty(lost);
        Assert.Empty(doubled);
        Assert.Empty(findings);
        Assert.InRange(acknowledged.Count, Kills / 2, int.MaxValue);
    }

    private static async Task DeliverAsync(int port, string name, ConcurrentBag<string> acknowledged, TaskCompletionSource first, CancellationToken stop)
    {
        try
        {
            await using SmtpTalk talk = await SmtpTalk.ConnectAsync(port, stop);
            for (int number = 0; ; number++)
            {
                string id = $"m-{name}-{number}";
                if (await talk.SendAsync(PosthornProcess.User, id, number % LargeEvery == LargeEvery - 1 ? 150_000 : 2_000, stop))
                {
                    acknowledged.Add(id);
                    first.TrySetResult();
                }
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The server was killed: what it did not acknowledge may or may not be there.
        }
    }
}
