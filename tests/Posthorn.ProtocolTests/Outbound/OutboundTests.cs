using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using MimeKit;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Delivery;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Queue;

namespace Posthorn.ProtocolTests.Outbound;

/// <summary>The queue on its way out, against a server that answers as the test says.</summary>
public sealed class OutboundTests
{
    private const string Message = "From: you@example.test\r\nTo: a@elsewhere.test\r\nSubject: x\r\n\r\n.dot first\r\n..two\r\nlast";

    private const string Zone = """
        elsewhere.test. MX 10 mx.elsewhere.test.
        mx.elsewhere.test. A 127.0.0.1
        second.test. MX 10 mx.elsewhere.test.
        nomail.test. MX 0 .
        twice.test. MX 10 mx.elsewhere.test.
        twice.test. MX 20 mx2.elsewhere.test.
        mx2.elsewhere.test. A 127.0.0.1
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_arrives_octet_for_octet_and_signed_with_both_keys()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.SubmitAsync(Message, "a@elsewhere.test");
        SunkMessage sunk = await sink.NextAsync(Cancel);
        Assert.EndsWith(Message + "\r\n", sunk.Data, StringComparison.Ordinal);
        Assert.Equal(2, sunk.Data.Split("DKIM-Signature:").Length - 1);
        Assert.Contains(sunk.Commands, command => command.StartsWith("MAIL FROM:<you@example.test> SIZE=", StringComparison.Ordinal));
        await EmptyAsync(server);
    }

    [Fact]
    public async Task Several_recipients_of_a_domain_go_together_and_a_refused_one_comes_back_alone()
    {
        await using var sink = new SmtpSink(static line => line.Contains("<bad@", StringComparison.Ordinal) ? "550 5.1.1 nobody here" : null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.SubmitAsync(Message, "a@elsewhere.test", "bad@elsewhere.test", "c@elsewhere.test");
        SunkMessage sunk = await sink.NextAsync(Cancel);
        Assert.Equal(3, sunk.Commands.Count(command => command.StartsWith("RCPT", StringComparison.Ordinal)));
        string notification = Assert.Single(await server.MailWhenAsync(TestServer.You, 1));
        Assert.Contains("Final-Recipient: rfc822; bad@elsewhere.test\r\nAction: failed\r\nStatus: 5.1.1", notification, StringComparison.Ordinal);
        Assert.Contains("mx.elsewhere.test answered: 550 5.1.1 nobody here", notification, StringComparison.Ordinal);
        Assert.Contains("Subject: x\r\n", notification, StringComparison.Ordinal);
        Assert.StartsWith("Return-Path: <>\r\n", notification, StringComparison.Ordinal);
        Assert.DoesNotContain("a@elsewhere.test\r\nAction", notification, StringComparison.Ordinal);
        await EmptyAsync(server);
    }

    [Theory]
    [InlineData("QQ+1 =", "QQ+1 =")]
    [InlineData("a\r\nX: y\u00fc", "a??X: y?")]
    public async Task A_notification_names_the_message_as_its_sender_did(string id, string named)
    {
        await using var sink = new SmtpSink(static line => line.StartsWith("RCPT", StringComparison.Ordinal) ? "550 5.1.1 nobody here" : null);
        await using TestServer server = await StartAsync(sink.Port);
        EnvelopeRecipient[] to = [new EnvelopeRecipient("a@elsewhere.test", new Recipient.Foreign(), DsnNotify.Default, null)];
        await server.AcceptAsync(Message, TestServer.You, to, change: envelope => envelope with { EnvelopeIdentifier = id });
        Assert.Contains($"\r\nOriginal-Envelope-Id: {named}\r\n", Assert.Single(await server.MailWhenAsync(TestServer.You, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_temporary_refusal_is_kept_and_tried_again_when_told()
    {
        int tries = 0;
        var refused = new TaskCompletionSource();
        await using var sink = new SmtpSink(line =>
        {
            if (!line.StartsWith("RCPT", StringComparison.Ordinal) || Interlocked.Increment(ref tries) > 1)
            {
                return null;
            }

            refused.SetResult();
            return "451 4.7.1 come back later";
        });
        await using TestServer server = await StartAsync(sink.Port);
        await server.SubmitAsync(Message, "a@elsewhere.test");
        await refused.Task.WaitAsync(Cancel);
        QueueEntry entry = await server.QueuedAsync(static entry => entry.Recipients[0].Attempts == 1);
        Assert.Equal("451 4.7.1 come back later", entry.Recipients[0].LastReply);
        Assert.True(entry.Recipients[0].NextAttempt > DateTimeOffset.UtcNow);
        await server.Services.GetRequiredService<MailQueue>().RetryAsync(TestServer.Administrator, entry.Id, Cancel);
        await sink.NextAsync(Cancel);
        await EmptyAsync(server);
    }

    [Fact]
    public async Task A_transaction_that_was_refused_at_its_end_is_reset_before_the_next_message()
    {
        int begun = 0;
        bool isOpen = false;
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var sink = new SmtpSink(async line =>
        {
            string command = line.Split(' ')[0];
            if (command == "MAIL" && isOpen)
            {
                return "503 5.5.1 in a transaction already";
            }

            if (command == "DATA" && ++begun == 2)
            {
                return "451 4.3.0 not now";
            }

            if (command == "END")
            {
                sent.TrySetResult();
                await go.Task.WaitAsync(Cancel);
            }

            isOpen = command == "MAIL" || (isOpen && command is not ("RSET" or "END" or "CONNECT"));
            return null;
        });
        await using TestServer server = await TestServer.StartAsync(
            Zone, options => options with { Outbound = options.Outbound with { Port = sink.Port, MaxConnectionsPerDomain = 1 } });
        // While the first is on its way, two more come to wait for the domain: they go together then, over one connection.
        await server.SubmitAsync(Message, "a@elsewhere.test");
        await sent.Task.WaitAsync(Cancel);
        await server.SubmitAsync(Message, "b@elsewhere.test");
        await server.SubmitAsync(Message, "c@elsewhere.test");
        go.SetResult();
        await sink.NextAsync(Cancel);
        await sink.NextAsync(Cancel);
        QueueEntry entry = await server.QueuedAsync(static entry => entry.Recipients[0].Attempts == 1);
        Assert.Equal("451 4.3.0 not now", entry.Recipients[0].LastReply);
        Assert.Equal(2, sink.Connections);
    }

    [Theory]
    [InlineData("RCPT")]
    [InlineData("MAIL")]
    public async Task A_refusal_counts_where_the_host_hangs_up_after_it(string command)
    {
        await using var sink = new SmtpSink(line => line.StartsWith(command, StringComparison.Ordinal) ? "550 5.1.1 nobody here" + SmtpSink.HangsUp : null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.SubmitAsync(Message, "a@elsewhere.test", "b@elsewhere.test");
        string notification = (await server.MailWhenAsync(TestServer.You, 1))[0];
        Assert.Contains("Final-Recipient: rfc822; a@elsewhere.test\r\nAction: failed\r\nStatus: 5.1.1", notification, StringComparison.Ordinal);
        Assert.Equal(command == "MAIL", notification.Contains("Final-Recipient: rfc822; b@elsewhere.test", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_that_says_yes_to_DATA_before_it_has_the_message_has_not_got_it()
    {
        await using var sink = new SmtpSink(static line => line == "DATA" ? "250 2.0.0 thank you" : null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.SubmitAsync(Message, "a@elsewhere.test");
        QueueEntry entry = await server.QueuedAsync(static entry => entry.Recipients[0].Attempts == 1);
        Assert.Contains("answered DATA with 250 2.0.0 thank you", entry.Recipients[0].LastReply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_goes_away_after_the_end_of_the_message_is_not_followed_by_another_at_once()
    {
        await using var sink = new SmtpSink(static line => line == "END" ? SmtpSink.HangsUp : null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.SubmitAsync(Message, "a@twice.test");
        QueueEntry entry = await server.QueuedAsync(static entry => entry.Recipients[0].Attempts == 1);
        Assert.StartsWith("mx.elsewhere.test did not say whether it took the message", entry.Recipients[0].LastReply, StringComparison.Ordinal);
        Assert.Equal(1, sink.Connections);
    }

    [Fact]
    public async Task A_stop_waits_for_the_answer_to_the_end_of_a_message()
    {
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stops = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var sink = new SmtpSink(async line =>
        {
            if (line == "END")
            {
                sent.TrySetResult();
                await stops.Task.WaitAsync(Cancel);
            }

            return null;
        });
        await using TestServer server = await StartAsync(sink.Port);
        await server.SubmitAsync(Message, "a@elsewhere.test");
        await sent.Task.WaitAsync(Cancel);
        server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stops.SetResult);
        await server.RestartAsync(static () => Task.CompletedTask);
        await sink.NextAsync(Cancel);
        await EmptyAsync(server);
        Assert.Empty(sink.Arrived());
    }

    [Fact]
    public async Task Domains_without_mail_and_without_existence_are_returned_at_once()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.SubmitAsync(Message, "a@nomail.test", "b@nowhere.test");
        string all = string.Concat(await server.MailWhenAsync(TestServer.You, 2));
        Assert.Contains("Status: 5.1.10", all, StringComparison.Ordinal);
        Assert.Contains("Status: 5.1.2", all, StringComparison.Ordinal);
        Assert.Contains("There is no domain nowhere.test", all, StringComparison.Ordinal);
        Assert.Equal(0, sink.Connections);
    }

    [Fact]
    public async Task A_broken_notification_is_not_notified()
    {
        await using var sink = new SmtpSink(static line => line.StartsWith("RCPT", StringComparison.Ordinal) ? "550 5.1.1 no" : null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.AcceptAsync(Message, "", [new EnvelopeRecipient("a@elsewhere.test", new Recipient.Foreign(), DsnNotify.Default, null)]);
        await EmptyAsync(server);
        Assert.Empty(await server.MailAsync(TestServer.You));
    }

    [Theory]
    [InlineData(Suspicion.Sender)]
    [InlineData(Suspicion.Message)]
    public async Task Nothing_is_sent_back_to_a_sender_that_may_be_forged(Suspicion suspicion)
    {
        await using var sink = new SmtpSink(static line => line.StartsWith("RCPT", StringComparison.Ordinal) ? "550 5.1.1 no" : null);
        await using TestServer server = await StartAsync(sink.Port);
        EnvelopeRecipient[] to =
        [
            new EnvelopeRecipient("a@elsewhere.test", new Recipient.Foreign(), DsnNotify.Default, null),
            new EnvelopeRecipient(TestServer.Friend, await server.ResolveAsync(TestServer.Friend), DsnNotify.Success, null),
        ];
        await server.AcceptAsync(Message, TestServer.You, to, change: envelope => envelope with { Submitter = null, Suspicion = suspicion });
        Assert.Single(await server.MailWhenAsync(TestServer.Friend, 1));
        await EmptyAsync(server);
        Assert.Empty(await server.MailAsync(TestServer.You));
    }

    [Fact]
    public async Task Bare_line_feeds_leave_as_line_ends_so_that_nothing_ends_the_message_early()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        await server.SubmitAsync("From: you@example.test\r\nSubject: x\r\n\r\nbefore\n.\nafter\r\n", "a@elsewhere.test");
        SunkMessage sunk = await sink.NextAsync(Cancel);
        Assert.EndsWith("before\r\n.\r\nafter\r\n", sunk.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Binary_content_leaves_encoded_or_comes_back_but_never_with_a_bare_carriage_return()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        const string head = "From: you@example.test\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
        await server.SubmitAsync(head + "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\na\r.\r\nb\0\r", "a@elsewhere.test");
        using var sunk = new MemoryStream(Encoding.Latin1.GetBytes((await sink.NextAsync(Cancel)).Data));
        var part = (MimePart)(await MimeMessage.LoadAsync(sunk, Cancel)).Body!;
        using var content = new MemoryStream();
        await part.Content!.DecodeToAsync(content, Cancel);
        Assert.Equal("a\r.\r\nb\0\r", Encoding.Latin1.GetString(content.ToArray()));

        await server.SubmitAsync(head + "X: a\rb\r\n\r\nhello\r\n", "a@elsewhere.test");
        Assert.Contains("Status: 5.6.1", Assert.Single(await server.MailWhenAsync(TestServer.You, 1)), StringComparison.Ordinal);
    }

    // RFC 6152 §3
    [Fact]
    public async Task Eight_bits_leave_as_seven_where_the_host_wants_it_so_but_not_from_a_message_of_countless_parts()
    {
        await using var sink = new SmtpSink(static line => line.StartsWith("EHLO", StringComparison.Ordinal) ? "250-sink\r\n250 PIPELINING" : null);
        await using TestServer server = await StartAsync(sink.Port);
        EnvelopeRecipient[] elsewhere = [new("a@elsewhere.test", new Recipient.Foreign(), DsnNotify.Default, null)];
        const string head = "From: you@example.test\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
        const string parts = head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
        async Task SendAsync(string octets) => await server.AcceptAsync(octets, TestServer.You, elsewhere, change: static envelope => envelope with { IsEightBit = true });

        await SendAsync(parts + string.Concat(Enumerable.Repeat("--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\u00c3\u00a4\r\n", 500)) + "--b--\r\n");
        string sunk = (await sink.NextAsync(Cancel)).Data;
        Assert.DoesNotContain("\u00c3", sunk, StringComparison.Ordinal);
        using var octets = new MemoryStream(Encoding.Latin1.GetBytes(sunk));
        Assert.Equal(500, ((Multipart)(await MimeMessage.LoadAsync(octets, Cancel)).Body!).Count(static part => ((TextPart)part).Text.TrimEnd() == "\u00e4"));

        await SendAsync(parts + string.Concat(Enumerable.Repeat("--b\r\n\r\n\u00e4\r\n", 100_000)) + "--b--\r\n");
        Assert.Contains("Status: 5.6.3", Assert.Single(await server.MailWhenAsync(TestServer.You, 1)), StringComparison.Ordinal);

        await SendAsync(parts + "--b\r\n" + string.Concat(Enumerable.Repeat("a:\r\n", 100_000)) + "\r\n\u00e4\r\n--b--\r\n");
        Assert.All(await server.MailWhenAsync(TestServer.You, 2), static mail => Assert.Contains("Status: 5.6.3", mail, StringComparison.Ordinal));
        Assert.Empty(sink.Arrived());
    }

    [Fact]
    public async Task Success_notices_of_local_recipients_go_through_the_queue()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        Recipient friend = await server.ResolveAsync(TestServer.Friend);
        await server.AcceptAsync(Message, TestServer.You, [new EnvelopeRecipient(TestServer.Friend, friend, DsnNotify.Success, null)]);
        Assert.Contains("Subject: x", Assert.Single(await server.MailWhenAsync(TestServer.Friend, 1)), StringComparison.Ordinal);
        Assert.Contains("Action: delivered", Assert.Single(await server.MailWhenAsync(TestServer.You, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Held_mail_arrives_with_the_date_of_its_release()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        EnvelopeRecipient[] to = [new EnvelopeRecipient(TestServer.Friend, await server.ResolveAsync(TestServer.Friend), DsnNotify.Default, null)];
        await server.AcceptAsync(Message, TestServer.You, to, time.GetUtcNow(), static envelope => envelope with { HoldUntil = envelope.Received.AddDays(21) });
        time.Advance(TimeSpan.FromDays(21));
        await server.MailWhenAsync(TestServer.Friend, 1);
        Account friend = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.Friend, Cancel)).Value;
        Mailbox inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, friend.Id, Mailbox.Inbox, Cancel)).Value;
        var arrived = (await server.Services.GetRequiredService<Messages>().ReadAsync(
            TestServer.Administrator, friend.Id, inbox.Id, UidSet.All, MessageFields.None, Cancel)).Value;
        Assert.Equal(time.GetUtcNow(), Assert.Single(arrived).InternalDate);
    }

    [Fact]
    public async Task What_stays_undeliverable_is_warned_about_once_and_returned_after_five_days()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var sink = new SmtpSink(static line => line.StartsWith("RCPT", StringComparison.Ordinal) ? "451 4.7.1 come back later" : null);
        await using TestServer server = await TestServer.StartAsync(Zone, options => options with { Outbound = options.Outbound with { Port = sink.Port } }, time);
        await server.AcceptAsync(Message, TestServer.You, [new EnvelopeRecipient("a@elsewhere.test", new Recipient.Foreign(), DsnNotify.Default, null)], time.GetUtcNow());
        IReadOnlyList<string> told = await PassTimeAsync(server, time, TimeSpan.FromHours(8));
        Assert.Contains("Action: delayed", Assert.Single(told), StringComparison.Ordinal);
        Assert.Contains("Will-Retry-Until: Fri, 6 Mar 2026 12:00:00 +0000", told[0], StringComparison.Ordinal);
        told = await PassTimeAsync(server, time, TimeSpan.FromDays(5));
        Assert.Equal(2, told.Count);
        Assert.Contains("Action: failed", told[1], StringComparison.Ordinal);
        Assert.Contains("451 4.7.1 come back later", told[1], StringComparison.Ordinal);
        await EmptyAsync(server);
    }

    [Fact]
    public async Task What_was_held_back_is_late_only_after_its_time()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var sink = new SmtpSink(static line => line.StartsWith("RCPT", StringComparison.Ordinal) ? "451 4.7.1 come back later" : null);
        await using TestServer server = await TestServer.StartAsync(Zone, options => options with { Outbound = options.Outbound with { Port = sink.Port } }, time);
        EnvelopeRecipient[] to = [new EnvelopeRecipient("a@elsewhere.test", new Recipient.Foreign(), DsnNotify.Default, null)];
        await server.AcceptAsync(Message, TestServer.You, to, time.GetUtcNow(), static envelope => envelope with { HoldUntil = envelope.Received.AddHours(8) });
        Assert.Empty(await PassTimeAsync(server, time, TimeSpan.FromHours(10)));
        Assert.True((await server.QueuedAsync(static _ => true)).Recipients[0].Attempts > 0);
        Assert.Contains("Action: delayed", Assert.Single(await PassTimeAsync(server, time, TimeSpan.FromHours(6))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_its_sender_holds_back_is_not_made_to_leave_earlier()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var sink = new SmtpSink(static line => line.StartsWith("RCPT TO:<late@", StringComparison.Ordinal) ? "451 4.7.1 come back later" : null);
        await using TestServer server = await TestServer.StartAsync(Zone, options => options with { Outbound = options.Outbound with { Port = sink.Port } }, time);
        EnvelopeRecipient[] To(string address) => [new EnvelopeRecipient(address, new Recipient.Foreign(), DsnNotify.Default, null)];
        await server.AcceptAsync(Message, TestServer.You, To("held@elsewhere.test"), time.GetUtcNow(), static envelope => envelope with { HoldUntil = envelope.Received.AddHours(1) });
        await server.AcceptAsync(Message, TestServer.You, To("late@elsewhere.test"), time.GetUtcNow());
        await server.QueuedAsync(static entry => entry.Recipients[0].Attempts == 1);
        QueueEntry held = await server.QueuedAsync(static entry => entry.Recipients[0].Address == "held@elsewhere.test");
        var queue = server.Services.GetRequiredService<MailQueue>();
        Assert.Equal(1, (await queue.RetryAsync(TestServer.Administrator, null, Cancel)).Value);
        Assert.IsType<Refusal.Invalid>((await queue.RetryAsync(TestServer.Administrator, held.Id, Cancel)).Refusal);
        Assert.Equal(time.GetUtcNow().AddHours(1), (await queue.GetAsync(TestServer.Administrator, held.Id, Cancel)).Value.Recipients[0].NextAttempt);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Contains("RCPT TO:<held@elsewhere.test>", (await sink.NextAsync(Cancel)).Commands);
    }

    [Fact]
    public async Task A_smarthost_takes_everything_whatever_the_dns_says()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await TestServer.StartAsync(
            "localhost. A 127.0.0.1\n", options => options with { Outbound = options.Outbound with { Smarthost = $"localhost:{sink.Port}" } });
        await server.SubmitAsync(Message, "a@elsewhere.test");
        Assert.Contains((await sink.NextAsync(Cancel)).Commands, command => command.StartsWith("RCPT TO:<a@elsewhere.test>", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_requires_tls_is_returned_by_a_host_without_it()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        EnvelopeRecipient[] to = [new EnvelopeRecipient("a@elsewhere.test", new Recipient.Foreign(), DsnNotify.Default, null)];
        await server.AcceptAsync(Message, TestServer.You, to, DateTimeOffset.UtcNow, static envelope => envelope with { RequireTls = true });
        string notification = Assert.Single(await server.MailWhenAsync(TestServer.You, 1));
        Assert.Contains("Status: 5.7.", notification, StringComparison.Ordinal);
        Assert.Contains("TLS", notification, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_needs_utf8_addresses_is_returned_by_a_host_without_them()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await StartAsync(sink.Port);
        EnvelopeRecipient[] to = [new EnvelopeRecipient("\u00fcser@elsewhere.test", new Recipient.Foreign(), DsnNotify.Default, null)];
        await server.AcceptAsync(Message, TestServer.You, to, DateTimeOffset.UtcNow, static envelope => envelope with { IsSmtpUtf8 = true });
        Assert.Contains("Status: 5.6.7", Assert.Single(await server.MailWhenAsync(TestServer.You, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_are_used_again_for_the_next_message_of_a_domain()
    {
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await TestServer.StartAsync(
            Zone, options => options with { Outbound = options.Outbound with { Port = sink.Port, MaxConnectionsPerDomain = 1 } });
        for (int i = 0; i < 10; i++)
        {
            await server.SubmitAsync(Message, $"a{i}@elsewhere.test");
        }

        for (int i = 0; i < 10; i++)
        {
            await sink.NextAsync(Cancel);
        }

        Assert.InRange(sink.Connections, 1, 9);
    }

    [Fact]
    public async Task A_domain_has_no_more_connections_at_a_time_than_it_may_have()
    {
        const int Allowed = 2, Messages = 12;
        int waiting = 0;
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var sink = new SmtpSink(async line =>
        {
            if (line == "CONNECT" && !go.Task.IsCompleted)
            {
                Interlocked.Increment(ref waiting);
                await go.Task.WaitAsync(Cancel);
            }

            return null;
        });
        await using TestServer server = await TestServer.StartAsync(
            Zone, options => options with { Outbound = options.Outbound with { Port = sink.Port, MaxConnectionsPerDomain = Allowed } });
        for (int i = 0; i < Messages; i++)
        {
            await server.SubmitAsync(Message, $"a{i}@elsewhere.test");
        }

        // Nobody is answered until as many wait as may: if more could, they would come meanwhile.
        while (Volatile.Read(ref waiting) < Allowed)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), Cancel);
        }

        go.SetResult();
        for (int i = 0; i < Messages; i++)
        {
            await sink.NextAsync(Cancel);
        }

        Assert.Equal(Allowed, waiting);
    }

    [Fact]
    public async Task What_was_taken_out_of_the_queue_while_it_waited_its_turn_is_not_sent()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var sending = new SemaphoreSlim(0);
        var go = new SemaphoreSlim(0);
        await using var sink = new SmtpSink(async line =>
        {
            if (line == "END")
            {
                sending.Release();
                await go.WaitAsync(Cancel);
            }

            return null;
        });
        await using TestServer server = await TestServer.StartAsync(
            Zone, options => options with { Outbound = options.Outbound with { Port = sink.Port, MaxConnectionsPerDomain = 1 } }, time);
        EnvelopeRecipient[] To(string address) => [new EnvelopeRecipient(address, new Recipient.Foreign(), DsnNotify.Default, null)];
        await server.AcceptAsync(Message, TestServer.You, To("a@elsewhere.test"), time.GetUtcNow());
        await sending.WaitAsync(Cancel);
        await server.AcceptAsync(Message, TestServer.You, To("b@elsewhere.test"), time.GetUtcNow());
        time.Advance(TimeSpan.FromSeconds(1));
        // Somebody here has it too: its octets stay.
        var friend = new EnvelopeRecipient(TestServer.Friend, await server.ResolveAsync(TestServer.Friend), DsnNotify.Default, null);
        await server.AcceptAsync(Message, TestServer.You, [.. To("c@elsewhere.test"), friend], time.GetUtcNow());
        go.Release();
        // The other two were leased together: one is on its way, the other waits for it.
        await sending.WaitAsync(Cancel);
        QueueEntry waiting = await server.QueuedAsync(static entry => entry.Recipients[0].Address == "c@elsewhere.test");
        await server.Services.GetRequiredService<MailQueue>().DropAsync(TestServer.Administrator, waiting.Id, Cancel);
        time.Advance(TimeSpan.FromMinutes(2));
        // The last waits until the others are through.
        await server.AcceptAsync(Message, TestServer.You, To("d@elsewhere.test"), time.GetUtcNow());
        go.Release(3);
        await EmptyAsync(server);
        string[] sent = [.. sink.Arrived().Select(static sunk => sunk.Commands.Single(static line => line.StartsWith("RCPT", StringComparison.Ordinal)))];
        Assert.Equal(["RCPT TO:<a@elsewhere.test>", "RCPT TO:<b@elsewhere.test>", "RCPT TO:<d@elsewhere.test>"], sent);
    }

    /// <summary>Lets the server's time go by in steps, each with the attempts that fall due in it; what is in the sender's inbox then.</summary>
    private static async Task<IReadOnlyList<string>> PassTimeAsync(TestServer server, FakeTimeProvider time, TimeSpan span)
    {
        DateTimeOffset until = time.GetUtcNow() + span;
        var queue = server.Services.GetRequiredService<MailQueue>();
        while (time.GetUtcNow() < until)
        {
            DateTimeOffset now = time.GetUtcNow();
            // Every attempt that is due has been made: the next one lies ahead. The worker's own short waits pass meanwhile, its network is the real one.
            while ((await queue.ListAsync(TestServer.Administrator, Cancel)).Value.Any(entry => entry.Recipients.Any(recipient => recipient.NextAttempt <= now)))
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
            }

            time.Advance(TimeSpan.FromMinutes(20));
        }

        return await server.MailAsync(TestServer.You);
    }

    private static Task<TestServer> StartAsync(int port) =>
        TestServer.StartAsync(Zone, options => options with { Outbound = options.Outbound with { Port = port } });

    private static async Task EmptyAsync(TestServer server)
    {
        while ((await server.Services.GetRequiredService<MailQueue>().ListAsync(TestServer.Administrator, Cancel)).Value.Count > 0)
        {
            await Task.Yield();
        }
    }
}
