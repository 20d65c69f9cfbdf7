using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;

namespace Posthorn.Tests.Core.Security;

/// <summary>What is kept of passkeys, and when an assertion is not taken though its signature is right.</summary>
public sealed class PasskeysTests : IAsyncLifetime
{
    private TestStore _store = null!;

    private Passkeys Passkeys => _store.Get<Passkeys>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await TestStore.OpenAsync();

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData(5, 6, true)]
    [InlineData(5, 5, false)]
    [InlineData(5, 4, false)]
    [InlineData(5, 0, false)]
    [InlineData(0, 0, true)]
    [InlineData(0, 1, true)]
    public async Task A_counter_that_does_not_rise_gives_a_copy_away(uint before, uint now, bool accepted)
    {
        Passkey passkey = await AddAsync(1, "phone", before);
        SignIn signIn = await Passkeys.SignInAsync(_store.Account, passkey with { SignCount = now }, null, Cancel);
        Assert.Equal(accepted, signIn is SignIn.Accepted { By: "phone" });
        Assert.Equal(accepted ? now : before, Assert.Single(await ListAsync()).SignCount);
    }

    [Fact]
    public async Task A_removed_one_opens_nothing()
    {
        Passkey passkey = await AddAsync(1, "phone", 0);
        _ = (await Passkeys.RemoveAsync(_store.Actor, _store.Account, passkey.Id, Cancel)).Value;
        Assert.IsType<SignIn.Wrong>(await Passkeys.SignInAsync(_store.Account, passkey, null, Cancel));
        Assert.Null(await Passkeys.OwnerAsync(passkey.Id, Cancel));
    }

    [Fact]
    public async Task Names_and_credentials_are_one_of_a_kind_and_their_number_has_a_limit()
    {
        Passkey passkey = await AddAsync(1, "phone", 0);
        Assert.IsType<Refusal.AlreadyExists>((await Passkeys.AddAsync(_store.Actor, _store.Account, Key(2, "Phone", 0), Cancel)).Refusal);
        Assert.IsType<Refusal.AlreadyExists>((await Passkeys.AddAsync(_store.Actor, _store.Account, Key(1, "other", 0), Cancel)).Refusal);
        Assert.Equal(_store.Account, await Passkeys.OwnerAsync(passkey.Id, Cancel));
        _ = (await Passkeys.RenameAsync(_store.Actor, _store.Account, passkey.Id, "  my phone ", Cancel)).Value;
        Assert.Equal("my phone", Assert.Single(await ListAsync()).Name);
        Assert.IsType<Refusal.NotFound>((await Passkeys.RenameAsync(_store.Actor, _store.Account, [9], "x", Cancel)).Refusal);
        for (byte i = 2; i <= Passkeys.Most; i++)
        {
            await AddAsync(i, $"key {i}", 0);
        }

        Assert.IsType<Refusal.Limit>((await Passkeys.AddAsync(_store.Actor, _store.Account, Key(200, "one more", 0), Cancel)).Refusal);
    }

    private async Task<Passkey> AddAsync(byte id, string name, uint count)
    {
        Passkey passkey = Key(id, name, count);
        _ = (await Passkeys.AddAsync(_store.Actor, _store.Account, passkey, Cancel)).Value;
        return passkey;
    }

    private Passkey Key(byte id, string name, uint count) => new([id], name, [1, 2, 3], count, ["internal"], true, true, false, _store.Time.GetUtcNow(), null);

    private async Task<IReadOnlyList<Passkey>> ListAsync() => (await Passkeys.ListAsync(_store.Actor, _store.Account, Cancel)).Value;
}
