using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Core.Accounts;
using Posthorn.Core.Delivery;
using Posthorn.ProtocolTests.Replies;

namespace Posthorn.ProtocolTests.Outbound;

/// <summary>Aliases that the queue resolves: what leads here and elsewhere reaches everybody.</summary>
public sealed class AliasDeliveryTests
{
    private const string Message = "From: you@example.test\r\nTo: team@example.test\r\nSubject: x\r\n\r\nhello\r\n";
    private const string Zone = """
        elsewhere.test. MX 10 mx.elsewhere.test.
        mx.elsewhere.test. A 127.0.0.1
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_alias_that_the_catch_all_takes_further_reaches_everybody()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        await AliasAsync(server, "@example.test", TestServer.Friend, "b@elsewhere.test");
        await AliasAsync(server, "team@example.test", "sales@example.test");
        Assert.StartsWith("250", await server.SendAsync(TestServer.You, "team@example.test", Message), StringComparison.Ordinal);
        Assert.Contains((await sink.NextAsync(Cancel)).Commands, static command => command.StartsWith("RCPT TO:<b@elsewhere.test>", StringComparison.Ordinal));
        await server.EmptyQueueAsync();
        Assert.Single(await server.MailAsync(TestServer.Friend));
        Assert.Empty(sink.Arrived());
        Assert.Empty(await server.MailAsync(TestServer.You));
    }

    [Fact]
    public async Task Held_mail_goes_where_its_address_leads_when_its_time_has_come()
    {
        await using var sink = new SmtpSink(static _ => null);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await StartAsync(sink.Port, time);
        await AliasAsync(server, "anna@example.test", TestServer.Friend);
        await HoldAsync(server, time, "anna@example.test");
        Assert.Null((await server.Services.GetRequiredService<Aliases>().RemoveAsync(TestServer.Administrator, "anna@example.test", Cancel)).Refusal);
        await AliasAsync(server, "anna@example.test", "anna@elsewhere.test");
        time.Advance(TimeSpan.FromHours(1));
        Assert.Contains((await sink.NextAsync(Cancel)).Commands, static command => command.StartsWith("RCPT TO:<anna@elsewhere.test>", StringComparison.Ordinal));
        await server.EmptyQueueAsync();
        Assert.Empty(await server.MailAsync(TestServer.You));
    }

    [Fact]
    public async Task Held_mail_to_an_alias_here_and_elsewhere_reaches_everybody_once()
    {
        await using var sink = new SmtpSink(static _ => null);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await StartAsync(sink.Port, time);
        await AliasAsync(server, "team@example.test", TestServer.Friend, "b@elsewhere.test");
        await HoldAsync(server, time, "team@example.test");
        time.Advance(TimeSpan.FromHours(1));
        await sink.NextAsync(Cancel);
        await server.EmptyQueueAsync();
        Assert.Empty(sink.Arrived());
        Assert.Single(await server.MailAsync(TestServer.Friend));
    }

    [Fact]
    public async Task Aliases_that_lead_round_in_a_circle_are_told_of()
    {
        await using TestServer server = await TestServer.StartAsync();
        await AliasAsync(server, "@example.test", "lost@example.test");
        Assert.StartsWith("250", await server.SendAsync(TestServer.You, "team@example.test", Message), StringComparison.Ordinal);
        Assert.Contains("Status: 5.4.6", Assert.Single(await server.MailWhenAsync(TestServer.You, 1)), StringComparison.Ordinal);
    }

    private static Task<TestServer> StartAsync(int port, TimeProvider? time = null) =>
        TestServer.StartAsync(Zone, options => options with { Outbound = options.Outbound with { Port = port } }, time);

    private static async Task AliasAsync(TestServer server, string address, params string[] targets) =>
        Assert.Null((await server.Services.GetRequiredService<Aliases>().AddAsync(TestServer.Administrator, address, targets, Cancel)).Refusal);

    private static async Task HoldAsync(TestServer server, FakeTimeProvider time, string address)
    {
        var recipient = new EnvelopeRecipient(address, await server.ResolveAsync(address), DsnNotify.Default, null);
        await server.AcceptAsync(Message, TestServer.You, [recipient], time.GetUtcNow(), static envelope => envelope with { HoldUntil = envelope.Received.AddHours(1) });
    }
}
