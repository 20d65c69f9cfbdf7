using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Undelete;

namespace Posthorn.Tests.Core;

public sealed class UndeleteTests
{
    private static readonly Actor Administrator = Actor.System("test");
    private static readonly TimeSpan Kept = TimeSpan.FromDays(14);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_expunged_message_comes_back_with_flags_keywords_and_uidl_under_a_new_uid()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\nfirst\r\n", "Subject: b\r\n\r\nsecond\r\n");
        await FlagAsync(store, inbox.Id, 1, MessageFlags.Flagged | MessageFlags.Deleted, "$Work");
        Message before = await MessageAsync(store, inbox.Id, 1);
        await store.Get<Messages>().ExpungeAsync(store.Actor, store.Account, inbox.Id, UidSet.All, Cancel);
        RemovedMessage removed = Assert.Single(await ListAsync(store));
        Assert.Equal(("INBOX", "$Work"), (removed.MailboxName, Assert.Single(removed.Keywords)));
        Assert.Equal(1, (await AccountAsync(store)).MessageCount);

        Assert.Equal(1, (await store.Get<Undelete>().RestoreAsync(store.Actor, store.Account, RemovedSelection.All with { Id = removed.Id }, null, Cancel)).Value);
        Message after = await MessageAsync(store, inbox.Id, 3);
        Assert.Equal((before.Uidl, before.Email, before.Thread, before.InternalDate), (after.Uidl, after.Email, after.Thread, after.InternalDate));
        Assert.Equal(before.Flags & ~MessageFlags.Deleted, after.Flags);
        Assert.Contains("first", await store.TextAsync(inbox.Id, 3), StringComparison.Ordinal);
        Assert.Empty(await ListAsync(store));
        Assert.Equal((2, 2L), ((await store.InboxAsync()).Messages, (await AccountAsync(store)).MessageCount));
        await AssertCleanAsync(store);
    }

    [Fact]
    public async Task Messages_of_a_deleted_mailbox_come_back_into_one_of_that_name()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox old = await CreateAsync(store, "Plans/2026");
        await store.AppendAsync(old.Id, "Subject: a\r\n\r\n", "Subject: b\r\n\r\n");
        await store.Get<Mailboxes>().DeleteAsync(store.Actor, store.Account, "Plans/2026", Cancel);
        Assert.Equal(2, (await store.Get<Undelete>().RestoreAsync(store.Actor, store.Account, RemovedSelection.All with { Mailbox = "Plans/2026" }, null, Cancel)).Value);
        Mailbox made = (await store.Get<Mailboxes>().FindAsync(store.Actor, store.Account, "Plans/2026", Cancel)).Value;
        Assert.Equal(2, made.Messages);
        Assert.NotEqual(old.UidValidity, made.UidValidity);
        await AssertCleanAsync(store);
    }

    [Fact]
    public async Task A_message_that_another_mailbox_shares_is_brought_into_it_as_a_message_of_its_own()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync(), archive = await CreateAsync(store, "Archive");
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n");
        await store.Get<Messages>().CopyAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), archive.Id, Cancel);
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), Cancel);
        Assert.Equal(1, (await store.Get<Undelete>().RestoreAsync(store.Actor, store.Account, RemovedSelection.All, "Archive", Cancel)).Value);
        Assert.NotEqual((await MessageAsync(store, archive.Id, 1)).Email, (await MessageAsync(store, archive.Id, 2)).Email);
        await AssertCleanAsync(store);
    }

    [Fact]
    public async Task What_was_moved_is_not_among_the_removed()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync(), archive = await CreateAsync(store, "Archive");
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n");
        await store.Get<Messages>().MoveAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), archive.Id, Cancel);
        Assert.Empty(await ListAsync(store));
    }

    [Fact]
    public async Task Restoring_over_quota_is_refused_and_changes_nothing()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n");
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.All, Cancel);
        await store.Get<Posthorn.Core.Accounts.Accounts>().SetQuotaAsync(Administrator, "you@example.test", 3, Cancel);
        Result<int> refused = await store.Get<Undelete>().RestoreAsync(store.Actor, store.Account, RemovedSelection.All, null, Cancel);
        Assert.IsType<Refusal.OverQuota>(refused.Refusal);
        Assert.Single(await ListAsync(store));
    }

    [Fact]
    public async Task Nobody_lists_or_restores_mail_of_others()
    {
        await using TestStore store = await TestStore.OpenAsync();
        var other = new Actor(new AccountId(store.Account.Value + 1), "test", "2", null);
        Assert.IsType<Refusal.Denied>((await store.Get<Undelete>().ListAsync(other, store.Account, RemovedSelection.All, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await store.Get<Undelete>().RestoreAsync(other, store.Account, RemovedSelection.All, null, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await store.Get<Undelete>().RestoreAccountAsync(other, "you@example.test", Cancel)).Refusal);
    }

    [Fact]
    public async Task Expiry_takes_messages_after_fourteen_days_and_not_before()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n");
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.All, Cancel);
        store.Time.Advance(Kept);
        Assert.Equal((0, 0), await store.Get<UndeleteExpiry>().ExpireAsync(Cancel));
        store.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((1, 0), await store.Get<UndeleteExpiry>().ExpireAsync(Cancel));
        Assert.Empty(await ListAsync(store));
        await AssertCleanAsync(store);
    }

    [Fact]
    public async Task A_removed_account_comes_back_whole()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await store.Get<Domains>().AddAsync(Administrator, "example.test", [], Cancel);
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n");
        Assert.True((await store.Get<Posthorn.Core.Accounts.Accounts>().RemoveAsync(Administrator, "you@example.test", Cancel)).IsOk);
        Assert.False((await store.Get<Posthorn.Core.Accounts.Accounts>().GetAsync(Administrator, "you@example.test", Cancel)).IsOk);
        await AssertCleanAsync(store);
        Assert.Equal(1, Assert.Single((await store.Get<Undelete>().ListAccountsAsync(Administrator, Cancel)).Value).MessageCount);

        Account back = (await store.Get<Undelete>().RestoreAccountAsync(Administrator, "you@example.test", Cancel)).Value;
        Assert.Equal((store.Account, 1L), (back.Id, back.MessageCount));
        Mailbox again = await store.InboxAsync();
        Assert.Equal((inbox.UidValidity, 1), (again.UidValidity, again.Messages));
        Assert.Empty((await store.Get<Undelete>().ListAccountsAsync(Administrator, Cancel)).Value);
        await AssertCleanAsync(store);
    }

    [Fact]
    public async Task A_removed_account_is_not_brought_back_over_another_and_goes_when_its_time_is_over()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await store.Get<Domains>().AddAsync(Administrator, "example.test", [], Cancel);
        await store.AppendAsync((await store.InboxAsync()).Id, "Subject: a\r\n\r\n");
        await store.Get<Posthorn.Core.Accounts.Accounts>().RemoveAsync(Administrator, "you@example.test", Cancel);
        Assert.True((await store.Get<Posthorn.Core.Accounts.Accounts>().AddAsync(Administrator, "you@example.test", "another-password", null, false, Cancel)).IsOk);
        Assert.IsType<Refusal.AlreadyExists>((await store.Get<Undelete>().RestoreAccountAsync(Administrator, "you@example.test", Cancel)).Refusal);
        store.Time.Advance(Kept + TimeSpan.FromSeconds(1));
        Assert.Equal((0, 1), await store.Get<UndeleteExpiry>().ExpireAsync(Cancel));
        Assert.Empty((await store.Get<Undelete>().ListAccountsAsync(Administrator, Cancel)).Value);
        Assert.True((await store.Get<Posthorn.Core.Accounts.Accounts>().GetAsync(Administrator, "you@example.test", Cancel)).IsOk);
        await AssertCleanAsync(store);
    }

    private static async Task FlagAsync(TestStore store, MailboxId mailbox, uint uid, MessageFlags flags, params string[] keywords) =>
        Assert.True((await store.Get<Messages>().ChangeFlagsAsync(
            store.Actor, store.Account, mailbox, UidSet.Of(uid), new FlagChange(FlagOperation.Add, flags, keywords), null, Cancel)).IsOk);

    private static async Task<Mailbox> CreateAsync(TestStore store, string name) =>
        (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, name, SpecialUse.None, Cancel)).Value;

    private static async Task<Message> MessageAsync(TestStore store, MailboxId mailbox, uint uid) =>
        (await store.Get<Messages>().ReadAsync(store.Actor, store.Account, mailbox, UidSet.Of(uid), MessageFields.None, Cancel)).Value.Single();

    private static async Task<IReadOnlyList<RemovedMessage>> ListAsync(TestStore store) =>
        (await store.Get<Undelete>().ListAsync(store.Actor, store.Account, RemovedSelection.All, Cancel)).Value;

    private static async Task<Account> AccountAsync(TestStore store) => (await store.Get<Posthorn.Core.Accounts.Accounts>().GetAsync(Administrator, "you@example.test", Cancel)).Value;

    private static async Task AssertCleanAsync(TestStore store) =>
        Assert.Empty((await store.Get<StoreCheck>().RunAsync(Administrator, false, new Progress<long>(), Cancel)).Value);
}
