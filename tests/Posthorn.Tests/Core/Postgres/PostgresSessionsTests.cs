using System.Net;
using Npgsql;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>Mail sessions of one node as another shows and ends them. Each look of a node is taken by hand.</summary>
public sealed class PostgresSessionsTests : IAsyncLifetime
{
    private readonly string _database = TestDatabase.Create();
    private TestStore _one = null!;
    private TestStore _other = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        string connectionString = TestDatabase.Cluster.ConnectionString(_database);
        _one = await TestStore.OnDatabaseAsync(connectionString);
        _other = await TestStore.OnDatabaseAsync(connectionString);
        await BeatAsync(_one);
        await BeatAsync(_other);
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task A_session_is_in_the_list_of_the_other_node_as_it_is_on_its_own_until_it_is_over()
    {
        SignedInSession session = await EnterAsync();
        await LookAsync(_one);
        ConnectedApp here = Assert.Single(await ListAsync(_one)), there = Assert.Single(await ListAsync(_other));
        Assert.Equal(here, there);
        Assert.Equal(("imap", null, "192.0.2.7", null), (there.Protocol, there.Client, there.Address, there.By));

        // Clients say their name when they are in.
        session.Record("Thunderbird 140");
        await LookAsync(_one);
        Assert.Equal("Thunderbird 140", Assert.Single(await ListAsync(_other)).Client);

        session.Dispose();
        await LookAsync(_one);
        Assert.Empty(await ListAsync(_other));
        Assert.Equal(0, await RowsAsync());
    }

    [Fact]
    public async Task A_name_that_cannot_be_shown_keeps_no_other_session_out_of_the_list()
    {
        using SignedInSession hostile = await EnterAsync(), good = await EnterAsync();
        hostile.Record("a\0b");
        good.Record("Thunderbird");
        await LookAsync(_one);
        Assert.Equal([null, "Thunderbird"], (await ListAsync(_other)).Select(app => app.Client).Order());
    }

    [Fact]
    public async Task A_session_that_was_over_before_the_look_leaves_no_trace()
    {
        (await EnterAsync()).Dispose();
        await LookAsync(_one);
        Assert.Equal(0, await RowsAsync());
    }

    [Fact]
    public async Task Signed_out_on_the_other_node_it_ends_at_the_next_look_and_no_other_does()
    {
        bool isEnded = false, isOtherEnded = false;
        using SignedInSession session = await EnterAsync(() => isEnded = true), kept = await EnterAsync(() => isOtherEnded = true);
        await LookAsync(_one);
        Assert.True((await Apps(_other).EndAsync(_other.Actor, _other.Account, session.Id, Cancel)).IsOk);
        Assert.Equal(kept.Id, Assert.Single(await ListAsync(_other)).Id);
        Assert.False(isEnded);
        await LookAsync(_one);
        Assert.True(isEnded);
        Assert.False(isOtherEnded);
    }

    [Fact]
    public async Task Everything_is_signed_out_on_both_nodes_and_nothing_of_another_account()
    {
        int ended = 0;
        using SignedInSession there = await EnterAsync(() => ended++), here = Enter(_other, await AccountAsync(_other), () => ended++);
        bool isStrangerEnded = false;
        Account friend = await FriendAsync();
        using SignedInSession stranger = Enter(_one, friend, () => isStrangerEnded = true);
        await LookAsync(_one);
        await LookAsync(_other);
        Assert.True((await Apps(_other).EndAllAsync(_other.Actor, _other.Account, Cancel)).IsOk);
        await LookAsync(_one);
        await LookAsync(_other);
        Assert.Equal(2, ended);
        Assert.False(isStrangerEnded);
    }

