using System.Net;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;
using Posthorn.Core.Storage;

namespace Posthorn.Tests.Core.Security;

/// <summary>The log of sign-ins of all accounts: what it says, and that nobody can fill the store with it.</summary>
public sealed class SignInLogTests : IAsyncLifetime
{
    private const string Address = "you@example.test";
    private const string Password = "correct horse battery";

    private static readonly Actor Operator = Actor.System("test");

    private static readonly IPAddress Remote = IPAddress.Parse("192.0.2.7");

    private TestStore _store = null!;

    private SignInLog Log => _store.Get<SignInLog>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await TestStore.OpenAsync();
        _ = (await _store.Get<Posthorn.Core.Accounts.Accounts>().SetPasswordAsync(Operator, Address, Password, Cancel)).Value;
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    [InlineData(Address, "wrong", Address, SignInOutcome.WrongPassword)]
    [InlineData("You@Example.test", "wrong", Address, SignInOutcome.WrongPassword)]
    [InlineData("nobody@example.test", Password, "nobody@example.test", SignInOutcome.NoSuchAccount)]
    // Typed into the wrong field: a password is kept nowhere.
    [InlineData("my secret password", "x", "", SignInOutcome.NoSuchAccount)]
    [InlineData("", "", "", SignInOutcome.NoSuchAccount)]
    public async Task A_refused_try_is_a_line_with_its_reason(string user, string password, string shown, SignInOutcome outcome)
    {
        Assert.IsType<SignIn.Wrong>(await _store.Get<Credentials>().CheckPasswordAsync(user, password, "imap", Remote, Cancel));
        SignInEvent line = Assert.Single((await ListAsync()).Lines);
        Assert.Equal((shown, "imap", "192.0.2.7", outcome, 1L, true), (line.User, line.Protocol, line.Address, line.Outcome, line.Times, line.IsRefused));
    }

    [Fact]
    public async Task A_disabled_account_and_too_many_failures_are_told_apart()
    {
        _ = (await _store.Get<Posthorn.Core.Accounts.Accounts>().SetDisabledAsync(Operator, Address, true, Cancel)).Value;
        await _store.Get<Credentials>().CheckPasswordAsync(Address, Password, "imap", Remote, Cancel);
        SignIn last = new SignIn.Wrong();
        for (int tries = 0; tries < 1_000 && last is SignIn.Wrong; tries++)
        {
            last = await _store.Get<Credentials>().CheckPasswordAsync(Address, $"wrong {tries}", "imap", Remote, Cancel);
        }

        Assert.IsType<SignIn.TryLater>(last);
        SignInOutcome[] told = [.. (await ListAsync()).Lines.Select(static line => line.Outcome).Order()];
        Assert.Equal([SignInOutcome.WrongPassword, SignInOutcome.Disabled, SignInOutcome.TooManyFailures], told);
    }

    [Fact]
    public async Task Tries_that_are_alike_within_an_hour_are_one_line_and_the_next_hour_has_its_own()
    {
        for (int tries = 0; tries < 5; tries++)
        {
            Refuse("a@example.net");
        }

        await Log.FlushAsync(Cancel);
        _store.Time.Advance(TimeSpan.FromMinutes(59));
        Refuse("a@example.net");
        SignInEvent line = Assert.Single((await ListAsync()).Lines);
        Assert.Equal((6L, TimeSpan.FromMinutes(59)), (line.Times, line.Last - line.First));
        _store.Time.Advance(TimeSpan.FromMinutes(2));
        Refuse("a@example.net");
        Refuse("b@example.net");
        Assert.Equal(3, (await ListAsync()).Lines.Count);
    }

