using System.Text;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Forwarding;
using Posthorn.Core.Messages;
using Posthorn.Core.Queue;
using Posthorn.Core.Replies;
using Posthorn.Standards.Smtp;

namespace Posthorn.Tests.Core.Replies;

/// <summary>Vacation replies and forwarding in the transaction of a delivery.</summary>
public sealed class AutomaticDeliveryTests
{
    private const string You = "you@example.test";
    private const string Message = "From: ann@example.org\r\nTo: you@example.test\r\nSubject: Hello\r\nMessage-ID: <a@example.org>\r\n\r\nbody\r\n";

    private static readonly Actor System = Actor.System("test");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_sender_is_answered_once_until_the_days_are_over_or_the_text_is_another()
    {
        await using TestStore store = await OpenAsync();
        var vacation = new Vacation { IsOn = true, Text = "I am away." };
        await SetAsync(store, vacation);
        await DeliverAsync(store, "Ann+one@Example.org");
        Assert.Equal(["Ann+one@example.org"], await TakeQueueAsync(store));
        await DeliverAsync(store, "ann@example.org");
        store.Time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        await DeliverAsync(store, "ann+two@example.org");
        Assert.Empty(await TakeQueueAsync(store));
        store.Time.Advance(TimeSpan.FromSeconds(1));
        await DeliverAsync(store, "ann@example.org");
        Assert.Equal(["ann@example.org"], await TakeQueueAsync(store));
        await SetAsync(store, vacation with { Text = "I am still away." });
        await DeliverAsync(store, "ann@example.org");
        Assert.Equal(["ann@example.org"], await TakeQueueAsync(store));
        await SetAsync(store, vacation with { Text = "I am still away.", Days = 2 });
        await DeliverAsync(store, "ann@example.org");
        Assert.Empty(await TakeQueueAsync(store));
        Assert.Equal(6, (await store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task The_queue_that_delivers_twice_answers_and_forwards_once()
    {
        await using TestStore store = await OpenAsync();
        await SetAsync(store, new Vacation { IsOn = true, Text = "I am away." });
        await ForwardAsync(store, "me@elsewhere.test");
        Account owner = await AccountAsync(store);
        // Held mail comes by the queue. The second try is that of a node which died before it could report the first.
        var target = new EnvelopeRecipient(You, new Recipient.Local([owner], []), DsnNotify.Default, null);
        var envelope = new Envelope("ann@example.org", [target], [], store.Time.GetUtcNow()) { HoldUntil = store.Time.GetUtcNow().AddSeconds(10) };
        await using (IncomingMessage message = await store.MessageAsync(Message))
        {
            await store.Get<Deliveries>().AcceptAsync(envelope, message, Cancel);
        }

        store.Time.Advance(TimeSpan.FromMinutes(1));
        QueuedMail mail = Assert.Single(await store.Get<MailQueue>().LeaseAsync("test", TimeSpan.FromMinutes(1), 10, [], Cancel));
        for (int time = 0; time < 2; time++)
        {
            await store.Get<MailQueue>().DeliverLocallyAsync(mail, mail.Recipients[0], [owner], Cancel);
        }

        Assert.Equal(1, (await store.InboxAsync()).Messages);
        Assert.Equal(["ann@example.org", "me@elsewhere.test"], (await TakeQueueAsync(store, except: mail.Id)).Order());
    }

    [Fact]
    public async Task A_text_for_people_outside_and_none_for_them()
    {
        await using TestStore store = await OpenAsync();
        await store.Get<Posthorn.Core.Accounts.Accounts>().AddAsync(System, "friend@example.test", "correct horse battery", null, false, Cancel);
        var vacation = new Vacation { IsOn = true, Text = "inside words", Outside = OutsideAnswer.Other, OutsideText = "outside words" };
        await SetAsync(store, vacation);
        await DeliverAsync(store, "ann@example.org");
        await DeliverAsync(store, "friend@example.test");
        IReadOnlyList<(string To, string Text)> sent = await TakeQueueTextsAsync(store);
        Assert.Contains("outside words", sent.Single(static mail => mail.To == "ann@example.org").Text, StringComparison.Ordinal);
        Assert.Contains("inside words", sent.Single(static mail => mail.To == "friend@example.test").Text, StringComparison.Ordinal);
        await SetAsync(store, vacation with { Outside = OutsideAnswer.None });
        await DeliverAsync(store, "ben@example.org");
        await DeliverAsync(store, "friend@example.test");
        Assert.Equal(["friend@example.test"], await TakeQueueAsync(store));
    }

    [Fact]
    public async Task An_alias_is_answered_from_itself_and_a_list_of_several_not_at_all()
    {
        await using TestStore store = await OpenAsync();
        await store.Get<Aliases>().AddAsync(System, "info@example.test", [You], Cancel);
        await store.Get<Aliases>().AddAsync(System, "team@example.test", [You, "other@example.org"], Cancel);
        await SetAsync(store, new Vacation { IsOn = true, Text = "I am away." });
        await DeliverAsync(store, "ann@example.org", Message.Replace("To: you@", "To: team@", StringComparison.Ordinal), "team@example.test");
        Assert.Equal(["other@example.org"], await TakeQueueAsync(store));
        await DeliverAsync(store, "ann@example.org", Message.Replace("To: you@", "To: info@", StringComparison.Ordinal), "info@example.test");
        Assert.Contains("From: info@example.test\r\n", Assert.Single(await TakeQueueTextsAsync(store)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_so_many_senders_are_remembered()
    {
        await using TestStore store = await OpenAsync();
        for (int at = 0; at < 6; at++)
        {
            await store.Store.WriteAsync(
                new[] { store.Account },
                async session =>
                {
                    await session.Replies.SetAnsweredAsync(store.Account, $"{at}@example.org", new(store.Time.GetUtcNow(), 1), kept: 4);
                    return Done.Value;
                },
                Cancel);
            store.Time.Advance(TimeSpan.FromSeconds(1));
        }

        bool[] known = new bool[6];
        for (int at = 0; at < 6; at++)
        {
            known[at] = await store.Store.ReadAsync(store.Account, session => session.Replies.AnsweredAsync(store.Account, $"{at}@example.org"), Cancel) is not null;
        }

        Assert.Equal([false, false, true, true, true, true], known);
    }

    [Fact]
    public async Task Forwarded_mail_has_a_sender_of_ours_and_the_octets_that_came()
    {
        await using TestStore store = await OpenAsync();
        await ForwardAsync(store, "me@elsewhere.test");
        await DeliverAsync(store, "Ann@example.org", trace: "Received: from a by b\r\n");
        QueueEntry entry = Assert.Single(await QueueAsync(store));
        Assert.Matches("^SRS0=.*=example\\.org=Ann@example\\.test$", entry.Sender);
        Assert.Equal(DsnNotify.Never, Assert.Single(entry.Recipients).Notify);
        Assert.Equal($"Delivered-To: {You}\r\nReceived: from a by b\r\n{Message}", Assert.Single(await TakeQueueTextsAsync(store)).Text);
        Assert.Equal(1, (await store.InboxAsync()).Messages);
        // The way back is for notifications, and only as long as it is valid.
        EmailAddress back = EmailAddress.Parse(entry.Sender);
        var local = Assert.IsType<Recipient.Local>(await store.Get<Recipients>().ResolveAsync(back, Cancel));
        Assert.Equal((true, "Ann@example.org"), (local.IsForBounces, Assert.Single(local.Elsewhere)));
        store.Time.Advance(TimeSpan.FromDays(15));
        Assert.IsType<Recipient.Unknown>(await store.Get<Recipients>().ResolveAsync(back, Cancel));
    }

    [Fact]
    public async Task What_was_forwarded_before_comes_back_to_the_first_who_forwarded_it()
    {
        await using TestStore store = await OpenAsync();
        await ForwardAsync(store, "me@elsewhere.test");
        await DeliverAsync(store, "SRS0=HHH=TT=example.org=ann@first.test");
        QueueEntry entry = Assert.Single(await QueueAsync(store));
        Assert.Matches("^SRS1=.{8}=first\\.test==HHH=TT=example\\.org=ann@example\\.test$", entry.Sender);
        var back = Assert.IsType<Recipient.Local>(await store.Get<Recipients>().ResolveAsync(EmailAddress.Parse(entry.Sender), Cancel));
        Assert.Equal((true, "SRS0=HHH=TT=example.org=ann@first.test"), (back.IsForBounces, Assert.Single(back.Elsewhere)));
        string forged = entry.Sender.Replace("first.test", "victim.test", StringComparison.Ordinal);
        Assert.IsType<Recipient.Unknown>(await store.Get<Recipients>().ResolveAsync(EmailAddress.Parse(forged), Cancel));
    }

    [Fact]
    public async Task Without_a_copy_the_sender_is_told_of_failures_and_the_inbox_stays_empty()
    {
        await using TestStore store = await OpenAsync();
        await ForwardAsync(store, "me@elsewhere.test");
        Assert.True((await store.Get<Forwards>().KeepCopyAsync(store.Actor, store.Account, false, Cancel)).IsOk);
        int before = (await store.InboxAsync()).Messages;
        await DeliverAsync(store, "ann@example.org");
        Assert.Equal(DsnNotify.Failure, Assert.Single(Assert.Single(await QueueAsync(store)).Recipients).Notify);
        Assert.Equal(before, (await store.InboxAsync()).Messages);
    }

    [Theory]
    [InlineData("", Suspicion.None, "", "")]
    [InlineData("friend@example.test", Suspicion.None, "", "friend@example.test")]
    [InlineData("ann@example.org", Suspicion.Sender, "", "SRS0=")]
    [InlineData("SRS0=HHH=TT=example.org=ann@first.test", Suspicion.None, "", "SRS1=")]
    [InlineData("bounces+0123456789-0123456789-you=example.test@mail.example.org", Suspicion.None, "", You)]
    [InlineData("ann@example.org", Suspicion.Message, "", null)]
    [InlineData("ann@example.org", Suspicion.None, "X-Spam-Flag: YES\r\n", null)]
    [InlineData("ann@example.org", Suspicion.None, "Delivered-To: You@example.test\r\n", null)]
    [InlineData("ann@example.org", Suspicion.None, "Delivered-To: a@x.test\r\nDelivered-To: b@x.test\r\nDelivered-To: c@x.test\r\nDelivered-To: d@x.test\r\n", null)]
    public async Task What_is_forwarded_by_whom_it_is_from(string sender, Suspicion suspicion, string fields, string? expected)
    {
        await using TestStore store = await OpenAsync();
        await ForwardAsync(store, "me@elsewhere.test");
        Assert.True((await store.Get<Forwards>().KeepCopyAsync(store.Actor, store.Account, false, Cancel)).IsOk);
        int before = (await store.InboxAsync()).Messages;
        await DeliverAsync(store, sender, fields + Message, suspicion: suspicion);
        string[] senders = [.. (await QueueAsync(store)).Select(static entry => entry.Sender)];
        if (expected is null)
        {
            Assert.Empty(senders);
        }
        else
        {
            Assert.StartsWith(expected, Assert.Single(senders), StringComparison.Ordinal);
            Assert.Equal(expected.Length == 0, senders[0].Length == 0);
        }

        // What does not go on is kept, whatever was chosen, and so is what nobody would be told of if it failed.
        bool isKept = expected is null || sender.Length == 0 || suspicion != Suspicion.None;
        Assert.Equal(isKept ? before + 1 : before, (await store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task An_administrator_ends_forwarding_and_an_account_that_is_gone_takes_its_rows_along()
    {
        await using TestStore store = await OpenAsync();
        await ForwardAsync(store, "me@elsewhere.test");
        Assert.IsType<Refusal.Denied>((await store.Get<Forwards>().BarAsync(store.Actor, store.Account, false, Cancel)).Refusal);
        Assert.True((await store.Get<Forwards>().BarAsync(System, store.Account, true, Cancel)).IsOk);
        await DeliverAsync(store, "ann@example.org");
        Assert.Empty(await QueueAsync(store));
        Assert.Equal((true, false), ((await StateAsync(store)).IsBarred, (await StateAsync(store)).IsOn));
        Assert.IsType<Refusal.Invalid>((await AddAsync(store, "you@elsewhere.test")).Refusal);
        Assert.True((await store.Get<Forwards>().BarAsync(System, store.Account, false, Cancel)).IsOk);
        Assert.True((await StateAsync(store)).IsOn);

        Assert.True((await store.Get<Posthorn.Core.Accounts.Accounts>().RemoveAsync(System, You, Cancel)).IsOk);
        Assert.True((await store.Get<Posthorn.Core.Undelete.Undelete>().RestoreAccountAsync(System, You, Cancel)).IsOk);
        Assert.True((await StateAsync(store)).IsOn);
    }

    [Fact]
    public async Task Nothing_is_read_for_accounts_without_it()
    {
        await using TestStore store = await OpenAsync();
        await SetAsync(store, new Vacation { IsOn = true, Text = "x" });
        await SetAsync(store, new Vacation { IsOn = false, Text = "x" });
        Account owner = await AccountAsync(store);
        Assert.Equal(AutomaticMail.None, owner.Automatic);
        await using IncomingMessage message = await store.MessageAsync(Message);
        var envelope = new Envelope("ann@example.org", [new EnvelopeRecipient(You, new Recipient.Local([owner], []), DsnNotify.Default, null)], [], store.Time.GetUtcNow());
        Assert.Null(await store.Get<AutomaticDelivery>().PrepareAsync(envelope, message, Cancel));
    }

    private static async Task<TestStore> OpenAsync()
    {
        TestStore store = await TestStore.OpenAsync();
        await store.Get<Domains>().AddAsync(System, "example.test", [], Cancel);
        return store;
    }

    private static async Task SetAsync(TestStore store, Vacation vacation) =>
        Assert.True((await store.Get<Vacations>().SetAsync(store.Actor, store.Account, vacation, Cancel)).IsOk);

    private static ValueTask<Result<ForwardAddress>> AddAsync(TestStore store, string address) =>
        store.Get<Forwards>().AddAsync(store.Actor, store.Account, address, static (_, code) => new MessageWords("code", code), Cancel);

    /// <summary>Adds an address and confirms it, and takes what was sent for that out of the queue.</summary>
    private static async Task ForwardAsync(TestStore store, string address)
    {
        string code = "";
        Assert.True((await store.Get<Forwards>().AddAsync(
            store.Actor, store.Account, address, (_, made) => new MessageWords("code", code = made), Cancel)).IsOk);
        Assert.True((await store.Get<Forwards>().ConfirmAsync(store.Actor, store.Account, address, code, static to => new MessageWords("begins", to), Cancel)).IsOk);
        await TakeQueueAsync(store);
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, (await store.InboxAsync()).Id, UidSet.All, Cancel);
    }

    private static async Task<ForwardingState> StateAsync(TestStore store) => (await store.Get<Forwards>().GetAsync(store.Actor, store.Account, Cancel)).Value;

    private static async Task<Account> AccountAsync(TestStore store) =>
        (await store.Store.ReadAsync(store.Account, session => session.Directory.AccountAsync(store.Account), Cancel))!;

    private static async Task DeliverAsync(
        TestStore store, string sender, string octets = Message, string to = You, string trace = "", Suspicion suspicion = Suspicion.None)
    {
        Recipient target = await store.Get<Recipients>().ResolveAsync(EmailAddress.Parse(to), Cancel);
        var envelope = new Envelope(sender, [new EnvelopeRecipient(to, target, DsnNotify.Default, null)], Encoding.ASCII.GetBytes(trace), store.Time.GetUtcNow()) { Suspicion = suspicion };
        await using IncomingMessage message = await store.MessageAsync(octets);
        await store.Get<Deliveries>().AcceptAsync(envelope, message, Cancel);
    }

    private static async Task<IReadOnlyList<QueueEntry>> QueueAsync(TestStore store) => (await store.Get<MailQueue>().ListAsync(System, Cancel)).Value;

    /// <summary>To whom something lies in the queue; it is taken out.</summary>
    private static async Task<IReadOnlyList<string>> TakeQueueAsync(TestStore store, EnvelopeId? except = null)
    {
        var addresses = new List<string>();
        foreach (QueueEntry entry in (await QueueAsync(store)).Where(entry => entry.Id != except))
        {
            addresses.AddRange(entry.Recipients.Select(static recipient => recipient.Address));
            await store.Get<MailQueue>().DropAsync(System, entry.Id, Cancel);
        }

        return addresses;
    }

    private static async Task<IReadOnlyList<(string To, string Text)>> TakeQueueTextsAsync(TestStore store)
    {
        var texts = new List<(string, string)>();
        foreach (QueuedMail mail in await store.Get<MailQueue>().LeaseAsync("test", TimeSpan.FromMinutes(1), 100, [], Cancel))
        {
            await using MessageContent content = await store.Get<MailQueue>().OpenAsync(mail, Cancel) ?? throw new InvalidOperationException("no octets");
            using var reader = new StreamReader(content.OpenRead(), Encoding.Latin1);
            texts.Add((mail.Recipients[0].Address, await reader.ReadToEndAsync(Cancel)));
        }

        await TakeQueueAsync(store);
        return texts;
    }
}
