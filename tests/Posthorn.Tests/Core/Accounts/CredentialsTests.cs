using System.Net;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;

namespace Posthorn.Tests.Core.Accounts;

/// <summary>What a sign-in costs: a telephone that comes every minute does not compute its password's hash each time, and a guess costs the same whoever it is for.</summary>
public sealed class CredentialsTests : IDisposable
{
    private const string Address = "anna@example.test";
    private static readonly Actor Administrator = Actor.System("test");

    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-test-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_password_that_was_verified_is_not_hashed_again_where_the_cache_is_on(bool isCached)
    {
        await using TestStore store = await OpenAsync(isCached);
        Assert.Equal(1, await HashesAsync<SignIn.Accepted>(store, Address, "first"));
        Assert.Equal(isCached ? 0 : 1, await HashesAsync<SignIn.Accepted>(store, Address, "first"));
        Assert.Equal(1, await HashesAsync<SignIn.Wrong>(store, Address, "guess"));

        Assert.True((await store.Get<Posthorn.Core.Accounts.Accounts>().SetPasswordAsync(Administrator, Address, "second", Cancel)).IsOk);
        Assert.Equal(1, await HashesAsync<SignIn.Wrong>(store, Address, "first"));
        Assert.Equal(1, await HashesAsync<SignIn.Accepted>(store, Address, "second"));
    }

    [Fact]
    public async Task A_guess_costs_a_hash_whoever_it_is_for()
    {
        await using TestStore store = await OpenAsync(isCached: true);
        Assert.Equal(1, await HashesAsync<SignIn.Wrong>(store, "nobody@example.test", "guess"));
        Assert.Equal(1, await HashesAsync<SignIn.Wrong>(store, Address, "guess"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<TestStore> OpenAsync(bool isCached)
    {
        TestStore store = await TestStore.AtAsync(new StoreOptions { DataFolder = _folder, CachesCredentials = isCached, Argon2 = new Argon2Parameters(8, 1) });
        await store.Get<Domains>().AddAsync(Administrator, "example.test", [], Cancel);
        Assert.True((await store.Get<Posthorn.Core.Accounts.Accounts>().AddAsync(Administrator, Address, "first", null, isAdministrator: false, Cancel)).IsOk);
        return store;
    }

    private static async Task<long> HashesAsync<TOutcome>(TestStore store, string user, string password)
    {
        PasswordVerifier verifier = store.Get<PasswordVerifier>();
        long before = verifier.Computed;
        Assert.IsType<TOutcome>(await store.Get<Credentials>().CheckPasswordAsync(user, password, "imap", IPAddress.Loopback, Cancel));
        return verifier.Computed - before;
    }
}
