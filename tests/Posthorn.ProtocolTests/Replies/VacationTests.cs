using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Core.Delivery;
using Posthorn.Core.Replies;
using Posthorn.ProtocolTests.Outbound;

namespace Posthorn.ProtocolTests.Replies;

/// <summary>Vacation replies by SMTP: RFC 5230, RFC 3834.</summary>
public sealed class VacationTests
{
    private const string Ann = "ann@elsewhere.test";

    private const string Zone = """
        elsewhere.test. MX 10 mx.elsewhere.test.
        mx.elsewhere.test. A 127.0.0.1
        """;

    private static readonly Vacation Away = new() { IsOn = true, Subject = "Away", Text = "I am away until Monday." };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sender_elsewhere_is_answered_once_from_the_null_sender_and_signed()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.AwayAsync(TestServer.You, Away);
        for (int time = 0; time < 3; time++)
        {
            Assert.StartsWith("250", await server.SendAsync(Ann, TestServer.You, Letter()), StringComparison.Ordinal);
        }

        SunkMessage reply = await sink.NextAsync(Cancel);
        await server.EmptyQueueAsync();
        Assert.Empty(sink.Arrived());
        Assert.Contains(reply.Commands, static command => command.StartsWith("MAIL FROM:<> ", StringComparison.Ordinal));
        Assert.Contains(reply.Commands, static command => command.StartsWith($"RCPT TO:<{Ann}>", StringComparison.Ordinal));
        Assert.Equal(2, reply.Data.Split("DKIM-Signature:").Length - 1);
        foreach (string line in new[]
        {
            "Auto-Submitted: auto-replied", "In-Reply-To: <letter@elsewhere.test>", "References: <first@elsewhere.test> <letter@elsewhere.test>", "Subject: Away",
            $"From: {TestServer.You}", $"To: {Ann}", "I am away until Monday.",
        })
        {
            Assert.Contains($"\r\n{line}\r\n", reply.Data, StringComparison.Ordinal);
        }

        Assert.Equal(3, (await server.MailAsync(TestServer.You)).Count);
    }

    [Fact]
    public async Task An_answer_asks_for_the_way_that_the_message_asked_for()
    {
        using var authority = new SinkAuthority();
        using X509Certificate2 certificate = authority.Issue("mx.elsewhere.test");
        await using var sink = new SmtpSink(static _ => null, certificate);
        await using TestServer server = await TestServer.StartAsync(
            Zone, options => options with { Outbound = options.Outbound with { Port = sink.Port, Authority = authority.File } });
        await server.AwayAsync(TestServer.You, Away);
        EnvelopeRecipient[] to = [new EnvelopeRecipient(TestServer.You, await server.ResolveAsync(TestServer.You), DsnNotify.Default, null)];
        await server.AcceptAsync(Letter(), Ann, to, change: static envelope => envelope with { Submitter = null, RequireTls = true });
        Assert.EndsWith(
            " REQUIRETLS", (await sink.NextAsync(Cancel)).Commands.Single(static line => line.StartsWith("MAIL FROM:<>", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_programs_and_strangers_copies_are_not_answered()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.AwayAsync(TestServer.You, Away);
        (string From, string Letter)[] silent =
        [
            ("list@elsewhere.test", Letter("List-Id: <list.elsewhere.test>")), ("bulk@elsewhere.test", Letter("Precedence: bulk")),
            ("robot@elsewhere.test", Letter("Auto-Submitted: auto-generated")), ("owner-list@elsewhere.test", Letter()), ("list-request@elsewhere.test", Letter()),
            ("mailer-daemon@elsewhere.test", Letter()), ("", Letter()), ("copy@elsewhere.test", Letter(to: "somebody@elsewhere.test")), (TestServer.You, Letter()),
        ];
        foreach ((string from, string letter) in silent)
        {
            Assert.StartsWith("250", await server.SendAsync(from, TestServer.You, letter), StringComparison.Ordinal);
        }

        // The last one is answered: what came before it would have been.
        Assert.StartsWith("250", await server.SendAsync(Ann, TestServer.You, Letter()), StringComparison.Ordinal);
        Assert.Contains((await sink.NextAsync(Cancel)).Commands, static command => command.StartsWith($"RCPT TO:<{Ann}>", StringComparison.Ordinal));
        await server.EmptyQueueAsync();
        Assert.Empty(sink.Arrived());
        Assert.Equal(silent.Length + 1, (await server.MailAsync(TestServer.You)).Count);
    }

    [Fact]
    public async Task Two_who_are_away_do_not_answer_each_others_answers()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.AwayAsync(TestServer.You, Away);
        await server.AwayAsync(TestServer.Friend, Away with { Subject = "Away too" });
        Assert.StartsWith("250", await server.SendAsync(TestServer.Friend, TestServer.You, Letter()), StringComparison.Ordinal);
        Assert.Contains("Subject: Away\r\n", Assert.Single(await server.MailWhenAsync(TestServer.Friend, 1)), StringComparison.Ordinal);
        await server.EmptyQueueAsync();
        Assert.Single(await server.MailAsync(TestServer.Friend));
        Assert.Single(await server.MailAsync(TestServer.You));
    }

    [Fact]
    public async Task It_begins_and_ends_by_the_days_of_its_owner()
    {
        // 23:30 of the 23rd in Berlin.
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 12, 23, 22, 30, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        await server.AwayAsync(TestServer.You, Away with { First = new DateOnly(2026, 12, 24), Last = new DateOnly(2026, 12, 24), Zone = "Europe/Berlin" });
        await server.SendAsync(TestServer.Friend, TestServer.You, Letter());
        await server.EmptyQueueAsync();
        Assert.Empty(await server.MailAsync(TestServer.Friend));
        time.Advance(TimeSpan.FromMinutes(30));
        await server.SendAsync(TestServer.Friend, TestServer.You, Letter());
        await server.MailWhenAsync(TestServer.Friend, 1);
        await server.AwayAsync(TestServer.You, Away with { Text = "Once more.", First = new DateOnly(2026, 12, 24), Last = new DateOnly(2026, 12, 24), Zone = "Europe/Berlin" });
        time.Advance(TimeSpan.FromDays(1));
        await server.SendAsync(TestServer.Friend, TestServer.You, Letter());
        await server.EmptyQueueAsync();
        Assert.Single(await server.MailAsync(TestServer.Friend));
        Assert.Equal(3, (await server.MailAsync(TestServer.You)).Count);
    }

    private static Task<TestServer> StartAsync(int port) =>
        TestServer.StartAsync(Zone, options => options with { Outbound = options.Outbound with { Port = port } });

    private static string Letter(string field = "X-Nothing: here", string to = TestServer.You) => $"""
        From: Ann <{Ann}>
        To: {to}
        Subject: Lunch
        Message-ID: <letter@elsewhere.test>
        References: <first@elsewhere.test>
        {field}

        Lunch on Friday?

        """.ReplaceLineEndings("\r\n");
}
