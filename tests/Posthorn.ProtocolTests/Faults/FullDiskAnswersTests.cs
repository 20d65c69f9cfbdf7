using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Forwarding;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.ProtocolTests.Durability;
using Posthorn.ProtocolTests.Outbound;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests.Faults;

/// <summary>
/// A disk that fills up while mail comes for somebody who is away and has it forwarded: a message that was taken was answered and went on, one that was refused was neither, and it goes on by
/// itself when there is room again.
/// </summary>
public sealed partial class FullDiskAnswersTests
{
    private const string There = "me@there.test";
    private const int SmallMebibytes = 24;
    private const int LargeMebibytes = 256;

    /// <summary>Of a message, so that the disk is full after some hundred.</summary>
    private const int Bytes = 60_000;

    private const int MostMessages = 2_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_taken_was_answered_and_went_on_and_what_was_refused_was_neither()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "PostgreSQL keeps its data elsewhere.");

        // Nobody takes what goes out: it stays in the queue.
        await using var sink = new SmtpSink(static line => line == "CONNECT" ? "421 4.3.2 come back later" : null);
        SmallDisk? disk = null;
        await using PosthornProcess server = await PosthornProcess.MakeAsync(async data => disk = await SmallDisk.MountAsync(data, SmallMebibytes), sink.Port);
        await using SmallDisk small = disk!;
        await server.CommandAsync("I am away.", "account", "vacation", "on", PosthornProcess.User);
        await ForwardAsync(Path.Combine(server.Folder, "data"));
        await server.StartAsync();
        var acknowledged = new List<string>();
        string reply;
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Ports["smtp"], Cancel))
        {
            while ((reply = await SendAsync(talk, $"m-{acknowledged.Count}", acknowledged.Count)).StartsWith("250", StringComparison.Ordinal) && acknowledged.Count < MostMessages)
            {
                acknowledged.Add($"m-{acknowledged.Count}");
            }
        }

        Assert.StartsWith("452 4.3.1 ", reply, StringComparison.Ordinal);
        Assert.NotEmpty(acknowledged);
        await small.ResizeAsync(LargeMebibytes);
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Ports["smtp"], Cancel))
        {
            Assert.StartsWith("250", await SendAsync(talk, "m-9999", 9_999), StringComparison.Ordinal);
            acknowledged.Add("m-9999");
        }

        string queue = await server.CommandAsync("", "queue", "list", "--json");
        await server.StopAsync();
        (IReadOnlyList<string> subjects, IReadOnlyList<StoreFinding> findings) = await StoreReading.ReadAsync(Path.Combine(server.Folder, "data"), PosthornProcess.User, Cancel);

        // What the program itself wrote to the owner is beside them.
        Assert.Equal(acknowledged, subjects.Where(static subject => subject.StartsWith("m-", StringComparison.Ordinal)));
        Assert.Equal(acknowledged.Order(StringComparer.Ordinal), Found(Answered(), queue));
        Assert.Equal(acknowledged.Order(StringComparer.Ordinal), Found(Forwarded(), queue));
        Assert.Empty(findings);
    }

    private static IEnumerable<string> Found(Regex what, string queue) => what.Matches(queue).Select(static match => match.Groups[1].Value).Order(StringComparer.Ordinal);

    /// <summary>As the owner does on the web, before the server runs.</summary>
    private static async Task ForwardAsync(string dataFolder)
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .AddSingleton(typeof(ILogger<>), typeof(NullLogger<>))
            .AddPosthornCore(new StoreOptions { DataFolder = dataFolder })
            .BuildServiceProvider();
        Actor actor = Actor.System("test");
        AccountId account = (await services.GetRequiredService<Accounts>().GetAsync(actor, PosthornProcess.User, Cancel)).Value.Id;
        Forwards forwards = services.GetRequiredService<Forwards>();
        string code = "";
        Assert.Null((await forwards.AddAsync(actor, account, There, (_, made) => new MessageWords("code", code = made), Cancel)).Refusal);
        Assert.Null((await forwards.ConfirmAsync(actor, account, There, code, static to => new MessageWords("forwarding begins", to), Cancel)).Refusal);
    }

    /// <summary>From a sender of its own: each is answered once.</summary>
    private static async Task<string> SendAsync(SmtpTalk talk, string id, int seed)
    {
        var octets = new byte[Bytes * 3 / 4];
        new Random(seed).NextBytes(octets);
        string text = Convert.ToBase64String(octets, Base64FormattingOptions.InsertLineBreaks);
        await talk.SayAsync($"MAIL FROM:<{id}@example.net>", Cancel);
        string recipient = await talk.SayAsync($"RCPT TO:<{PosthornProcess.User}>", Cancel);
        if (!recipient.StartsWith("250", StringComparison.Ordinal))
        {
            return recipient;
        }

        await talk.SayAsync("DATA", Cancel);
        return await talk.SayAsync($"From: {id}@example.net\r\nTo: {PosthornProcess.User}\r\nSubject: {id}\r\n\r\n{text}\r\n.", Cancel);
    }

    [GeneratedRegex(@"(m-[0-9]+)@example\.net")]
    private static partial Regex Answered();

    [GeneratedRegex(@"=example\.net=(m-[0-9]+)@")]
    private static partial Regex Forwarded();
}
