using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;
using Posthorn.Core.Delivery;
using Posthorn.ProtocolTests.Durability;
using Posthorn.ProtocolTests.Outbound;

namespace Posthorn.ProtocolTests.Replies;

/// <summary>Forwarding by SMTP, and what comes back.</summary>
public sealed partial class ForwardingTests
{
    private const string Ann = "ann@elsewhere.test";
    private const string There = "me@there.test";
    private const string Letter = "From: ann@elsewhere.test\r\nTo: you@example.test\r\nSubject: Lunch\r\nDKIM-Signature: v=1; whatever\r\n\r\n  Lunch on Friday?  \r\n";

    private const string Zone = """
        elsewhere.test. MX 10 mx.elsewhere.test.
        there.test. MX 10 mx.elsewhere.test.
        mx.elsewhere.test. A 127.0.0.1
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mail_goes_on_octet_for_octet_and_what_comes_back_finds_who_wrote()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.ForwardAsync(TestServer.You, There);
        _ = sink.Arrived().Count();
        Assert.StartsWith("250", await server.SendAsync(Ann, TestServer.You, Letter), StringComparison.Ordinal);
        SunkMessage forwarded = await sink.NextAsync(Cancel);
        Assert.EndsWith("\r\n" + Letter, forwarded.Data, StringComparison.Ordinal);
        Assert.StartsWith($"Delivered-To: {TestServer.You}\r\n", forwarded.Data, StringComparison.Ordinal);
        Assert.Contains(forwarded.Commands, static command => command.StartsWith($"RCPT TO:<{There}>", StringComparison.Ordinal));
        string back = ReversePath(forwarded);
        Assert.Matches("^SRS0=.{8}=..=elsewhere\\.test=ann@example\\.test$", back);

        const string bounce = "From: MAILER-DAEMON@there.test\r\nSubject: Undelivered\r\n\r\nno\r\n";
        Assert.StartsWith("550 5.1.1", await server.SendAsync("spammer@there.test", back, bounce), StringComparison.Ordinal);
        Assert.StartsWith("550 5.1.1", await server.SendAsync("", back.Replace("=ann@", "=victim@", StringComparison.Ordinal), bounce), StringComparison.Ordinal);
        Assert.StartsWith("250", await server.SendAsync("", back.ToUpperInvariant(), bounce), StringComparison.Ordinal);
        SunkMessage returned = await sink.NextAsync(Cancel);
        Assert.Equal("", ReversePath(returned));
        Assert.Contains(returned.Commands, static command => command.StartsWith($"RCPT TO:<{Ann}>", StringComparison.OrdinalIgnoreCase));
        // Somebody else's words are not signed by us.
        Assert.DoesNotContain("d=example.test", returned.Data, StringComparison.Ordinal);
        Assert.Equal(2, (await server.MailAsync(TestServer.You)).Count);
    }

    [Fact]
    public async Task Mail_to_another_account_here_keeps_its_sender_and_no_copy_when_none_is_wished()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.ForwardAsync(TestServer.You, TestServer.Friend, keepsCopy: false);
        int codes = (await server.MailAsync(TestServer.Friend)).Count;
        int before = (await server.MailAsync(TestServer.You)).Count;
        Assert.StartsWith("250", await server.SendAsync(Ann, TestServer.You, Letter), StringComparison.Ordinal);
        string mail = (await server.MailWhenAsync(TestServer.Friend, codes + 1))[codes];
        Assert.StartsWith($"Return-Path: <{Ann}>\r\nDelivered-To: {TestServer.Friend}\r\nDelivered-To: {TestServer.You}\r\n", mail, StringComparison.Ordinal);
        Assert.EndsWith("\r\n" + Letter, mail, StringComparison.Ordinal);
        await server.EmptyQueueAsync();
        Assert.Equal(before, (await server.MailAsync(TestServer.You)).Count);
    }

    [Fact]
    public async Task Two_who_forward_to_each_other_get_it_once_each()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.ForwardAsync(TestServer.You, TestServer.Friend, keepsCopy: false);
        await server.ForwardAsync(TestServer.Friend, TestServer.You, keepsCopy: false);
        int yours = (await server.MailAsync(TestServer.You)).Count, friends = (await server.MailAsync(TestServer.Friend)).Count;
        Assert.StartsWith("250", await server.SendAsync(Ann, TestServer.You, Letter), StringComparison.Ordinal);
        await server.EmptyQueueAsync();
        // It has been with the first: with the second it stays, though no copy was wished.
        Assert.Equal((yours, friends + 1), ((await server.MailAsync(TestServer.You)).Count, (await server.MailAsync(TestServer.Friend)).Count));
    }

    [Fact]
    public async Task A_destination_that_fails_is_told_to_who_wrote_and_goes_round_no_further()
    {
        bool refuses = false;
        await using var sink = new SmtpSink(line => refuses && line.StartsWith("RCPT", StringComparison.Ordinal) ? "550 5.1.1 nobody here" : null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.ForwardAsync(TestServer.You, There, keepsCopy: false);
        await server.ForwardAsync(TestServer.Friend, There);
        _ = sink.Arrived().Count();
        int yours = (await server.MailAsync(TestServer.You)).Count, friends = (await server.MailAsync(TestServer.Friend)).Count;
        refuses = true;
        // From a friend here: the notification is seen in their inbox. It is not forwarded in turn for ever: it has the null sender.
        Assert.StartsWith("250", await server.SendAsync(TestServer.Friend, TestServer.You, Letter), StringComparison.Ordinal);
        IReadOnlyList<string> told = await server.MailWhenAsync(TestServer.Friend, friends + 1);
        Assert.Contains($"Final-Recipient: rfc822; {There}\r\nAction: failed", told[friends], StringComparison.Ordinal);
        Assert.Contains($"Original-Recipient: rfc822;{TestServer.You}\r\n", told[friends], StringComparison.Ordinal);
        await server.EmptyQueueAsync();
        // With a copy here the sender has nothing to be told: the mail arrived.
        Assert.StartsWith("250", await server.SendAsync(TestServer.You, TestServer.Friend, Letter.Replace("To: you", "To: friend", StringComparison.Ordinal)), StringComparison.Ordinal);
        await server.EmptyQueueAsync();
        Assert.Equal((yours, friends + 2), ((await server.MailAsync(TestServer.You)).Count, (await server.MailAsync(TestServer.Friend)).Count));
    }

    [Theory]
    [InlineData("not proved")]
    [InlineData("null sender")]
    [InlineData("wants no answer")]
    public async Task What_nobody_would_be_told_of_keeps_its_copy(string sender)
    {
        bool refuses = false;
        await using var sink = new SmtpSink(line => refuses && line.StartsWith("RCPT", StringComparison.Ordinal) ? "550 5.7.1 no" : null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.ForwardAsync(TestServer.You, There, keepsCopy: false);
        int yours = (await server.MailAsync(TestServer.You)).Count;
        refuses = true;
        DsnNotify notify = sender == "wants no answer" ? DsnNotify.Never : DsnNotify.Default;
        await server.AcceptAsync(
            Letter, sender == "null sender" ? "" : TestServer.Friend, [new EnvelopeRecipient(TestServer.You, await server.ResolveAsync(TestServer.You), notify, null)],
            change: envelope => envelope with { Submitter = null, Suspicion = sender == "not proved" ? Suspicion.Sender : Suspicion.None });
        await server.EmptyQueueAsync();
        Assert.EndsWith("\r\n" + Letter, (await server.MailAsync(TestServer.You)).Skip(yours).Single(), StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.Friend));
    }

    [Fact]
    public async Task Only_what_this_server_wrote_is_signed_with_the_null_sender()
    {
        bool refuses = false;
        await using var sink = new SmtpSink(line => refuses && line.StartsWith($"RCPT TO:<{There}", StringComparison.Ordinal) ? "550 5.1.1 nobody here" : null);
        // Notifications come from the server's name: here it is a domain that has keys.
        await using TestServer server = await TestServer.StartAsync(
            Zone, options => options with { HostName = TestServer.Domain, Outbound = options.Outbound with { Port = sink.Port } });
        await server.ForwardAsync(TestServer.You, There, keepsCopy: false);
        Assert.Null((await server.Services.GetRequiredService<Aliases>().AddAsync(TestServer.Administrator, "out@example.test", [There], Cancel)).Refusal);
        _ = sink.Arrived().Count();
        Assert.StartsWith("250", await server.SendAsync(Ann, TestServer.You, Letter), StringComparison.Ordinal);
        string back = ReversePath(await sink.NextAsync(Cancel));

        // Signed in as nobody, and in the name of somebody here.
        const string forged = "From: you@example.test\r\nSubject: Pay this\r\n\r\nat once\r\n";
        foreach (string to in (string[])[back, "out@example.test"])
        {
            Assert.StartsWith("250", await server.SendAsync("", to, forged), StringComparison.Ordinal);
            SunkMessage passed = await sink.NextAsync(Cancel);
            Assert.EndsWith("\r\n" + forged, passed.Data, StringComparison.Ordinal);
            Assert.DoesNotContain("d=example.test", passed.Data, StringComparison.Ordinal);
        }

        refuses = true;
        Assert.StartsWith("250", await server.SendAsync(Ann, TestServer.You, Letter), StringComparison.Ordinal);
        SunkMessage notification = await sink.NextAsync(Cancel);
        Assert.Contains("Action: failed", notification.Data, StringComparison.Ordinal);
        Assert.Contains("d=example.test", notification.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_beyond_ascii_is_named_with_smtputf8_and_binds_no_other()
    {
        await using var sink = new SmtpSink(static line => line.StartsWith("EHLO", StringComparison.Ordinal) ? "250-sink\r\n250 SMTPUTF8" : null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.ForwardAsync(TestServer.You, There);
        await server.ForwardAsync(TestServer.You, "jürgen@there.test");
        _ = sink.Arrived().Count();
        Assert.StartsWith("250", await server.SendAsync(Ann, TestServer.You, Letter), StringComparison.Ordinal);
        SunkMessage[] forwarded = [await sink.NextAsync(Cancel), await sink.NextAsync(Cancel)];
        foreach (SunkMessage message in forwarded)
        {
            // The sink reads octets.
            bool isBeyondAscii = message.Commands.Any(static line => line.StartsWith("RCPT TO:<jÃ¼rgen@there.test>", StringComparison.Ordinal));
            Assert.Equal(isBeyondAscii, message.Commands.Single(static line => line.StartsWith("MAIL", StringComparison.Ordinal)).EndsWith(" SMTPUTF8", StringComparison.Ordinal));
            Assert.NotEqual(isBeyondAscii, message.Commands.Contains($"RCPT TO:<{There}>"));
        }

        Assert.NotEqual(forwarded[0].Commands.Contains($"RCPT TO:<{There}>"), forwarded[1].Commands.Contains($"RCPT TO:<{There}>"));
    }

    [Fact]
    public async Task Binary_content_is_refused_where_it_would_be_forwarded()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.ForwardAsync(TestServer.You, There);
        const string binary = "From: ann@elsewhere.test\r\nSubject: x\r\n\r\na\r.\r\nb";
        await using SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel);
        foreach ((string to, string answer) in ((string, string)[])[(TestServer.You, "554 5.6.1"), (TestServer.Friend, "250")])
        {
            await talk.SayAsync($"MAIL FROM:<{Ann}> BODY=BINARYMIME", Cancel);
            await talk.SayAsync($"RCPT TO:<{to}>", Cancel);
            Assert.StartsWith(answer, await talk.SayAsync($"BDAT {binary.Length + 2} LAST\r\n{binary}", Cancel), StringComparison.Ordinal);
        }
    }

    private static Task<TestServer> StartAsync(int port) =>
        TestServer.StartAsync(Zone, options => options with { Outbound = options.Outbound with { Port = port } });

    private static string ReversePath(SunkMessage message) => Path().Match(string.Join('\n', message.Commands)).Groups[1].Value;

    [GeneratedRegex("MAIL FROM:<([^>]*)>")]
    private static partial Regex Path();
}
