using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Posthorn.Core.Storage;
using Posthorn.ProtocolTests.Durability;
using Posthorn.ProtocolTests.Outbound;

namespace Posthorn.ProtocolTests.Replies;

/// <summary>kill -9 while mail comes for somebody who is away: every message that is there was answered, each once, and nothing else was.</summary>
[Collection("Kills")]
public sealed partial class ReplyKillTests
{
    private const int Clients = 4;
    private const int LongestRunMilliseconds = 400;

    // The commit is the one of the other kill tests: a few moments are enough to see that the answer is in it.
    private static readonly int Kills = Math.Max(4, KillPlan.Kills / 10);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_kill_neither_loses_an_answer_nor_doubles_one()
    {
        // Nobody takes the answers: they stay in the queue.
        await using var sink = new SmtpSink(static line => line == "CONNECT" ? "421 4.3.2 come back later" : null);
        await using PosthornProcess server = await PosthornProcess.MakeAsync(smarthost: sink.Port);
        await server.CommandAsync("I am away.", "account", "vacation", "on", PosthornProcess.User);
        var random = new Random(KillPlan.Seed);
        for (int kill = 0; kill < Kills; kill++)
        {
            await server.StartAsync();
            using var stop = new CancellationTokenSource();
            int run = kill;
            var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task[] clients = [.. Enumerable.Range(0, Clients).Select(client => WriteAsync(server.Ports["smtp"], $"{run}-{client}", first, stop.Token))];
            await first.Task.WaitAsync(Cancel);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LongestRunMilliseconds)), TimeProvider.System, Cancel);
            await server.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(clients);
        }

        string queue = await server.CommandAsync("", "queue", "list", "--json");
        string[] answered = [.. Answered().Matches(queue).Select(static match => match.Groups[1].Value).Order(StringComparer.Ordinal)];
        (IReadOnlyList<string> subjects, IReadOnlyList<StoreFinding> findings) = await StoreReading.ReadAsync(Path.Combine(server.Folder, "data"), PosthornProcess.User, Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"kills {Kills}: stored {subjects.Count}, answered {answered.Length}"));
        Assert.Equal(subjects.Order(StringComparer.Ordinal), answered);
        Assert.Empty(findings);
        Assert.InRange(answered.Length, Kills, int.MaxValue);
    }

    private static async Task WriteAsync(int port, string name, TaskCompletionSource first, CancellationToken stop)
    {
        try
        {
            await using SmtpTalk talk = await SmtpTalk.ConnectAsync(port, stop);
            for (int number = 0; ; number++)
            {
                string id = $"m-{name}-{number}";
                await talk.SayAsync($"MAIL FROM:<{id}@example.net>", stop);
                await talk.SayAsync($"RCPT TO:<{PosthornProcess.User}>", stop);
                await talk.SayAsync("DATA", stop);
                await talk.SayAsync($"From: {id}@example.net\r\nTo: {PosthornProcess.User}\r\nSubject: {id}\r\n\r\nHello.\r\n.", stop);
                first.TrySetResult();
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The server was killed.
        }
    }

    [GeneratedRegex(@"(m-[0-9-]+)@example\.net")]
    private static partial Regex Answered();
}