    [Fact]
    public async Task A_sign_in_is_a_line_beside_the_refusals_and_filters_find_each()
    {
        AccountId account = (await _store.Get<Posthorn.Core.Accounts.Accounts>().GetAsync(Operator, Address, Cancel)).Value.Id;
        DateTimeOffset now = _store.Time.GetUtcNow();
        _store.Get<SignInHistory>().Post(account, new SignInRecord("imap", "Thunderbird", "192.0.2.9", "My phone", now, now));
        await _store.Get<SignInHistory>().WriteAsync(Cancel);
        Refuse("stranger@example.net");
        SignInEvent signedIn = Assert.Single((await ListAsync("YOU@")).Lines);
        Assert.Equal((Address, "Thunderbird", "My phone", SignInOutcome.Accepted), (signedIn.User, signedIn.Client, signedIn.Credential, signedIn.Outcome));
        Assert.Equal("stranger@example.net", Assert.Single((await ListAsync(refusedOnly: true)).Lines).User);
        Assert.Equal(2, (await ListAsync()).Lines.Count);
        Assert.Empty((await ListAsync("%")).Lines);
        Assert.IsType<Refusal.Denied>((await Log.ListAsync(new Actor(account, "test", "1", null), "", false, 0, Cancel)).Refusal);
    }

    [Fact]
    public async Task A_flood_of_invented_addresses_keeps_to_its_limit_and_pushes_no_sign_in_out()
    {
        var store = _store.Get<IStore>();
        DateTimeOffset now = _store.Time.GetUtcNow();
        await store.WriteAsync(
            ReadOnlyMemory<AccountId>.Empty,
            async session =>
            {
                await session.Security.EnterSignInAsync(new SignInEvent(Address, "imap", "", "", "", SignInOutcome.Accepted, now, now, 1), now);
                for (int number = 0; number < 50; number++)
                {
                    await session.Security.EnterSignInAsync(new SignInEvent($"x{number}@example.net", "imap", "", "", "", SignInOutcome.NoSuchAccount, now, now, 1), now);
                }

                await session.Security.TrimSignInsAsync(now - SignInLog.KeptFor, 10);
                return Done.Value;
            },
            Cancel);
        SignInLogPage page = await ListAsync();
        Assert.Equal(11, page.Lines.Count);
        Assert.Contains(page.Lines, static line => line.User == Address);
        Assert.Contains(page.Lines, static line => line.User == "x49@example.net");
        _store.Time.Advance(SignInLog.KeptFor + TimeSpan.FromSeconds(1));
        Refuse("late@example.net");
        Assert.Equal("late@example.net", Assert.Single((await ListAsync()).Lines).User);
    }

    [Fact]
    public async Task More_than_a_page_is_found_on_the_next_and_no_number_of_a_page_is_too_much()
    {
        var store = _store.Get<IStore>();
        DateTimeOffset now = _store.Time.GetUtcNow();
        await store.WriteAsync(
            ReadOnlyMemory<AccountId>.Empty,
            async session =>
            {
                for (int number = 0; number <= SignInLog.PageSize; number++)
                {
                    await session.Security.EnterSignInAsync(new SignInEvent($"x{number}@example.net", "imap", "", "", "", SignInOutcome.NoSuchAccount, now, now.AddSeconds(number), 1), now);
                }

                return Done.Value;
            },
            Cancel);
        SignInLogPage first = await ListAsync(), second = await ListAsync(page: 1);
        Assert.Equal((SignInLog.PageSize, true, $"x{SignInLog.PageSize}@example.net"), (first.Lines.Count, first.HasMore, first.Lines[0].User));
        Assert.Equal(("x0@example.net", false), (Assert.Single(second.Lines).User, second.HasMore));
        Assert.Empty((await ListAsync(page: int.MaxValue)).Lines);
        Assert.Equal(0, (await ListAsync(page: -7)).Page);
    }

    private void Refuse(string user) => Log.Refused(user, "imap", Remote, SignInOutcome.NoSuchAccount);

    private async Task<SignInLogPage> ListAsync(string user = "", bool refusedOnly = false, int page = 0) =>
        (await Log.ListAsync(Operator, user, refusedOnly, page, Cancel)).Value;
}
