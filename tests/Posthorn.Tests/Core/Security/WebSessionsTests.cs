using System.Net;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;

namespace Posthorn.Tests.Core.Security;

/// <summary>Sessions of the web are rows: each ends alone, by silence, or with the credentials it began with. The history of sign-ins joins what belongs together.</summary>
public sealed class WebSessionsTests : IAsyncLifetime
{
    private TestStore _store = null!;

    private WebSessions Sessions => _store.Get<WebSessions>();

    private SignInHistory History => _store.Get<SignInHistory>();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _store = await TestStore.OpenAsync();

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task One_ends_and_the_other_goes_on()
    {
        Guid one = await BeginAsync(), other = await BeginAsync();
        _ = (await Sessions.EndAsync(_store.Actor, _store.Account, one, Cancel)).Value;
        Assert.Null(await ResumeAsync(one));
        Assert.NotNull(await ResumeAsync(other));
        Assert.Null(await ResumeAsync(Guid.NewGuid()));
        Assert.Null(await ResumeAsync(other, version: 2));
    }

    [Fact]
    public async Task It_lives_as_long_as_it_is_used_and_a_week_of_silence_ends_it()
    {
        Guid id = await BeginAsync();
        for (int day = 0; day < 10; day++)
        {
            _store.Time.Advance(TimeSpan.FromDays(1));
            Assert.NotNull(await ResumeAsync(id));
        }

        Assert.Equal(_store.Time.GetUtcNow(), Assert.Single((await Sessions.ListAsync(_store.Actor, _store.Account, Cancel)).Value).Seen);
        _store.Time.Advance(WebSessions.Lifetime + TimeSpan.FromSeconds(1));
        Assert.Null(await ResumeAsync(id));
        Assert.Empty((await Sessions.ListAsync(_store.Actor, _store.Account, Cancel)).Value);
    }

    [Fact]
    public async Task Their_number_has_a_limit_and_the_one_silent_for_longest_goes()
    {
        Guid first = await BeginAsync();
        for (int i = 0; i < WebSessions.Most; i++)
        {
            _store.Time.Advance(TimeSpan.FromSeconds(1));
            await BeginAsync();
        }

        Assert.Equal(WebSessions.Most, (await Sessions.ListAsync(_store.Actor, _store.Account, Cancel)).Value.Count);
        Assert.Null(await ResumeAsync(first));
    }

    [Fact]
    public async Task Nobody_else_sees_or_ends_them()
    {
        Guid id = await BeginAsync();
        Actor stranger = _store.Actor with { Principal = new AccountId(99) };
        Assert.IsType<Refusal.Denied>((await Sessions.ListAsync(stranger, _store.Account, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await Sessions.EndAsync(stranger, _store.Account, id, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await History.ListAsync(stranger, _store.Account, Cancel)).Refusal);
        Assert.NotNull(await ResumeAsync(id));
    }

    [Fact]
    public async Task Sign_ins_of_one_client_within_a_day_are_one_record()
    {
        DateTimeOffset start = _store.Time.GetUtcNow();
        foreach (int minutes in new[] { 0, 1, 30, 600, 600 + 1500 })
        {
            History.Post(_store.Account, Record(start.AddMinutes(minutes), "iPhone Mail"));
        }

        History.Post(_store.Account, Record(start.AddMinutes(5), null));
        IReadOnlyList<SignInRecord> records = (await History.ListAsync(_store.Actor, _store.Account, Cancel)).Value;
        Assert.Equal(
            [("iPhone Mail", 2100.0, 2100.0), ("iPhone Mail", 0.0, 600.0), (null, 5.0, 5.0)],
            records.Select(record => (record.Client, (record.First - start).TotalMinutes, (record.Last - start).TotalMinutes)));
    }

    [Fact]
    public async Task The_history_has_an_end()
    {
        DateTimeOffset start = _store.Time.GetUtcNow();
        for (int i = 0; i < SignInHistory.Kept + 5; i++)
        {
            History.Post(_store.Account, Record(start.AddMinutes(i), $"client {i}"));
        }

        IReadOnlyList<SignInRecord> records = (await History.ListAsync(_store.Actor, _store.Account, Cancel)).Value;
        Assert.Equal(SignInHistory.Kept, records.Count);
        Assert.Equal($"client {SignInHistory.Kept + 4}", records[0].Client);
    }

    [Fact]
    public async Task All_of_it_goes_with_the_account_and_comes_back_with_it()
    {
        Guid id = await BeginAsync();
        History.Post(_store.Account, Record(_store.Time.GetUtcNow(), "a client"));
        await History.WriteAsync(Cancel);
        await WriteAsync(session => session.Directory.SetAsideAccountAsync(_store.Account, _store.Time.GetUtcNow()));
        Assert.Null(await ResumeAsync(id));
        await WriteAsync(session => session.Directory.RestoreAccountAsync(_store.Account));
        Assert.Single((await History.ListAsync(_store.Actor, _store.Account, Cancel)).Value);
        await WriteAsync(session => session.Directory.DeleteAccountAsync(_store.Account));
        Assert.Empty((await History.ListAsync(_store.Actor, _store.Account, Cancel)).Value);
        Assert.Empty((await Sessions.ListAsync(_store.Actor, _store.Account, Cancel)).Value);
    }

    private async Task WriteAsync(Func<Posthorn.Core.Storage.IWriteSession, ValueTask> change) => await _store.Store.WriteAsync(
        new[] { AccountId.Store },
        async session =>
        {
            await change(session);
            return Done.Value;
        },
        Cancel);

    private static SignInRecord Record(DateTimeOffset at, string? client) => new("imap", client, "192.0.2.1", null, at, at);

    private async Task<Guid> BeginAsync() => await Sessions.BeginAsync(_store.Account, IPAddress.Loopback, "Mozilla/5.0", Cancel);

    private async Task<Account?> ResumeAsync(Guid id, long version = 1) => await Sessions.ResumeAsync(_store.Account, id, version, IPAddress.Loopback, Cancel);
}
