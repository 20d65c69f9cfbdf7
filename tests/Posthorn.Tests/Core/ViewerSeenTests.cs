using Posthorn.Core;
using Posthorn.Core.Access;
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
