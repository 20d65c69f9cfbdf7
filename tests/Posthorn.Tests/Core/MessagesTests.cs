using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Stores;

namespace Posthorn.Tests.Core;

public sealed class MessagesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_gives_ascending_uids_and_counts_the_mailbox()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        Appended first = await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\none\r\n", "Subject: b\r\n\r\ntwo\r\n");
        Appended second = await store.AppendAsync(inbox.Id, "Subject: c\r\n\r\nthree\r\n");
        Assert.Equal("1:2", first.Uids.ToString());
        Assert.Equal("3", second.Uids.ToString());
        Mailbox after = await store.InboxAsync();
        Assert.Equal((3, 3, 0, 4u), (after.Messages, after.Unseen, after.Deleted, after.UidNext));
        Assert.True(after.HighestModSeq > inbox.HighestModSeq);
        Assert.Equal("Subject: b\r\n\r\ntwo\r\n", await store.TextAsync(inbox.Id, 2));
    }

    [Fact]
    public async Task A_large_message_lies_in_a_file_and_comes_back_octet_for_octet()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        string text = "Subject: large\r\n\r\n" + string.Concat(Enumerable.Range(0, 40_000).Select(i => $"line {i}\r\n"));
        await store.AppendAsync(inbox.Id, text);
        Assert.Single(TestDatabase.BodyFiles(store.Folder));
        Assert.Equal(text, await store.TextAsync(inbox.Id, 1));
    }

    [Fact]
    public async Task A_message_that_was_not_filed_leaves_no_file()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await using (await store.MessageAsync(new string('x', 200_000)))
        {
            Assert.Single(TestDatabase.BodyFiles(store.Folder));
        }

        Assert.Empty(TestDatabase.BodyFiles(store.Folder));
    }

    [Fact]
    public async Task Flags_change_only_where_asked_and_the_log_has_one_entry()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, [.. Enumerable.Range(0, 10).Select(i => $"Subject: {i}\r\n\r\n")]);
        MailboxSnapshot before = await store.SnapshotAsync(inbox.Id);
        UidSet odd = UidSet.From([1u, 3u, 5u, 8u, 9u]);
        FlagsChanged changed = (await store.Get<Messages>().ChangeFlagsAsync(
            store.Actor, store.Account, inbox.Id, odd, new FlagChange(FlagOperation.Add, MessageFlags.Seen, ["$Label"]), null, Cancel)).Value;
        Assert.Equal("1,3,5,8:9", changed.Changed.ToString());
        MailboxSnapshot after = await store.SnapshotAsync(inbox.Id);
        SnapshotChanges changes = MailboxSnapshot.Compare(before, after);
        Assert.Equal([1u, 3, 5, 8, 9], changes.Changed.Select(entry => entry.Uid));
        Assert.All(changes.Changed, entry => Assert.Equal(MessageFlags.Seen | KeywordBits.Of(0), entry.Flags));
        Assert.Equal(["$Label"], after.Mailbox.Keywords);
        Assert.Equal(5, after.Mailbox.Unseen);
        var entries = await store.Store.ReadAsync(
            store.Account, session => session.Changes.SinceAsync(store.Account, Posthorn.Core.Changes.CollectionKind.Mailbox, inbox.Id.Value, before.Mailbox.HighestModSeq), Cancel);
        Assert.Equal("1,3,5,8:9", Assert.Single(entries).Ids.ToString());
    }

    [Fact]
    public async Task Store_with_unchangedsince_leaves_changed_messages_alone()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n", "Subject: b\r\n\r\n");
        ModSeq known = (await store.InboxAsync()).HighestModSeq;
        var flagged = new FlagChange(FlagOperation.Add, MessageFlags.Flagged, []);
        await store.Get<Messages>().ChangeFlagsAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(2), flagged, null, Cancel);
        FlagsChanged result = (await store.Get<Messages>().ChangeFlagsAsync(
            store.Actor, store.Account, inbox.Id, UidSet.All, new FlagChange(FlagOperation.Replace, MessageFlags.Seen, []), known, Cancel)).Value;
        Assert.Equal(("1", "2"), (result.Changed.ToString(), result.Modified.ToString()));
        Assert.Equal(MessageFlags.Flagged, (await store.SnapshotAsync(inbox.Id))[1].Flags);
    }

    [Fact]
    public async Task A_change_of_many_messages_commits_in_chunks_and_reaches_all()
    {
        await using TestStore store = await TestStore.OpenAsync();
        const int Copies = 6, Piece = (FlagChanges.ChunkSize / Copies) + 100;
        Mailbox inbox = await store.InboxAsync();
        Mailbox many = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Many", SpecialUse.None, Cancel)).Value;
        await store.AppendAsync(inbox.Id, [.. Enumerable.Repeat("Subject: x\r\n\r\n", Piece)]);
        for (int copy = 0; copy < Copies; copy++)
        {
            Assert.True((await store.Get<Messages>().CopyAsync(store.Actor, store.Account, inbox.Id, UidSet.All, many.Id, Cancel)).IsOk);
        }

        FlagsChanged result = (await store.Get<Messages>().ChangeFlagsAsync(
            store.Actor, store.Account, many.Id, UidSet.All, new FlagChange(FlagOperation.Add, MessageFlags.Seen, []), null, Cancel)).Value;
        Assert.Equal($"1:{Copies * Piece}", result.Changed.ToString());
        MailboxSnapshot after = await store.SnapshotAsync(many.Id);
        await after.LoadAsync(Cancel);
        Assert.Equal((0, Copies * Piece), (after.Mailbox.Unseen, after.Enumerate().Count(static entry => entry.Flags == MessageFlags.Seen)));
        // Two transactions, each with a modseq of its own.
        Assert.Equal(2, after.Enumerate().Select(static entry => entry.ModSeq).Distinct().Count());
    }

    [Fact]
    public async Task Copy_shares_the_message_and_a_second_copy_is_a_message_of_its_own()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        Mailbox archive = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Archive", SpecialUse.Archive, Cancel)).Value;
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\nx", "Subject: b\r\n\r\ny");
        Messages messages = store.Get<Messages>();
        Copied copied = (await messages.CopyAsync(store.Actor, store.Account, inbox.Id, UidSet.All, archive.Id, Cancel)).Value;
        Copied again = (await messages.CopyAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), archive.Id, Cancel)).Value;
        Assert.Equal(("1:2", "1:2", "3"), (copied.Source.ToString(), copied.Destination.ToString(), again.Destination.ToString()));
        IReadOnlyList<Message> rows = (await messages.ReadAsync(store.Actor, store.Account, archive.Id, UidSet.All, MessageFields.None, Cancel)).Value;
        Assert.Equal(rows[0].Body, rows[2].Body);
        Assert.NotEqual(rows[0].Email, rows[2].Email);
        Assert.NotEqual(rows[0].Uidl, rows[2].Uidl);
    }

    [Fact]
    public async Task Move_takes_messages_away_and_expunge_removes_only_deleted_ones()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        Mailbox trash = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Trash", SpecialUse.Trash, Cancel)).Value;
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n", "Subject: b\r\n\r\n", "Subject: c\r\n\r\n");
        Messages messages = store.Get<Messages>();
        MailboxSnapshot before = await store.SnapshotAsync(inbox.Id);
        await messages.MoveAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(2), trash.Id, Cancel);
        await messages.ChangeFlagsAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(3), new FlagChange(FlagOperation.Add, MessageFlags.Deleted, []), null, Cancel);
        UidSet gone = (await messages.ExpungeAsync(store.Actor, store.Account, inbox.Id, UidSet.All, Cancel)).Value;
        Assert.Equal("3", gone.ToString());
        MailboxSnapshot after = await store.SnapshotAsync(inbox.Id);
        Assert.Equal("2:3", MailboxSnapshot.Compare(before, after).Vanished.ToString());
        Assert.Equal([1u, 2, 3], after.Retaining(before, MailboxSnapshot.Compare(before, after).Vanished).Enumerate().Select(entry => entry.Uid));
        Assert.Equal(1, after.Mailbox.Messages);
        Assert.Equal(1, (await store.SnapshotAsync(trash.Id)).Count);
    }
}
