using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Scheduling;

namespace Posthorn.Tests.Core.Scheduling;

public sealed class SnoozingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_put_off_comes_back_unread_at_its_time_and_not_before()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\nfirst\r\n", "Subject: b\r\n\r\nsecond\r\n");
        await store.Get<Messages>().ChangeFlagsAsync(
            store.Actor, store.Account, inbox.Id, UidSet.All, new FlagChange(FlagOperation.Add, MessageFlags.Seen | MessageFlags.Flagged, []), null, Cancel);
        (MailboxId waiting, UidSet uids) = await SnoozeAsync(store, inbox.Id, 1, TimeSpan.FromHours(2));
        Assert.Equal(1, (await store.InboxAsync()).Messages);
        Assert.Equal(1, (await store.SnapshotAsync(waiting)).Count);
        Assert.Equal(uids.Ranges[0].First, Assert.Single((await store.Get<Snoozing>().ListAsync(store.Actor, store.Account, Cancel)).Value).Uid);

        store.Time.Advance(TimeSpan.FromMinutes(119));
        Assert.Equal(0, await store.Get<Scheduler>().RunDueAsync(Cancel));
        store.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, await store.Get<Scheduler>().RunDueAsync(Cancel));
        MailboxSnapshot back = await store.SnapshotAsync(inbox.Id);
        Assert.Equal((2, MessageFlags.Flagged), (back.Count, back[1].Flags & MessageFlags.System));
        Assert.Equal((0, 1), ((await store.SnapshotAsync(waiting)).Count, (await store.InboxAsync()).Unseen));
        Assert.Contains("first", await store.TextAsync(inbox.Id, back[1].Uid), StringComparison.Ordinal);
        Assert.Equal(0, await store.Get<Scheduler>().RunDueAsync(Cancel));
    }

    [Fact]
    public async Task The_time_can_be_changed_and_what_was_moved_away_stays_where_it_is()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n", "Subject: b\r\n\r\n");
        (MailboxId waiting, UidSet first) = await SnoozeAsync(store, inbox.Id, 1, TimeSpan.FromHours(1));
        (_, UidSet second) = await SnoozeAsync(store, inbox.Id, 2, TimeSpan.FromHours(1));
        await SnoozeAsync(store, waiting, first.Ranges[0].First, TimeSpan.FromHours(3));
        Mailbox archive = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Archive", SpecialUse.Archive, Cancel)).Value;
        await store.Get<Messages>().MoveAsync(store.Actor, store.Account, waiting, second, archive.Id, Cancel);

        store.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, await store.Get<Scheduler>().RunDueAsync(Cancel));
        Assert.Equal(1, (await store.SnapshotAsync(archive.Id)).Count);
        store.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(1, await store.Get<Scheduler>().RunDueAsync(Cancel));
        Assert.Equal(1, (await store.SnapshotAsync(inbox.Id)).Count);
        Assert.Empty((await store.Get<Snoozing>().ListAsync(store.Actor, store.Account, Cancel)).Value);
    }

    [Fact]
    public async Task A_plan_ends_when_its_message_is_taken_out_of_where_it_waits()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n", "Subject: b\r\n\r\n", "Subject: c\r\n\r\n");
        (MailboxId waiting, UidSet moved) = await SnoozeAsync(store, inbox.Id, 1, TimeSpan.FromHours(1));
        (_, UidSet deleted) = await SnoozeAsync(store, inbox.Id, 2, TimeSpan.FromHours(1));
        await SnoozeAsync(store, inbox.Id, 3, TimeSpan.FromHours(1));
        await store.Get<Messages>().MoveAsync(store.Actor, store.Account, waiting, moved, inbox.Id, Cancel);
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, waiting, deleted, Cancel);
        Assert.Single((await store.Get<Snoozing>().ListAsync(store.Actor, store.Account, Cancel)).Value);
        await store.Get<Mailboxes>().DeleteAsync(store.Actor, store.Account, Snoozing.MailboxName, Cancel);
        Assert.Empty((await store.Get<Snoozing>().ListAsync(store.Actor, store.Account, Cancel)).Value);
    }

    [Fact]
    public async Task It_comes_back_to_the_inbox_when_its_mailbox_is_gone()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox plans = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Plans", SpecialUse.None, Cancel)).Value;
        await store.AppendAsync(plans.Id, "Subject: a\r\n\r\n");
        await SnoozeAsync(store, plans.Id, 1, TimeSpan.FromHours(1));
        await store.Get<Mailboxes>().DeleteAsync(store.Actor, store.Account, "Plans", Cancel);
        store.Time.Advance(TimeSpan.FromHours(1));
        await store.Get<Scheduler>().RunDueAsync(Cancel);
        Assert.Equal(1, (await store.InboxAsync()).Messages);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(24 * 366 * 4)]
    public async Task A_time_that_is_over_or_too_far_is_refused(int hours)
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n");
        DateTimeOffset until = store.Time.GetUtcNow() + TimeSpan.FromHours(hours);
        Assert.IsType<Refusal.Invalid>((await store.Get<Snoozing>().SnoozeAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), until, null, Cancel)).Refusal);
        Assert.Equal(1, (await store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task The_plan_outlives_the_program()
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-test-").FullName;
        DateTimeOffset start;
        await using (TestStore store = await TestStore.OpenAsync(folder))
        {
            await store.AppendAsync((await store.InboxAsync()).Id, "Subject: a\r\n\r\n");
            await SnoozeAsync(store, (await store.InboxAsync()).Id, 1, TimeSpan.FromHours(1));
            start = store.Time.GetUtcNow();
        }

        await using TestStore again = await TestStore.OpenAsync(folder);
        again.OwnsFolder = true;
        again.Time.SetUtcNow(start + TimeSpan.FromHours(1));
        Assert.Equal(1, await again.Get<Scheduler>().RunDueAsync(Cancel));
        Assert.Equal(1, (await again.InboxAsync()).Messages);
    }

    private static async Task<(MailboxId Mailbox, UidSet Uids)> SnoozeAsync(TestStore store, MailboxId from, uint uid, TimeSpan after) =>
        (await store.Get<Snoozing>().SnoozeAsync(store.Actor, store.Account, from, UidSet.Of(uid), store.Time.GetUtcNow() + after, null, Cancel)).Value;
}
