using Posthorn.Core;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Tests.Core;

/// <summary>What a client that comes back is told to be gone (RFC 7162 §3.2.6).</summary>
public sealed class VanishedSinceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_what_went_since_and_what_is_not_in_the_view()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, [.. Enumerable.Repeat("Subject: x\r\n\r\n", 10)]);
        await RemoveAsync(store, inbox.Id, 2, 3);
        ModSeq since = (await store.InboxAsync()).HighestModSeq;
        await RemoveAsync(store, inbox.Id, 5, 10);
        MailboxSnapshot view = await store.SnapshotAsync(inbox.Id);
        await RemoveAsync(store, inbox.Id, 7);
        Assert.Equal("5,10", await VanishedAsync(store, view, since, UidSet.All));
        Assert.Equal("5", await VanishedAsync(store, view, since, UidSet.Of(1, 9)));
        Assert.Equal("", await VanishedAsync(store, view, view.Mailbox.HighestModSeq, UidSet.All));
        Assert.Equal("2:3,5,10", await VanishedAsync(store, view, inbox.HighestModSeq, UidSet.All));
    }

    [Fact]
    public async Task A_token_older_than_the_log_is_answered_by_difference()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, [.. Enumerable.Repeat("Subject: x\r\n\r\n", 6)]);
        await RemoveAsync(store, inbox.Id, 1, 2, 6);
        ModSeq since = (await store.InboxAsync()).HighestModSeq;
        await RemoveAsync(store, inbox.Id, 4);

        // The log's clock is the database's.
        Assert.NotEqual(0, await store.Get<IStoreMaintenance>().TrimChangesAsync(DateTimeOffset.UtcNow.AddDays(1), keep: 0, Cancel));
        MailboxSnapshot view = await store.SnapshotAsync(inbox.Id);

        // It hears again of what it knew to be gone, and misses nothing; of UIDs that were never given it hears nothing.
        Assert.Equal("1:2,4,6", await VanishedAsync(store, view, new ModSeq(since.Value - 1), UidSet.All));
        Assert.Equal("4,6", await VanishedAsync(store, view, new ModSeq(1), UidSet.Of(3, uint.MaxValue)));
    }

    [Fact]
    public async Task A_mailbox_that_never_had_a_message_has_lost_none()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        Assert.Equal("", await VanishedAsync(store, await store.SnapshotAsync(inbox.Id), new ModSeq(0), UidSet.All));
    }

    [Fact]
    public async Task A_client_a_hundred_thousand_changes_behind_gets_them_in_one_set()
    {
        const int Changes = 100_000;
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        ModSeq since = inbox.HighestModSeq;

        // Every other UID went, one at a time, the highest first: nothing joins until all is read.
        await store.Store.WriteAsync(
            new[] { store.Account },
            async session =>
            {
                long modSeq = (await session.ModSeqAsync(store.Account)).Value;
                for (uint uid = 2 * Changes; uid > 0; uid -= 2)
                {
                    await session.Changes.AddAsync(store.Account, new ModSeq(modSeq++), CollectionKind.Mailbox, inbox.Id.Value, ChangeKind.Removed, UidSet.Of(uid));
                }

                await session.Mailboxes.ChangeAsync(store.Account, inbox.Id, new MailboxDelta(2 * Changes, 0, 0, 0, 0), new ModSeq(modSeq));
                return true;
            },
            Cancel);
        MailboxSnapshot view = await store.SnapshotAsync(inbox.Id);
        UidSet vanished = (await store.Get<Mailboxes>().VanishedSinceAsync(store.Actor, view, since, UidSet.All, Cancel)).Value;
        Assert.Equal((Changes, Changes), (vanished.Count, vanished.Ranges.Count));
        Assert.Equal((new UidRange(2, 2), new UidRange(2 * Changes, 2 * Changes)), (vanished.Ranges[0], vanished.Ranges[^1]));
    }

    [Fact]
    public void Ranges_of_the_log_are_joined_as_they_are_read()
    {
        var collector = new ChangedUids.Collector();
        for (int i = 200_000; i > 0; i--)
        {
            collector.Add(ChangeKind.Removed, $"{i}");
            collector.Add(ChangeKind.Changed, "7,3:4");
        }

        ChangedUids changed = collector.Build();
        Assert.Equal(("3:4,7", "1:200000"), (changed.Touched.ToString(), changed.Removed.ToString()));
    }

    [Theory]
    [InlineData("1:10", "3,5:20", "3,5:10")]
    [InlineData("1,3,5", "2,4,6", "")]
    [InlineData("", "1:5", "")]
    [InlineData("4294967295", "1:4294967295", "4294967295")]
    public void Sets_intersect(string one, string other, string both)
    {
        Assert.Equal(both, UidSet.Parse(one).Intersect(UidSet.Parse(other)).ToString());
        Assert.Equal(both, UidSet.Parse(other).Intersect(UidSet.Parse(one)).ToString());
    }

    [Theory]
    [InlineData("1:10", "3,5:6,9:20", "1:2,4,7:8")]
    [InlineData("1:3,5:7,9", "2:6", "1,7,9")]
    [InlineData("4:4294967295", "1:5,4294967295", "6:4294967294")]
    [InlineData("1:5", "1:4294967295", "")]
    [InlineData("7", "", "7")]
    [InlineData("", "7", "")]
    public void Sets_are_taken_from_each_other(string one, string other, string left) =>
        Assert.Equal(left, UidSet.Parse(one).Except(UidSet.Parse(other)).ToString());

    [Theory]
    [InlineData("1:10", "1:2,4,6:8,10")]
    [InlineData("3,5,9", "")]
    [InlineData("4:5,9:4294967295", "4,10:4294967295")]
    [InlineData("", "")]
    public void A_view_knows_what_it_lacks(string asked, string lacking) =>
        Assert.Equal(lacking, Server.Imap.Views.Of(3, 5, 9).Lacking(UidSet.Parse(asked)).ToString());

    private static async Task RemoveAsync(TestStore store, MailboxId mailbox, params uint[] uids) =>
        _ = (await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, mailbox, UidSet.From(uids), Cancel)).Value;

    private static async Task<string> VanishedAsync(TestStore store, MailboxSnapshot view, ModSeq since, UidSet known) =>
        (await store.Get<Mailboxes>().VanishedSinceAsync(store.Actor, view, since, known, Cancel)).Value.ToString();
}
