using System.Diagnostics;
using System.Globalization;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Configuration;
using Posthorn.Core.Mailboxes;
using Posthorn.ProtocolTests.Connections;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Imap.InStep;

/// <summary>
/// Two and three clients change one mailbox at the same time, each with commands that do not wait for each other, break off and come back: whatever happens, sequence
/// numbers hold, each client's picture is that of the server, and nothing that was acknowledged is lost.
/// </summary>
/// <remarks>
/// IN_STEP_SECONDS is how long each test goes on (3 in the tests; tests/soak/run.sh asks for more), IN_STEP_SEED where it begins: a failure prints it. How the commands of
/// several clients meet is the machine's choice, so a seed repeats what was done and not always what came of it.
/// </remarks>
public sealed class SessionsInStepTests
{
    private const int Messages = 8;

    /// <summary>Real time, for what other nodes say; a mailbox that is not the same by then is not in step.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly Gen<Step> Steps = Gen.Select(Gen.Int[0, (int)StepKind.Break], Gen.Int[0, 59], Gen.Int[0, 59], (kind, a, b) => new Step((StepKind)kind, a, b));

    private static readonly Gen<(ClientKind[] Kinds, Step[][][] Rounds)> Runs = Gen.Select(
        Gen.Int[0, (int)ClientKind.Notify].Select(kind => (ClientKind)kind).Array[2, 3], Steps.Array[1, 4].Array[1, 3].Array[2, 8]);

    private static int _mailboxes;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Clients_of_one_node_stay_in_step()
    {
        await using TestServer server = await TestServer.StartAsync();
        await SampleAsync([server]);
    }

    /// <summary>Of a mailbox with more than four messages only the newest three are read at first, and what is in memory is dropped again and again.</summary>
    [Fact]
    public async Task Clients_of_a_mailbox_that_is_read_in_part_stay_in_step()
    {
        await using TestServer server = await TestServer.StartAsync();
        SnapshotCache snapshots = server.Services.GetRequiredService<Mailboxes>().Snapshots;
        (snapshots.WholeMessages, snapshots.NewestMessages) = (4, 3);
        using var dropping = new Timer(_ => snapshots.Clear(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));
        await SampleAsync([server]);
    }

    [Fact]
    public async Task Clients_of_two_nodes_stay_in_step()
    {
        string database = TestDatabase.Create();
        using S3Server bucket = S3Server.Start();
        PosthornOptions OnSharedStore(PosthornOptions options) => options with
        {
            Store = TestDatabase.Cluster.ConnectionString(database),
            Bodies = new BodiesOptions
            {
                Bucket = bucket.Options.Bucket,
                Endpoint = bucket.Options.Endpoint,
                AccessKey = bucket.Options.AccessKey,
                SecretKey = bucket.Options.SecretKey,
            },
        };
        await using TestServer one = await TestServer.StartAsync(change: OnSharedStore);
        await using TestServer other = await TestServer.JoinAsync(OnSharedStore);
        await SampleAsync([one, other]);
    }

    private static async Task SampleAsync(TestServer[] nodes)
    {
        OpenConnections[] open = [.. nodes.Select(node => new OpenConnections(node.Services))];
        try
        {
            await SampleAsync([.. nodes.Select(node => node.Port("imaps"))], open);
        }
        finally
        {
            foreach (OpenConnections connections in open)
            {
                connections.Dispose();
            }
        }
    }

    private static Task SampleAsync(int[] ports, OpenConnections[] open) => Runs.SampleAsync(
        run => RunAsync(ports, open, run.Kinds, run.Rounds),
        line => TestContext.Current.TestOutputHelper?.WriteLine(line),
        seed: Environment.GetEnvironmentVariable("IN_STEP_SEED"),
        time: int.TryParse(Environment.GetEnvironmentVariable("IN_STEP_SECONDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? seconds : 3,
        threads: 1,
        print: run => $"{string.Join(", ", run.Kinds)}: {string.Join(" / ", run.Rounds.Select(round => string.Join(" | ", round.Select(steps => string.Join(", ", steps)))))}");

    private static async Task RunAsync(int[] ports, OpenConnections[] open, ClientKind[] kinds, Step[][][] rounds)
    {
        string mailbox = $"Box{Interlocked.Increment(ref _mailboxes)}";
        await FillAsync(ports[0], mailbox);
        ModelClient[] clients = [.. kinds.Select((kind, i) => new ModelClient(ports[i % ports.Length], ports[(i + 1) % ports.Length], kind, mailbox, $"$Own{i}"))];
        try
        {
            foreach (ModelClient client in clients)
            {
                await client.StartAsync(Cancel);
            }

            foreach (Step[][] round in rounds)
            {
                await Task.WhenAll(clients.Select((client, i) => client.RunAsync(round[i % round.Length], Cancel)));
            }

            // What was sent before a connection broke may be under way until its session has ended.
            await Task.WhenAll(ports.Select((port, i) => open[i].WaitForAsync(clients.Count(client => client.Port == port), Patience, Cancel)));
            await ConvergeAsync(ports[0], mailbox, clients);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{fault}\n{string.Join('\n', clients.Select(client => client.Transcript))}", fault);
        }
        finally
        {
            foreach (ModelClient client in clients)
            {
                await client.DisposeAsync();
            }
        }
    }

    private static async Task ConvergeAsync(int port, string mailbox, ModelClient[] clients)
    {
        await using var fresh = new ModelClient(port, port, ClientKind.Plain, mailbox, "$Nobody");
        await fresh.StartAsync(Cancel);
        foreach (ModelClient client in clients)
        {
            long started = Stopwatch.GetTimestamp();
            do
            {
                // Another node hears a moment later.
                await client.CatchUpAsync(Cancel);
                await fresh.CatchUpAsync(Cancel);
            }
            while (!IsSame(client, fresh) && Stopwatch.GetElapsedTime(started) < Patience);
            await client.HoldAgainstAllAsync(Cancel);
            Assert.Equal(fresh.Uids, client.Uids);
            Assert.Equal(fresh.Flags, client.Flags);
            foreach ((uint uid, bool isSet) in client.Own.Where(own => fresh.Flags.ContainsKey(own.Key)))
            {
                Assert.True(fresh.Flags[uid].Contains($"$Own{Array.IndexOf(clients, client)}", StringComparison.Ordinal) == isSet, $"UID {uid} lost what was acknowledged");
            }
        }
    }

    private static bool IsSame(ModelClient client, ModelClient fresh) =>
        client.Uids.SequenceEqual(fresh.Uids) && client.Flags.Count == fresh.Flags.Count && client.Flags.All(pair => fresh.Flags.TryGetValue(pair.Key, out string? flags) && flags == pair.Value);

    private static async Task FillAsync(int port, string mailbox)
    {
        await using PipelinedTalk talk = await PipelinedTalk.ConnectAsync(port, Cancel);
        string messages = string.Concat(Enumerable.Repeat(" {6+}\r\nA: b\r\n", Messages));
        await talk.SayAsync($"a LOGIN {TestServer.You} \"{TestServer.Password}\"\r\nb CREATE {mailbox}\r\nc APPEND {mailbox}{messages}\r\n", Cancel);
        string line;
        do
        {
            line = await talk.LineAsync(Cancel);
        }
        while (!line.StartsWith("c ", StringComparison.Ordinal));
        Assert.StartsWith("c OK", line, StringComparison.Ordinal);
    }
}
