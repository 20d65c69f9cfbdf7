using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Queue;
using Posthorn.Standards.Smtp;

namespace Posthorn.Tests.Core;

/// <summary>Quotas where mail comes from elsewhere; of IMAP see the dialogs.</summary>
public sealed class QuotaTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_delivery_that_reaches_ninety_per_cent_brings_one_warning()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await SetAsync(store, bytes: null, messages: 10);
        for (int i = 0; i < 8; i++)
        {
            await DeliverAsync(store);
        }

        Assert.Equal(8, (await store.InboxAsync()).Messages);
        await DeliverAsync(store);

        Mailbox inbox = await store.InboxAsync();
        Assert.Equal(10, inbox.Messages);
        Assert.Equal(11u, inbox.UidNext);
        Assert.Contains("Subject: Your mailbox is nearly full", await store.TextAsync(inbox.Id, 10), StringComparison.Ordinal);
        Assert.IsType<Recipient.OverQuota>(await ResolveAsync(store));
    }

    [Fact]
    public async Task A_snapshot_sees_the_mail_and_its_warning()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await SetAsync(store, bytes: 100, messages: null);
        Mailbox inbox = await store.InboxAsync();
        Assert.Equal(0, (await store.SnapshotAsync(inbox.Id)).Count);

        await DeliverAsync(store);

        Assert.Equal([1u, 2u], (await store.SnapshotAsync(inbox.Id)).Enumerate().Select(message => message.Uid));
    }

    [Theory]
    [InlineData("sales@example.test", "sales@example.test")]
    [InlineData("anybody@example.test", "@example.test")]
    [InlineData("postmaster@example.test", null)]
    public async Task A_full_mailbox_is_full_by_whatever_address_and_holds_up_nobody_else(string address, string? alias)
    {
        await using TestStore store = await TestStore.OpenAsync();
        await store.Get<Domains>().AddAsync(System, "example.test", [], Cancel);
        Account full = await AddAdministratorAsync(store, "full@example.test");
        Assert.True((await store.Get<Quotas>().SetAsync(System, full.Address, 0, null, Cancel)).IsOk);
        await AliasAsync(store, alias, full.Address);
        Assert.IsType<Recipient.OverQuota>(await ResolveAsync(store, address));

        Account friend = await AddAdministratorAsync(store, "friend@example.test");
        await AliasAsync(store, alias, full.Address, friend.Address);
        var recipient = new EnvelopeRecipient(address, await ResolveAsync(store, address), DsnNotify.Default, null);
        await using IncomingMessage message = await store.MessageAsync("Subject: hello\r\n\r\ntext\r\n");
        Assert.NotNull(await store.Get<Deliveries>().AcceptAsync(new Envelope("a@example.org", [recipient], [], store.Time.GetUtcNow()), message, Cancel));
        QueueEntry waiting = Assert.Single((await store.Get<MailQueue>().ListAsync(System, Cancel)).Value);
        Assert.Equal(full.Address, Assert.Single(waiting.Recipients).Address);
        Assert.Equal((0, 1), (await MessagesAsync(store, full), await MessagesAsync(store, friend)));
    }

    [Fact]
    public async Task Quotas_are_set_by_administrators_alone()
    {
        await using TestStore store = await TestStore.OpenAsync();

        Result<Account> result = await store.Get<Quotas>().SetAsync(store.Actor, "you@example.test", 1, 1, Cancel);

        Assert.IsType<Refusal.Denied>(result.Refusal);
    }

    private static Actor System { get; } = Actor.System("test");

    private static async Task<Account> AddAdministratorAsync(TestStore store, string address) =>
        (await store.Get<Posthorn.Core.Accounts.Accounts>().AddAsync(System, address, "correct horse", null, isAdministrator: true, Cancel)).Value;

    /// <summary>Null: none is needed.</summary>
    private static async Task AliasAsync(TestStore store, string? alias, params string[] targets)
    {
        if (alias is not null)
        {
            _ = await store.Get<Aliases>().RemoveAsync(System, alias, Cancel);
            Assert.True((await store.Get<Aliases>().AddAsync(System, alias, targets, Cancel)).IsOk);
        }
    }

    private static async Task<int> MessagesAsync(TestStore store, Account account) =>
        (await store.Get<Mailboxes>().FindAsync(System, account.Id, Mailbox.Inbox, Cancel)).Value.Messages;

    private static async Task SetAsync(TestStore store, long? bytes, long? messages) =>
        Assert.True((await store.Get<Quotas>().SetAsync(System, "you@example.test", bytes, messages, Cancel)).IsOk);

    private static async Task DeliverAsync(TestStore store)
    {
        Account account = (await store.Get<Quotas>().GetAsync(store.Actor, "you@example.test", Cancel)).Value;
        await using IncomingMessage message = await store.MessageAsync("Subject: hello\r\n\r\ntext\r\n");
        var recipient = new EnvelopeRecipient(account.Address, new Recipient.Local([account], []), DsnNotify.Default, null);
        Assert.Null(await store.Get<Deliveries>().AcceptAsync(new Envelope("friend@example.org", [recipient], [], store.Time.GetUtcNow()), message, Cancel));
    }

    private static async Task<Recipient> ResolveAsync(TestStore store)
    {
        await store.Get<Domains>().AddAsync(System, "example.test", [], Cancel);
        return await ResolveAsync(store, "you@example.test");
    }

    private static ValueTask<Recipient> ResolveAsync(TestStore store, string address) => store.Get<Recipients>().ResolveAsync(EmailAddress.Parse(address), Cancel);
}
