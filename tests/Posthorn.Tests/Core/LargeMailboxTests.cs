using System.Globalization;
using Posthorn.Core;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Tests.Core;

/// <summary>A mailbox so large that only its newest messages are read when it is opened.</summary>
public sealed class LargeMailboxTests
{
    private const int Messages = 9_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_at_the_end_is_there_without_the_rest_and_the_rest_when_somebody_looks()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await FillAsync(store);
        MailboxSnapshot opened = await store.SnapshotAsync(inbox.Id);
        Assert.Equal(Messages, opened.Count);
        Assert.False(opened.IsWhole);
        Assert.Equal(((uint)Messages, Messages - 1), (opened[Messages - 1].Uid, opened.IndexOf(Messages)));
        Assert.Equal(~Messages, opened.IndexOf(Messages + 1));

        // All are unseen: the first of them is far away, and is not looked for.
        Assert.Null(opened.FirstUnseen());

        // Flags and new mail at the end leave the rest alone; what was told is what differs.
        await FlagAsync(store, inbox.Id, Messages);
        await store.AppendAsync(inbox.Id, "Subject: new\r\n\r\n");
        MailboxSnapshot later = await store.SnapshotAsync(inbox.Id);
        SnapshotChanges changes = MailboxSnapshot.Compare(opened, later);
        Assert.Equal(((uint)Messages, (uint)Messages + 1), (changes.Changed.Single().Uid, changes.Added.Single().Uid));
        Assert.False(later.IsWhole);

