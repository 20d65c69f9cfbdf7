using System.Net;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;

namespace Posthorn.Tests.Core.Accounts;

/// <summary>Open sessions end when what they signed in with counts no more, and only then.</summary>
public sealed class SignedInSessionsTests : IAsyncLifetime
{
    private const string Address = "you@example.test";

    private static readonly Actor Operator = Actor.System("test");

    private TestStore _store = null!;
    private int _ended;

    private SignedInSessions Sessions => _store.Get<SignedInSessions>();

    private Posthorn.Core.Accounts.Accounts Accounts => _store.Get<Posthorn.Core.Accounts.Accounts>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await TestStore.OpenAsync();

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task A_new_password_ends_them_and_they_are_told_once()
    {
        using SignedInSession session = await EnterAsync();
        _ = (await Accounts.SetPasswordAsync(Operator, Address, "another password", Cancel)).Value;
        Assert.Equal(1, _ended);
        _ = (await Accounts.SetPasswordAsync(Operator, Address, "one more password", Cancel)).Value;
        Assert.Equal(1, _ended);
    }

    [Fact]
    public async Task A_password_that_its_owner_changes_ends_them()
    {
        using SignedInSession session = await EnterAsync();
        _ = (await Accounts.SetOwnPasswordAsync(_store.Actor, "another password", Cancel)).Value;
        Assert.Equal(1, _ended);
    }

    [Fact]
    public async Task Disabling_ends_them()
    {
        using SignedInSession session = await EnterAsync();
        _ = (await Accounts.SetDisabledAsync(Operator, Address, true, Cancel)).Value;
        Assert.Equal(1, _ended);
    }

    [Fact]
    public async Task Removal_ends_them()
    {
        using SignedInSession session = await EnterAsync();
        _ = (await Accounts.RemoveAsync(Operator, Address, Cancel)).Value;
        Assert.Equal(1, _ended);
    }

    [Fact]
    public async Task What_does_not_touch_the_sign_in_ends_nothing()
    {
        using SignedInSession session = await EnterAsync();
        _ = (await Accounts.SetQuotaAsync(Operator, Address, 1_000, Cancel)).Value;
        await _store.Store.WriteAsync(
            new[] { _store.Account },
            async session =>
            {
                await session.Directory.RenewHashAsync(_store.Account, "the same password in another form", "-");
                return Done.Value;
            },
            Cancel);
        await Sessions.ReviewAsync(_store.Account);
        Assert.Equal(0, _ended);
    }

    [Fact]
    public async Task A_change_between_the_sign_in_and_the_entry_is_not_missed()
    {
        Account signedIn = await AccountAsync();
        _ = (await Accounts.SetPasswordAsync(Operator, Address, "another password", Cancel)).Value;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using SignedInSession session = Sessions.Enter(Someone(), new SignIn.Accepted(signedIn), ended.SetResult);
        await ended.Task.WaitAsync(Cancel);
        Assert.Equal([session], Sessions.Of(_store.Account));
    }

    [Fact]
    public async Task A_password_that_changes_after_it_was_checked_is_no_way_in()
    {
        _ = (await Accounts.SetPasswordAsync(Operator, Address, "the password", Cancel)).Value;
        var signIn = (SignIn.Accepted)await _store.Get<Credentials>().CheckPasswordAsync(Address, "the password", "imap", IPAddress.Loopback, Cancel);
        using SignedInSession before = Sessions.Enter(Someone(), signIn, () => _ended++);
        Assert.Equal(0, _ended);
        _ = (await Accounts.SetPasswordAsync(Operator, Address, "another password", Cancel)).Value;
        Assert.Equal(1, _ended);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using SignedInSession after = Sessions.Enter(Someone(), signIn, ended.SetResult);
        await ended.Task.WaitAsync(Cancel);
    }

    [Fact]
    public async Task A_session_that_is_over_is_asked_nothing()
    {
        SignedInSession session = await EnterAsync();
        session.Dispose();
        _ = (await Accounts.SetPasswordAsync(Operator, Address, "another password", Cancel)).Value;
        Assert.Equal(0, _ended);
        Assert.Empty(Sessions.Of(_store.Account));
    }

    private async Task<SignedInSession> EnterAsync() => Sessions.Enter(Someone(), new SignIn.Accepted(await AccountAsync()), () => _ended++);

    private async Task<Account> AccountAsync() => (await Accounts.OwnAsync(_store.Actor, Cancel)).Value;

    private Actor Someone() => new(_store.Account, "imap", "connection 1", IPAddress.Loopback);
}