    [Fact]
    public async Task Nobody_sees_or_ends_the_sessions_of_another_account()
    {
        bool isEnded = false;
        using SignedInSession session = await EnterAsync(() => isEnded = true);
        await LookAsync(_one);
        AccountId friend = (await FriendAsync()).Id;
        var stranger = new Actor(friend, "web", "1", null);
        Assert.IsType<Refusal.Denied>((await Apps(_other).ListAsync(stranger, _other.Account, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await Apps(_other).EndAsync(stranger, _other.Account, session.Id, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await Apps(_other).EndAllAsync(stranger, _other.Account, Cancel)).Refusal);

        // With the id of a session that is not one's own.
        Assert.True((await Apps(_other).EndAsync(stranger, friend, session.Id, Cancel)).IsOk);
        await LookAsync(_one);
        Assert.False(isEnded);
    }

    [Fact]
    public async Task Sessions_of_a_node_that_is_not_heard_of_are_not_shown_and_go_with_it()
    {
        using SignedInSession session = await EnterAsync();
        await LookAsync(_one);
        Silence(_one);
        Assert.Empty(await ListAsync(_other));
        Assert.Equal(1, await RowsAsync());
        await BeatAsync(_other);
        Assert.Equal(0, await RowsAsync());

        // It was cut off only: what it has comes back with it, and nothing was ended.
        await LookAsync(_one);
        Assert.Empty(await ListAsync(_other));
        await BeatAsync(_one);
        await LookAsync(_one);
        Assert.Equal(session.Id, Assert.Single(await ListAsync(_other)).Id);
    }

    [Fact]
    public async Task A_node_without_a_beat_writes_nothing_that_nobody_would_take_away()
    {
        TestDatabase.Cluster.Execute("DELETE FROM node", _database);
        using SignedInSession session = await EnterAsync();
        await LookAsync(_one);
        Assert.Equal(0, await RowsAsync());
    }

    [Fact]
    public async Task What_a_killed_process_left_goes_when_its_node_comes_back()
    {
        TestDatabase.Cluster.Execute(
            $"INSERT INTO open_session(account, id, node, protocol, since) VALUES({_one.Account.Value}, gen_random_uuid(), '{_one.Get<Node>().Name}', 'imap', 0)", _database);
        Assert.Single(await ListAsync(_other));
        await LookAsync(_one);
        Assert.Empty(await ListAsync(_other));
        Assert.Equal(0, await RowsAsync());
    }

    [Fact]
    public async Task After_a_fault_a_node_reads_again_what_it_has_written()
    {
        using SignedInSession session = await EnterAsync();
        SignedInSession over = await EnterAsync();
        await LookAsync(_one);
        over.Dispose();
        TestDatabase.Cluster.Execute("ALTER TABLE open_session RENAME TO away", _database);
        await LookAsync(_one);
        TestDatabase.Cluster.Execute("ALTER TABLE away RENAME TO open_session", _database);
        await LookAsync(_one);
        Assert.Equal(session.Id, Assert.Single(await ListAsync(_other)).Id);
    }

    [Fact]
    public async Task A_node_that_stops_takes_its_sessions_off_the_list()
    {
        using SignedInSession session = await EnterAsync();
        await LookAsync(_one);
        using var stop = new CancellationTokenSource();
        Task keeping = Rows(_one).KeepAsync(_one.Get<Node>().Name, _one.Get<SignedInSessions>(), stop.Token);
        await stop.CancelAsync();
        await keeping;
        Assert.Equal(0, await RowsAsync());
    }

    private static PostgresSessions Rows(TestStore node) => ((PostgresStore)node.Store).Sessions;

    private static ConnectedApps Apps(TestStore node) => node.Get<ConnectedApps>();

    private static Task BeatAsync(TestStore node) => ((PostgresStore)node.Store).Nodes.BeatOnceAsync(node.Get<Node>().Name);

    private static Task LookAsync(TestStore node) => Rows(node).KeepOnceAsync(node.Get<Node>().Name, node.Get<SignedInSessions>());

    private void Silence(TestStore node) => TestDatabase.Cluster.Execute(
        $"UPDATE node SET seen = seen - {PostgresNodes.Silence.TotalMilliseconds + 1_000} WHERE name = '{node.Get<Node>().Name}'", _database);

    private static async Task<IReadOnlyList<ConnectedApp>> ListAsync(TestStore node) => (await Apps(node).ListAsync(node.Actor, node.Account, Cancel)).Value;

    private async Task<SignedInSession> EnterAsync(Action? end = null) => Enter(_one, await AccountAsync(_one), end);

    private static SignedInSession Enter(TestStore node, Account account, Action? end = null) => node.Get<SignedInSessions>().Enter(
        new Actor(account.Id, "imap", "connection 1", IPAddress.Parse("192.0.2.7")), new SignIn.Accepted(account), end ?? (() => { }));

    private static async Task<Account> AccountAsync(TestStore node) => (await node.Get<Posthorn.Core.Accounts.Accounts>().OwnAsync(node.Actor, Cancel)).Value;

    private async Task<Account> FriendAsync() => await _one.Store.WriteAsync(
        new[] { AccountId.Store },
        async session =>
        {
            AccountId id = await session.Directory.InsertAccountAsync("friend@example.test", null, false, "-", "-", _one.Time.GetUtcNow());
            return await session.Directory.AccountAsync(id) ?? throw new InvalidOperationException("The account is not there.");
        },
        Cancel);

    private async Task<long> RowsAsync()
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(TestDatabase.Cluster.ConnectionString(_database));
        await using NpgsqlCommand query = database.CreateCommand("SELECT count(*) FROM open_session");
        return (long)(await query.ExecuteScalarAsync(Cancel) ?? 0L);
    }
}
