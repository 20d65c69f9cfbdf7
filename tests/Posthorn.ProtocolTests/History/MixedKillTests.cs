using Posthorn.ProtocolTests.Durability;
using Posthorn.ProtocolTests.Outbound;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.History;

/// <summary>kill -9 of the server at moments chosen by a seed under mixed load, held against what the clients were told (<see cref="HistoryChecker"/>).</summary>
[Collection("Kills")]
public sealed class MixedKillTests
{
    private const int LongestRunMilliseconds = 500;

    /// <summary>Every so many kills one comes while the server starts and the clients sign in.</summary>
    private const int EarlyEvery = 5;

    private static readonly int Kills = KillPlan.Kills - (KillPlan.Kills / 2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killing_the_server_under_mixed_load_loses_and_doubles_nothing_that_was_acknowledged()
    {
        var random = new Random(KillPlan.Seed);
        await using var sink = new SmtpSink(static _ => null);
        await using PosthornProcess server = await PosthornProcess.MakeAsync(smarthost: sink.Port);
        await server.StartAsync();
        var run = new MixedRun([server], sink, random);
        await run.PrepareAsync();
        for (int kill = 0; kill < Kills; kill++)
        {
            TimeSpan moment = TimeSpan.FromMilliseconds(random.Next(LongestRunMilliseconds));
            bool isEarly = kill % EarlyEvery == EarlyEvery - 1;
            HistoryLog log = await run.LoadAsync(async log =>
            {
                await (isEarly ? Task.CompletedTask : MixedRun.UntilBusyAsync(log));
                await Task.Delay(moment, TimeProvider.System, Cancel);
                await server.KillAsync();
            });
            if (TestDatabase.IsPostgres)
            {
                // The lease on the maildrop would outlive the server by two minutes.
                TestDatabase.Execute(Path.Combine(server.Folder, "data"), "DELETE FROM maildrop_lease");
            }

            await server.StartAsync();
            await run.CheckAsync(log);
        }

        await run.FinishAsync($"kills {Kills}, seed {KillPlan.Seed}", Kills);
        Assert.Contains("The store is sound", await server.CommandAsync("", "check"), StringComparison.OrdinalIgnoreCase);
    }
}