        await later.LoadAsync(Messages - 2_048, Cancel);
        Assert.False(later.IsWhole);
        await later.LoadAsync(0, Cancel);
        Assert.Equal((1u, 0), (later[0].Uid, later.IndexOf(1)));
        Assert.True(later.IsWhole);
        Assert.Equal(Enumerable.Range(1, Messages + 1).Select(uid => (uint)uid), later.Enumerate().Select(message => message.Uid));
        Assert.Equal(0, later.FirstUnseen());
    }

    [Fact]
    public async Task Who_looks_at_older_messages_without_having_read_them_gets_them_all_the_same()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await FillAsync(store);
        MailboxSnapshot opened = await store.SnapshotAsync(inbox.Id);
        Assert.False(opened.IsWhole);
        Assert.Equal((1u, 4_999), (opened[0].Uid, opened.IndexOf(5_000)));
    }

    [Fact]
    public async Task Positions_stay_those_of_the_moment_although_older_messages_went_before_anybody_looked()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await FillAsync(store);
        MailboxSnapshot opened = await store.SnapshotAsync(inbox.Id);
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(10, 19), Cancel);
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(Messages), Cancel);
        await FlagAsync(store, inbox.Id, 5);

        await opened.LoadAsync(Cancel);
        Assert.Equal((100u, 99), (opened[99].Uid, opened.IndexOf(100)));
        Assert.Equal(Messages, opened.Enumerate().Count());
        MailboxSnapshot later = await store.SnapshotAsync(inbox.Id);
        Assert.Equal((Messages - 11, 110u), (later.Count, later[99].Uid));
        SnapshotChanges changes = MailboxSnapshot.Compare(opened, later);
        Assert.Equal("10:19,9000", changes.Vanished.ToString());
        Assert.Equal(Messages, later.Retaining(opened, MailboxSnapshot.Compare(opened, later).Vanished).Count);
        Assert.Equal([5u], later.Enumerate().Where(message => message.Flags.HasFlag(MessageFlags.Flagged)).Select(message => message.Uid));
    }

    [Fact]
    public async Task A_change_far_back_is_seen_by_who_did_not_look_there()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await FillAsync(store);
        MailboxSnapshot opened = await store.SnapshotAsync(inbox.Id);
        await FlagAsync(store, inbox.Id, 7);
        MailboxSnapshot later = await store.SnapshotAsync(inbox.Id);
        Assert.Equal(7u, later[6].Uid);
        Assert.True(later[6].Flags.HasFlag(MessageFlags.Flagged));
        Assert.Equal([7u], MailboxSnapshot.Compare(opened, later).Changed.Select(message => message.Uid));
    }

    [Fact]
    public async Task A_counter_that_is_wrong_costs_one_opening_and_no_more()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await FillAsync(store);
        await store.Store.WriteAsync(
            new[] { store.Account },
            async session =>
            {
                await session.Mailboxes.ChangeAsync(store.Account, inbox.Id, new MailboxDelta(0, 5, 0, 0, 0), await session.ModSeqAsync(store.Account));
                return true;
            },
            Cancel);
        MailboxSnapshot opened = await store.SnapshotAsync(inbox.Id);
        Assert.Equal(Messages + 5, opened.Count);
        StoreUnavailableException said = await Assert.ThrowsAsync<StoreUnavailableException>(async () => await opened.LoadAsync(Cancel));
        Assert.Contains("run posthorn check", said.Message, StringComparison.Ordinal);
        MailboxSnapshot again = await store.SnapshotAsync(inbox.Id);
        Assert.True(again.IsWhole);
        Assert.Equal((Messages, 1u), (again.Count, again[0].Uid));
    }

    [Fact]
    public async Task Who_look_at_the_rest_together_read_it_once_and_mail_goes_on()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await FillAsync(store);
        MailboxSnapshot opened = await store.SnapshotAsync(inbox.Id);
        Task[] readers = [.. Enumerable.Range(0, 16).Select(_ => opened.LoadAsync(Cancel).AsTask())];
        Task writers = Task.WhenAll(
            store.AppendAsync(inbox.Id, "Subject: meanwhile\r\n\r\n"),
            store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1, 100), Cancel).AsTask());
        await Task.WhenAll(readers);
        await writers;

        // Whatever came first: what was opened is what it was, and the next has both changes.
        Assert.Equal(Enumerable.Range(1, Messages).Select(uid => (uint)uid), opened.Enumerate().Select(message => message.Uid));
        MailboxSnapshot later = await store.SnapshotAsync(inbox.Id);
        SnapshotChanges changes = MailboxSnapshot.Compare(opened, later);
        Assert.Equal(("1:100", (uint)Messages + 1), (changes.Vanished.ToString(), changes.Added.Single().Uid));
        Assert.Empty(changes.Changed);
    }

    [Fact]
    public async Task What_a_client_missed_is_in_the_log_and_older_messages_are_not_read_for_it()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await FillAsync(store, 60);
        ModSeq since = inbox.HighestModSeq;
        await RemoveAsync(store, inbox.Id, 3, 4, 55);
        await FlagAsync(store, inbox.Id, 58);
        MailboxSnapshot view = await OpenAnewAsync(store, inbox.Id);
        await RemoveAsync(store, inbox.Id, 5, 59);
        Mailboxes mailboxes = store.Get<Mailboxes>();
        ChangedUids logged = (await mailboxes.ChangedSinceAsync(store.Actor, view, since, Cancel)).Value!;
        Assert.Equal(("58", "3:4,55"), (logged.Touched.ToString(), logged.Removed.ToString()));
        Assert.Equal("3:4,55", view.Vanished(UidSet.All, logged).ToString());
        Assert.Equal("4,55", view.Vanished(UidSet.Of(4, 100), logged).ToString());
        Assert.Equal("3:4,55", (await mailboxes.VanishedSinceAsync(store.Actor, view, since, UidSet.All, Cancel)).Value.ToString());
        Assert.False(view.IsWhole);

        // The log does not reach back so far: what is there is looked at.
        Assert.NotEqual(0, await store.Get<IStoreMaintenance>().TrimChangesAsync(DateTimeOffset.UtcNow.AddDays(1), keep: 0, Cancel));
        Assert.Null((await mailboxes.ChangedSinceAsync(store.Actor, view, since, Cancel)).Value);
        MailboxSnapshot later = await OpenAnewAsync(store, inbox.Id);
        Assert.Equal("3:5,55,59", (await mailboxes.VanishedSinceAsync(store.Actor, later, since, UidSet.All, Cancel)).Value.ToString());
        Assert.True(later.IsWhole);
    }

    [Fact]
    public async Task Two_openings_of_a_mailbox_share_nothing_and_are_compared_when_both_were_read()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await FillAsync(store, 60);
        MailboxSnapshot before = await OpenAnewAsync(store, inbox.Id);
        await RemoveAsync(store, inbox.Id, 2, 57);
        MailboxSnapshot after = await OpenAnewAsync(store, inbox.Id);
        Assert.False(before.IsWhole || after.IsWhole);
        await MailboxSnapshot.LoadAsync(before, after, Cancel);
        Assert.Equal("2,57", MailboxSnapshot.Compare(before, after).Vanished.ToString());
        Assert.Equal(60, after.Retaining(before, MailboxSnapshot.Compare(before, after).Vanished).Count);
    }

    [Fact]
    public async Task Where_the_newest_all_go_the_older_ones_are_read_and_the_last_of_them_is_known()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await FillAsync(store, 60);
        SnapshotCache cache = Small(store);
        MailboxSnapshot before = (await cache.GetAsync(store.Account, inbox.Id, Cancel))!;
        Assert.False(before.IsWhole);
        await RemoveAsync(store, inbox.Id, [.. Enumerable.Range(51, 10).Select(uid => (uint)uid)]);
        MailboxSnapshot after = (await cache.GetAsync(store.Account, inbox.Id, Cancel))!;
        Assert.Equal((50, 50u), (after.Count, after[49].Uid));
        Assert.Equal("51:60", MailboxSnapshot.Compare(before, after).Vanished.ToString());
        Assert.Equal(60, after.Retaining(before, MailboxSnapshot.Compare(before, after).Vanished).Count);
    }

    /// <summary>As by a node that has nothing of it in memory, and takes a mailbox of more than twenty messages for a large one.</summary>
    private static async Task<MailboxSnapshot> OpenAnewAsync(TestStore store, MailboxId mailbox) => (await Small(store).GetAsync(store.Account, mailbox, Cancel))!;

    private static SnapshotCache Small(TestStore store) => new(store.Store) { WholeMessages = 20, NewestMessages = 10 };

    private static async Task RemoveAsync(TestStore store, MailboxId mailbox, params uint[] uids) =>
        _ = (await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, mailbox, UidSet.From(uids), Cancel)).Value;

    private static async Task FlagAsync(TestStore store, MailboxId mailbox, uint uid) => Assert.True((await store.Get<Messages>().ChangeFlagsAsync(
        store.Actor, store.Account, mailbox, UidSet.Of(uid), new FlagChange(FlagOperation.Add, MessageFlags.Flagged, []), null, Cancel)).IsOk);

    /// <summary>In one transaction for each thousand.</summary>
    private static async Task<Mailbox> FillAsync(TestStore store, int messages = Messages)
    {
        Mailbox inbox = await store.InboxAsync();
        for (int n = 0; n < messages; n += 1_000)
        {
            await store.AppendAsync(inbox.Id, [.. Enumerable.Range(n, Math.Min(1_000, messages - n)).Select(i => string.Create(CultureInfo.InvariantCulture, $"Subject: {i}\r\n\r\n"))]);
        }

        return await store.InboxAsync();
    }
}
