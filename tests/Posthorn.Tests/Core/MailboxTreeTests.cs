using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Stores;

namespace Posthorn.Tests.Core;

/// <summary>How many mailboxes an account may have, however they come.</summary>
public sealed class MailboxTreeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rename_makes_no_more_levels_than_there_may_be_mailboxes()
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-test-").FullName;
        await using TestStore store = await TestStore.AtAsync(new StoreOptions { DataFolder = folder, Database = TestDatabase.For(folder), MaxMailboxes = 5 });
        store.OwnsFolder = true;
        Mailboxes mailboxes = store.Get<Mailboxes>();
        await mailboxes.CreateAsync(store.Actor, store.Account, "a/b", SpecialUse.None, Cancel);

        Result<Mailbox> refused = await mailboxes.RenameAsync(store.Actor, store.Account, "a", "c/d/e/a", Cancel);

        Assert.Equal(5, Assert.IsType<Refusal.Limit>(refused.Refusal).Value);
        Assert.Equal(["INBOX", "a", "a/b"], await NamesAsync(store));

        Assert.True((await mailboxes.RenameAsync(store.Actor, store.Account, "a", "c/d/a", Cancel)).IsOk);
        Assert.Equal(["INBOX", "c", "c/d", "c/d/a", "c/d/a/b"], await NamesAsync(store));

        // Full, and no level is missing.
        Assert.True((await mailboxes.RenameAsync(store.Actor, store.Account, "c/d/a", "c/e", Cancel)).IsOk);
    }

    [Fact]
    public async Task Subscriptions_have_a_limit_whether_their_mailboxes_exist_or_not()
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-test-").FullName;
        await using TestStore store = await TestStore.AtAsync(new StoreOptions { DataFolder = folder, Database = TestDatabase.For(folder), MaxSubscriptions = 2 });
        store.OwnsFolder = true;
        Mailboxes mailboxes = store.Get<Mailboxes>();
        Task<Result<Done>> SubscribeAsync(string name, bool subscribed) => mailboxes.SubscribeAsync(store.Actor, store.Account, name, subscribed, Cancel).AsTask();

        Assert.True((await SubscribeAsync("a/1", true)).IsOk);
        Assert.True((await SubscribeAsync("a/2", true)).IsOk);
        Assert.Equal(2, Assert.IsType<Refusal.Limit>((await SubscribeAsync("a/3", true)).Refusal).Value);

        // Full: one that is there is no more, and one that goes makes room.
        Assert.True((await SubscribeAsync("a/2", true)).IsOk);
        Assert.True((await SubscribeAsync("a/1", false)).IsOk);
        Assert.True((await SubscribeAsync("a/3", true)).IsOk);
        Assert.Equal(["a/2", "a/3"], (await mailboxes.SubscriptionsAsync(store.Actor, store.Account, Cancel)).Value);
    }

    private static async Task<IEnumerable<string>> NamesAsync(TestStore store) =>
        (await store.Get<Mailboxes>().ListAsync(store.Actor, store.Account, Cancel)).Value.Select(mailbox => mailbox.Name);
}
