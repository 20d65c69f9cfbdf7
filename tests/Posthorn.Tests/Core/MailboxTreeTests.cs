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

    private static async Task<IEnumerable<string>> NamesAsync(TestStore store) =>
        (await store.Get<Mailboxes>().ListAsync(store.Actor, store.Account, Cancel)).Value.Select(mailbox => mailbox.Name);
}
