using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Standards.Smtp;

namespace Posthorn.Tests.Core;

/// <summary>What all accounts of a domain may hold together.</summary>
public sealed class DomainQuotaTests
{
    private static readonly Actor Administrator = Actor.System("test");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mail_of_one_account_leaves_less_room_for_the_others_of_its_domain_alone()
    {
        await using TestStore store = await OpenAsync(200);
        await AddAsync(store, "other@example.test");
        await AddAsync(store, "far@example.org");
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Letter(180));

        Assert.Equal(180, (await DomainAsync(store)).UsedBytes);
        Assert.Contains("domain is over its quota of 200 bytes", (await AppendAsync(store, "other@example.test", 21))!.Text, StringComparison.Ordinal);
        Assert.Null(await AppendAsync(store, "other@example.test", 20));
        Assert.Null(await AppendAsync(store, "far@example.org", 1_000));
        Assert.IsType<Recipient.OverQuota>(await ResolveAsync(store, "you@example.test"));
        Assert.IsType<Recipient.OverQuota>(await ResolveAsync(store, "other@example.test"));
        Assert.IsType<Recipient.Local>(await ResolveAsync(store, "far@example.org"));

        Assert.True((await store.Get<Domains>().SetQuotaAsync(Administrator, "example.test", null, Cancel)).IsOk);
        Assert.IsType<Recipient.Local>(await ResolveAsync(store, "you@example.test"));
        Assert.Null(await AppendAsync(store, "other@example.test", 1_000));
    }

    [Fact]
    public async Task Copies_and_undelete_keep_to_it()
    {
        await using TestStore store = await OpenAsync(100);
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Letter(60));
        Mailbox archive = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Archive", SpecialUse.None, Cancel)).Value;
        Assert.IsType<Refusal.OverQuota>((await store.Get<Messages>().CopyAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), archive.Id, Cancel)).Refusal);
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), Cancel);
        await store.AppendAsync(inbox.Id, Letter(60));
        Assert.IsType<Refusal.OverQuota>((await store.Get<Posthorn.Core.Undelete.Undelete>().RestoreAsync(store.Actor, store.Account, RemovedSelection.All, null, Cancel)).Refusal);
    }

    [Fact]
    public async Task The_administrators_are_told_once_when_ninety_per_cent_are_reached_and_again_after_there_was_room()
    {
        await using TestStore store = await OpenAsync(100_000);
        AccountId administrator = await AddAsync(store, "boss@example.org", isAdministrator: true);
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Letter(89_999));
        DomainQuotaWatch watch = store.Get<DomainQuotaWatch>();
        Assert.Empty(await watch.LookAsync(Cancel));
        await store.AppendAsync(inbox.Id, Letter(20));
        Assert.Equal(["example.test"], await watch.LookAsync(Cancel));
        Assert.Empty(await watch.LookAsync(Cancel));
        Assert.Equal(1, await CountAsync(store, administrator));

        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(2), Cancel);
        Assert.Empty(await watch.LookAsync(Cancel));
        await store.AppendAsync(inbox.Id, Letter(20));
        Assert.Equal(["example.test"], await watch.LookAsync(Cancel));
        Assert.Equal(2, await CountAsync(store, administrator));
    }

    [Fact]
    public async Task It_is_set_by_administrators_for_domains_that_are_there()
    {
        await using TestStore store = await OpenAsync(100);
        Assert.IsType<Refusal.Denied>((await store.Get<Domains>().SetQuotaAsync(store.Actor, "example.test", 1, Cancel)).Refusal);
        Assert.IsType<Refusal.NotFound>((await store.Get<Domains>().SetQuotaAsync(Administrator, "example.net", 1, Cancel)).Refusal);
        Assert.IsType<Refusal.Invalid>((await store.Get<Domains>().SetQuotaAsync(Administrator, "example.test", -1, Cancel)).Refusal);
        Assert.Equal(100, (await DomainAsync(store)).QuotaBytes);
    }

    private static async Task<TestStore> OpenAsync(long quota)
    {
        TestStore store = await TestStore.OpenAsync();
        foreach (string domain in new[] { "example.test", "example.org" })
        {
            Assert.True((await store.Get<Domains>().AddAsync(Administrator, domain, [], Cancel)).IsOk);
        }

        Assert.True((await store.Get<Domains>().SetQuotaAsync(Administrator, "example.test", quota, Cancel)).IsOk);
        return store;
    }

    private static async Task<AccountId> AddAsync(TestStore store, string address, bool isAdministrator = false) => await store.Store.WriteAsync(
        new[] { AccountId.Store },
        async session =>
        {
            AccountId id = await session.Directory.InsertAccountAsync(address, null, isAdministrator, "-", "-", store.Time.GetUtcNow());
            await session.Mailboxes.InsertAsync(id, Mailbox.Inbox, SpecialUse.None, false);
            return id;
        },
        Cancel);

    private static async Task<Refusal?> AppendAsync(TestStore store, string address, int size)
    {
        AccountId account = (await store.Get<Posthorn.Core.Accounts.Accounts>().GetAsync(Administrator, address, Cancel)).Value.Id;
        Mailbox inbox = (await store.Get<Mailboxes>().FindAsync(Administrator, account, "INBOX", Cancel)).Value;
        await using IncomingMessage message = await store.MessageAsync(Letter(size));
        return (await store.Get<Messages>().AppendAsync(Administrator, account, inbox.Id, [new NewMessage(message, MessageFlags.None, [], null)], Cancel)).Refusal;
    }

    private static async Task<long> CountAsync(TestStore store, AccountId account) =>
        (await store.Get<Mailboxes>().FindAsync(Administrator, account, "INBOX", Cancel)).Value.Messages;

    private static string Letter(int size) => "Subject: s\r\n\r\n".PadRight(size, 'x');

    private static async Task<Domain> DomainAsync(TestStore store) =>
        (await store.Get<Domains>().ListAsync(Administrator, Cancel)).Value.Single(domain => domain.Name == "example.test");

    private static async Task<Recipient> ResolveAsync(TestStore store, string address)
    {
        Assert.True(EmailAddress.TryParse(address, out EmailAddress? parsed));
        return await store.Get<Recipients>().ResolveAsync(parsed, Cancel);
    }
}
