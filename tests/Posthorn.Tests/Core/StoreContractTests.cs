using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;

namespace Posthorn.Tests.Core;

/// <summary>What IStore promises, whichever store the run is for.</summary>
public sealed class StoreContractTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_closure_that_fails_is_undone_alone()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Task<int>[] writes = [.. Enumerable.Range(0, 40).Select(i => Write(store, i))];
        for (int i = 0; i < writes.Length; i++)
        {
            if (i % 4 == 0)
            {
                await Assert.ThrowsAsync<InvalidDataException>(() => writes[i]);
            }
            else
            {
                Assert.Equal(i, await writes[i]);
            }
        }

        IReadOnlyList<string> kept = await store.Store.ReadAsync(store.Account, session => session.Mailboxes.SubscriptionsAsync(store.Account), Cancel);
        Assert.Equal(30, kept.Count);
        Assert.DoesNotContain("box 4", kept);

        static Task<int> Write(TestStore store, int number) => store.Store.WriteAsync(
            new[] { store.Account },
            async session =>
            {
                await session.Mailboxes.SubscribeAsync(store.Account, $"box {number}", true);
                return number % 4 == 0 ? throw new InvalidDataException("no") : number;
            },
            Cancel).AsTask();
    }

    [Fact]
    public async Task A_write_inside_a_write_throws()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.Store.WriteAsync(
            new[] { store.Account },
            async session => await store.Store.WriteAsync(new[] { store.Account }, _ => ValueTask.FromResult(1), Cancel),
            Cancel).AsTask());
    }

    [Fact]
    public async Task A_second_process_is_told_that_the_store_is_in_use()
    {
        await using TestStore store = await TestStore.OpenAsync();
        StoreOpeningException refused = await Assert.ThrowsAsync<StoreOpeningException>(() => TestStore.OpenAsync(store.Folder));
        Assert.Contains("in use by another Posthorn", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_written_is_there_after_reopening_and_uidvalidity_goes_on()
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-test-").FullName;
        UidValidity before;
        await using (TestStore store = await TestStore.OpenAsync(folder))
        {
            await store.AppendAsync((await store.InboxAsync()).Id, "Subject: kept\r\n\r\n");
            before = (await store.InboxAsync()).UidValidity;
        }

        await using TestStore again = await TestStore.OpenAsync(folder);
        again.OwnsFolder = true;
        Mailbox inbox = await again.InboxAsync();
        Assert.Equal(before, inbox.UidValidity);
        Assert.Equal("Subject: kept\r\n\r\n", await again.TextAsync(inbox.Id, 1));
        Mailbox other = (await again.Get<Mailboxes>().CreateAsync(again.Actor, again.Account, "New", SpecialUse.None, Cancel)).Value;
        Assert.True(other.UidValidity.Value > before.Value);
    }
}
