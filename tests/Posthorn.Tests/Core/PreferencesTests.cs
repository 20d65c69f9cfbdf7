using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;

namespace Posthorn.Tests.Core;

public sealed class PreferencesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_chosen_is_there_until_it_is_taken_back()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Preferences preferences = store.Get<Preferences>();
        Assert.Null((await preferences.GetAsync(store.Actor, store.Account, "mail.lines", Cancel)).Value);
        await preferences.SetAsync(store.Actor, store.Account, "mail.lines", "1", Cancel);
        await preferences.SetAsync(store.Actor, store.Account, "mail.lines", "2", Cancel);
        await preferences.SetAsync(store.Actor, store.Account, "mail.%", "\"Ünïcode\"", Cancel);
        await preferences.SetAsync(store.Actor, store.Account, "mailx", "3", Cancel);
        Assert.Equal("2", (await preferences.GetAsync(store.Actor, store.Account, "mail.lines", Cancel)).Value);
        Assert.Equal(
            [KeyValuePair.Create("mail.%", "\"Ünïcode\""), KeyValuePair.Create("mail.lines", "2")],
            (await preferences.ListAsync(store.Actor, store.Account, "mail.", Cancel)).Value);
        await preferences.SetAsync(store.Actor, store.Account, "mail.lines", null, Cancel);
        Assert.Null((await preferences.GetAsync(store.Actor, store.Account, "mail.lines", Cancel)).Value);
    }

    [Fact]
    public async Task A_setting_has_a_limit_and_an_owner()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Preferences preferences = store.Get<Preferences>();
        Assert.IsType<Refusal.Limit>((await preferences.SetAsync(store.Actor, store.Account, "k", new string('x', Preferences.MaxValue + 1), Cancel)).Refusal);
        Assert.IsType<Refusal.Limit>((await preferences.SetAsync(store.Actor, store.Account, "", "1", Cancel)).Refusal);
        Assert.IsType<Refusal.Limit>((await preferences.SetAsync(store.Actor, store.Account, new string('k', Preferences.MaxKey + 1), "1", Cancel)).Refusal);
        var other = new Actor(new AccountId(store.Account.Value + 1), "test", "1", null);
        Assert.IsType<Refusal.Denied>((await preferences.SetAsync(other, store.Account, "k", "1", Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await preferences.GetAsync(other, store.Account, "k", Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await preferences.ListAsync(other, store.Account, "", Cancel)).Refusal);
    }
}
