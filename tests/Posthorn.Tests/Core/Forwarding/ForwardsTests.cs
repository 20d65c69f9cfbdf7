using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Forwarding;
using Posthorn.Core.Messages;
using Posthorn.Core.Queue;

namespace Posthorn.Tests.Core.Forwarding;

/// <summary>Addresses to forward to: nothing goes there before its owner said yes.</summary>
public sealed class ForwardsTests
{
    private const string There = "me@elsewhere.test";

    private static readonly Actor System = Actor.System("test");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_code_counts_once()
    {
        await using TestStore store = await OpenAsync();
        string code = await AddAsync(store, There);
        Assert.False(await IsOnAsync(store));
        Assert.IsType<Refusal.NotFound>((await ConfirmAsync(store, "other@elsewhere.test", code)).Refusal);
        // As a person types it.
        Assert.True((await ConfirmAsync(store, "Me@Elsewhere.test", code.ToUpperInvariant().Replace('-', ' '))).IsOk);
        Assert.True(await IsOnAsync(store));
        Assert.IsType<Refusal.Invalid>((await ConfirmAsync(store, There, code)).Refusal);
        Assert.IsType<Refusal.AlreadyExists>((await TryAddAsync(store, There)).Refusal);
        string notice = await store.TextAsync((await store.InboxAsync()).Id, 1);
        Assert.Contains("Auto-Submitted: auto-generated", notice, StringComparison.Ordinal);
        Assert.Contains($"told: {There}", notice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_dies_of_time_and_of_wrong_tries()
    {
        await using TestStore store = await OpenAsync();
        string code = await AddAsync(store, There);
        store.Time.Advance(Forwards.CodeLifetime);
        Assert.IsType<Refusal.Invalid>((await ConfirmAsync(store, There, code)).Refusal);
        string second = await AddAsync(store, There);
        Assert.NotEqual(code, second);
        foreach (string wrong in new[] { "", code, "aaaa-aaaa-aaaa", new string('a', 1000), second[..^1] })
        {
            Assert.IsType<Refusal.Invalid>((await ConfirmAsync(store, There, wrong)).Refusal);
        }

        Assert.IsType<Refusal.Invalid>((await ConfirmAsync(store, There, second)).Refusal);
        Assert.False(await IsOnAsync(store));
        Assert.True((await ConfirmAsync(store, There, await AddAsync(store, There))).IsOk);
    }

    [Fact]
    public async Task A_code_is_for_one_account_and_one_address()
    {
        await using TestStore store = await OpenAsync();
        Account friend = (await store.Get<Posthorn.Core.Accounts.Accounts>().AddAsync(System, "friend@example.test", "correct horse battery", null, false, Cancel)).Value;
        string code = await AddAsync(store, There);
        await AddAsync(store, "second@elsewhere.test");
        Assert.IsType<Refusal.Invalid>((await ConfirmAsync(store, "second@elsewhere.test", code)).Refusal);
        var other = new Actor(friend.Id, "web", "1", null);
        Assert.IsType<Refusal.Denied>((await store.Get<Forwards>().ConfirmAsync(other, store.Account, There, code, static to => new MessageWords("x", to), Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await store.Get<Forwards>().GetAsync(other, store.Account, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await store.Get<Forwards>().RemoveAsync(other, store.Account, There, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await store.Get<Forwards>().KeepCopyAsync(other, store.Account, false, Cancel)).Refusal);
    }

    [Fact]
    public async Task Only_so_many_codes_leave_in_a_day_whatever_was_removed_between()
    {
        await using TestStore store = await OpenAsync();
        for (int at = 0; at < Forwards.MaxCodesADay; at++)
        {
            await AddAsync(store, There);
            Assert.True((await store.Get<Forwards>().RemoveAsync(store.Actor, store.Account, There, Cancel)).IsOk);
        }

        Assert.IsType<Refusal.Limit>((await TryAddAsync(store, There)).Refusal);
        Assert.Equal(Forwards.MaxCodesADay, (await store.Get<MailQueue>().ListAsync(System, Cancel)).Value.Count);
        store.Time.Advance(TimeSpan.FromDays(1));
        Assert.True((await TryAddAsync(store, There)).IsOk);
    }

    [Theory]
    [InlineData("")]
    [InlineData("somebody")]
    [InlineData("a@b@c")]
    [InlineData("root@[127.0.0.1]")]
    [InlineData("you@example.test")]
    [InlineData("YOU+tag@Example.test")]
    [InlineData("info@example.test")]
    [InlineData("nobody@example.test")]
    [InlineData("me@elsewhere.test\r\nBcc: victim@example.org")]
    public async Task What_cannot_be_forwarded_to_is_refused(string address)
    {
        await using TestStore store = await OpenAsync();
        await store.Get<Aliases>().AddAsync(System, "info@example.test", ["you@example.test"], Cancel);
        Assert.False((await TryAddAsync(store, address)).IsOk);
        Assert.Empty((await store.Get<MailQueue>().ListAsync(System, Cancel)).Value);
    }

    [Fact]
    public async Task There_are_not_more_addresses_than_the_limit()
    {
        await using TestStore store = await OpenAsync();
        for (int at = 0; at < Forwards.Most; at++)
        {
            await AddAsync(store, $"{at}@elsewhere.test");
        }

        Assert.IsType<Refusal.Limit>((await TryAddAsync(store, "more@elsewhere.test")).Refusal);
    }

    [Fact]
    public async Task It_ends_with_the_last_address()
    {
        await using TestStore store = await OpenAsync();
        Assert.True((await ConfirmAsync(store, There, await AddAsync(store, There))).IsOk);
        await AddAsync(store, "second@elsewhere.test");
        Assert.Equal([There, "second@elsewhere.test"], (await StateAsync(store)).Addresses.Select(static address => address.Address).OrderBy(static address => address.Length));
        Assert.True((await store.Get<Forwards>().RemoveAsync(store.Actor, store.Account, There, Cancel)).IsOk);
        Account owner = (await store.Store.ReadAsync(store.Account, session => session.Directory.AccountAsync(store.Account), Cancel))!;
        Assert.Equal(AutomaticMail.None, owner.Automatic);
        Assert.IsType<Refusal.NotFound>((await store.Get<Forwards>().RemoveAsync(store.Actor, store.Account, There, Cancel)).Refusal);
    }

    private static async Task<TestStore> OpenAsync()
    {
        TestStore store = await TestStore.OpenAsync();
        await store.Get<Domains>().AddAsync(System, "example.test", [], Cancel);
        return store;
    }

    private static async Task<string> AddAsync(TestStore store, string address)
    {
        string code = "";
        Result<ForwardAddress> added = await store.Get<Forwards>().AddAsync(store.Actor, store.Account, address, (_, made) => new MessageWords("code", code = made), Cancel);
        Assert.Null(added.Refusal);
        return code;
    }

    private static ValueTask<Result<ForwardAddress>> TryAddAsync(TestStore store, string address) =>
        store.Get<Forwards>().AddAsync(store.Actor, store.Account, address, static (_, code) => new MessageWords("code", code), Cancel);

    private static ValueTask<Result<ForwardAddress>> ConfirmAsync(TestStore store, string address, string code) =>
        store.Get<Forwards>().ConfirmAsync(store.Actor, store.Account, address, code, static to => new MessageWords("begins", $"told: {to}"), Cancel);

    private static async Task<ForwardingState> StateAsync(TestStore store) => (await store.Get<Forwards>().GetAsync(store.Actor, store.Account, Cancel)).Value;

    private static async Task<bool> IsOnAsync(TestStore store) => (await StateAsync(store)).IsOn;
}
