using Posthorn.Core.Access;
using Posthorn.Core.Accounts;

namespace Posthorn.Tests.Core.Accounts;

/// <summary>A link works once, for ten minutes, for the account that made it.</summary>
public sealed class DeviceLinksTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_link_is_found_as_often_as_one_looks_and_taken_once()
    {
        await using TestStore store = await TestStore.OpenAsync();
        DeviceLinks links = store.Get<DeviceLinks>();
        string token = (await links.CreateAsync(store.Actor, Cancel)).Value;
        Assert.Equal(43, token.Length);
        Assert.Equal(store.Account, (await links.FindAsync(token, Cancel))?.Id);
        Assert.Equal(store.Account, (await links.FindAsync(token, Cancel))?.Id);
        Account?[] taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => links.TakeAsync(token, Cancel).AsTask()));
        Assert.Single(taken, static account => account is not null);
        Assert.Null(await links.FindAsync(token, Cancel));
    }

    [Fact]
    public async Task A_link_ends_by_time()
    {
        await using TestStore store = await TestStore.OpenAsync();
        DeviceLinks links = store.Get<DeviceLinks>();
        string token = (await links.CreateAsync(store.Actor, Cancel)).Value;
        store.Time.Advance(DeviceLinks.Lifetime - TimeSpan.FromSeconds(1));
        Assert.NotNull(await links.FindAsync(token, Cancel));
        store.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await links.TakeAsync(token, Cancel));
        // What has expired goes when the next one comes.
        await links.CreateAsync(store.Actor, Cancel);
        Assert.Null(await links.FindAsync(token, Cancel));
    }

    [Fact]
    public async Task A_link_ends_with_a_new_password_and_with_the_account()
    {
        await using TestStore store = await TestStore.OpenAsync();
        DeviceLinks links = store.Get<DeviceLinks>();
        string first = (await links.CreateAsync(store.Actor, Cancel)).Value;
        await store.Get<Posthorn.Core.Accounts.Accounts>().SetOwnPasswordAsync(store.Actor, "a new one", Cancel);
        Assert.Null(await links.TakeAsync(first, Cancel));
        string second = (await links.CreateAsync(store.Actor, Cancel)).Value;
        await store.Get<Posthorn.Core.Accounts.Accounts>().SetDisabledAsync(Actor.System("test"), "you@example.test", true, Cancel);
        Assert.Null(await links.TakeAsync(second, Cancel));
        Assert.False((await links.CreateAsync(store.Actor, Cancel)).TryGet(out _, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nothing")]
    [InlineData("' OR 1=1 --")]
    public async Task A_made_up_link_leads_nowhere(string token)
    {
        await using TestStore store = await TestStore.OpenAsync();
        await store.Get<DeviceLinks>().CreateAsync(store.Actor, Cancel);
        Assert.Null(await store.Get<DeviceLinks>().FindAsync(token, Cancel));
        Assert.Null(await store.Get<DeviceLinks>().TakeAsync(token, Cancel));
    }
}
