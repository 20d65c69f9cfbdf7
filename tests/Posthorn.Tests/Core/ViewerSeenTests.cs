using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Tests.Core;

/// <summary>What a guest has seen, and the modseqs that come of it.</summary>
public sealed class ViewerSeenTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_message_is_newer_than_its_mailbox_where_the_log_was_trimmed_beyond_it()
    {
        await using TestStore store = await TestStore.OpenAsync();
        MailboxId inbox = (await store.InboxAsync()).Id;
        await store.AppendAsync(inbox, [.. Enumerable.Repeat("Subject: x\r\n\r\n", 3)]);
        Actor guest = await LetInAsync(store, inbox);
        Assert.Equal("1", (await SeeAsync(store, guest, inbox, 1, null)).Changed.ToString());

        // The account's log goes on elsewhere, and ends there. The log's clock is the database's.
        foreach (string name in (string[])["a", "b", "c"])
        {
            Assert.True((await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, name, SpecialUse.None, Cancel)).IsOk);
        }

        Assert.NotEqual(0, await store.Get<IStoreMaintenance>().TrimChangesAsync(DateTimeOffset.UtcNow.AddDays(1), keep: 1, Cancel));
        MailboxSnapshot view = (await store.Get<Mailboxes>().SnapshotAsync(guest, store.Account, inbox, Cancel)).Value;

        Assert.All(view.Enumerate(), message => Assert.InRange(message.ModSeq.Value, 1, view.Mailbox.HighestModSeq.Value));
        FlagsChanged second = await SeeAsync(store, guest, inbox, 2, view.Mailbox.HighestModSeq);
        Assert.Equal(("2", ""), (second.Changed.ToString(), second.Modified.ToString()));
    }

    [Fact]
    public async Task A_guest_who_marks_messages_again_and_again_has_no_write_read_what_went_before_and_no_view_read_it_twice()
    {
        await using TestStore store = await TestStore.OpenAsync();
        MailboxId inbox = (await store.InboxAsync()).Id;
        await store.AppendAsync(inbox, [.. Enumerable.Repeat("Subject: x\r\n\r\n", 3)]);
        Actor guest = await LetInAsync(store, inbox);
        var counted = new LogReadings(store.Store);
        var messages = new Messages(counted, store.Get<IBlobStore>(), store.Get<StoreOptions>(), store.Time);
        var mailboxes = new Mailboxes(counted, store.Get<StoreOptions>(), store.Time);
        MailboxSnapshot view = (await mailboxes.SnapshotAsync(guest, store.Account, inbox, Cancel)).Value;
        FlagChange add = new(FlagOperation.Add, MessageFlags.Seen, []), remove = new(FlagOperation.Remove, MessageFlags.Seen, []);
        for (int i = 0; i < 40; i++)
        {
            ModSeq? known = i % 4 < 2 ? view.Mailbox.HighestModSeq : null;
            FlagsChanged done = (await messages.ChangeFlagsAsync(guest, store.Account, inbox, UidSet.Of(1, 2), i % 2 == 0 ? add : remove, known, Cancel)).Value;
            Assert.Equal(("1:2", ""), (done.Changed.ToString(), done.Modified.ToString()));
            view = (await mailboxes.SnapshotAsync(guest, store.Account, inbox, Cancel)).Value;
            Assert.Equal([done.ModSeq, done.ModSeq], view.Enumerate().Take(2).Select(message => message.ModSeq));
            Assert.Equal(i % 2 == 0 ? 2 : 0, view.Enumerate().Count(message => message.Flags.HasFlag(MessageFlags.Seen)));
        }

        Assert.Equal((0, 40), (counted.InWrites, counted.InReads));

        // The whole of it, once: to whoever opens the mailbox first.
        MailboxSnapshot fresh = (await new Mailboxes(counted, store.Get<StoreOptions>(), store.Time).SnapshotAsync(guest, store.Account, inbox, Cancel)).Value;
        Assert.Equal(view.Enumerate(), fresh.Enumerate());
        Assert.Equal((0, 80), (counted.InWrites, counted.InReads));
    }

    [Fact]
    public async Task A_guest_who_does_not_know_of_a_change_of_its_own_leaves_that_message_alone()
    {
        await using TestStore store = await TestStore.OpenAsync();
        MailboxId inbox = (await store.InboxAsync()).Id;
        await store.AppendAsync(inbox, [.. Enumerable.Repeat("Subject: x\r\n\r\n", 3)]);
        Actor guest = await LetInAsync(store, inbox);
        ModSeq before = (await store.InboxAsync()).HighestModSeq;
        await SeeAsync(store, guest, inbox, 2, null);
        var add = new FlagChange(FlagOperation.Add, MessageFlags.Seen, []);
        FlagsChanged done = (await store.Get<Messages>().ChangeFlagsAsync(guest, store.Account, inbox, UidSet.All, add, before, Cancel)).Value;
        Assert.Equal(("1,3", "2"), (done.Changed.ToString(), done.Modified.ToString()));
    }

    private static async Task<Actor> LetInAsync(TestStore store, MailboxId mailbox)
    {
        AccountId guest = await store.Store.WriteAsync(
            new[] { AccountId.Store },
            session => session.Directory.InsertAccountAsync("guest@example.test", null, false, "-", "-", store.Time.GetUtcNow()),
            Cancel);
        Assert.True(RightSet.TryParse("lrs", out RightSet rights));
        Assert.True((await store.Get<Grants>().SetAsync(store.Actor, store.Account, mailbox, "guest@example.test", GrantChange.Replace, rights, Cancel)).IsOk);
        return new Actor(guest, "test", "2", null);
    }

    private static async Task<FlagsChanged> SeeAsync(TestStore store, Actor guest, MailboxId mailbox, uint uid, ModSeq? unchangedSince) =>
        (await store.Get<Messages>().ChangeFlagsAsync(
            guest, store.Account, mailbox, UidSet.Of(uid), new FlagChange(FlagOperation.Add, MessageFlags.Seen, []), unchangedSince, Cancel)).Value;
}
