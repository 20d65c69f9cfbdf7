using Posthorn.Configuration;
using Posthorn.ProtocolTests.Durability;
using Posthorn.ProtocolTests.Outbound;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.History;

/// <summary>kill -9 of PostgreSQL and of the processes that serve connections, and an S3 server that fails, while nodes work under mixed load on them.</summary>
[Collection("Kills")]
public sealed class DatabaseKillTests : IDisposable
{
    private const int LongestRunMilliseconds = 400;
    private const int FailedRequests = 200;

    /// <summary>How long a server waits for a bucket that does not answer.</summary>
    private const int RequestTimeoutSeconds = 4;

    private static readonly int Faults = Math.Max(4, KillPlan.Kills / 10);

    private readonly PostgresCluster _cluster = PostgresCluster.Start();
    private readonly S3Server _bucket = S3Server.Start();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _cluster.Dispose();
        _bucket.Dispose();
    }

    [Fact]
    public async Task Killing_postgres_or_a_backend_under_mixed_load_loses_nothing_that_was_acknowledged_and_the_server_goes_on()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using PosthornProcess server = await PosthornProcess.MakeAsync(smarthost: sink.Port, shared: MakeStore());
        await RunAsync([server], sink, "kills of PostgreSQL", async (fault, _) =>
        {
            if (fault % 2 == 0)
            {
                _cluster.KillHard();
                _cluster.StartAgain();
            }
            else
            {
                // One backend killed by SIGKILL: the postmaster ends all others and recovers by itself.
                await KillBackendAsync();
            }
        });
    }

    [Fact]
    public async Task Bodies_that_s3_refuses_delays_or_leaves_unanswered_are_not_acknowledged_and_nothing_else_is_lost()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using PosthornProcess server = await PosthornProcess.MakeAsync(smarthost: sink.Port, shared: MakeStore());
        await RunAsync([server], sink, "faults of S3", async (fault, _) =>
        {
            switch (fault % 3)
            {
                case 0:
                    _bucket.Fail(FailedRequests);
                    break;
                case 1:
                    _bucket.BeSlow(LongestRunMilliseconds);
                    break;
                default:
                    _bucket.BeDeaf();
                    break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(LongestRunMilliseconds), TimeProvider.System, Cancel);
            _bucket.BeWell();
        });
    }

    [Fact]
    public async Task Killing_one_of_two_nodes_loses_nothing_and_its_mail_on_the_way_out_is_sent()
    {
        SharedStore store = MakeStore();
        await using var sink = new SmtpSink(static _ => null);
        await using PosthornProcess one = await PosthornProcess.MakeAsync(smarthost: sink.Port, shared: store);
        await using PosthornProcess other = await PosthornProcess.MakeAsync(smarthost: sink.Port, shared: store with { IsMade = true });
        await RunAsync([one, other], sink, "kills of one of two nodes", async (fault, log) =>
        {
            PosthornProcess victim = fault % 2 == 0 ? other : one;
            await victim.KillAsync();
            log.IsSlow = true;
            await victim.StartAsync();
            log.IsSlow = false;
        });
    }

    private async Task RunAsync(IReadOnlyList<PosthornProcess> nodes, SmtpSink sink, string what, Func<int, HistoryLog, Task> inject)
    {
        var random = new Random(KillPlan.Seed);
        foreach (PosthornProcess node in nodes)
        {
            await node.StartAsync();
        }

        var run = new MixedRun(nodes, sink, random);
        await run.PrepareAsync();
        for (int fault = 0; fault < Faults; fault++)
        {
            TimeSpan moment = TimeSpan.FromMilliseconds(random.Next(LongestRunMilliseconds));
            HistoryLog log = await run.LoadAsync(async log =>
            {
                await MixedRun.UntilBusyAsync(log);
                await Task.Delay(moment, TimeProvider.System, Cancel);
                await inject(fault, log);
                await Task.Delay(moment, TimeProvider.System, Cancel);
            });

            // The lease on a maildrop outlives its session by two minutes.
            await UntilItRunsAsync(() => _cluster.Execute("DELETE FROM maildrop_lease", "mail"));
            await run.CheckAsync(log);
        }

        await run.FinishAsync($"{what}: {Faults}, seed {KillPlan.Seed}", Faults);
        Assert.Contains("The store is sound", await nodes[0].CommandAsync("", "check"), StringComparison.Ordinal);
    }

    private SharedStore MakeStore()
    {
        _cluster.Execute("CREATE DATABASE mail");
        return new SharedStore(
            _cluster.ConnectionString("mail"),
            new BodiesOptions
            {
                Bucket = S3Server.Bucket,
                Endpoint = _bucket.Options.Endpoint,
                AccessKey = _bucket.Options.AccessKey,
                SecretKey = _bucket.Options.SecretKey,
                TimeoutSeconds = RequestTimeoutSeconds,
            },
            IsMade: false);
    }

    private async Task KillBackendAsync()
    {
        await using var connection = new Npgsql.NpgsqlConnection($"{_cluster.ConnectionString("mail")};Pooling=false");
        await connection.OpenAsync(Cancel);
        await using var command = new Npgsql.NpgsqlCommand(
            "SELECT pid FROM pg_stat_activity WHERE datname = 'mail' AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, xact_start LIMIT 1", connection);
        int pid = (int)(await command.ExecuteScalarAsync(Cancel))!;
        using System.Diagnostics.Process backend = System.Diagnostics.Process.GetProcessById(pid);
        backend.Kill();
    }

    /// <summary>The database refuses while it recovers.</summary>
    private static async Task UntilItRunsAsync(Action action)
    {
        while (true)
        {
            Cancel.ThrowIfCancellationRequested();
            try
            {
                action();
                return;
            }
            catch (InvalidOperationException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
            }
        }
    }
}
