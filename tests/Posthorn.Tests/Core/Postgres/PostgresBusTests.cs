using System.Diagnostics;
using Npgsql;
using Posthorn.Core;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>What a node announces to the others: few words however much it commits, and nothing left out.</summary>
public sealed class PostgresBusTests : IAsyncLifetime
{
    private readonly string _connectionString = TestDatabase.Cluster.ConnectionString(TestDatabase.Create());
    private readonly List<string> _heard = [];
    private NpgsqlConnection _listener = null!;
    private TestStore _store = null!;
    private bool _ended;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // What was said of the account's making is said before anybody listens: a node that ends leaves nothing unsaid.
        await (await TestStore.OnDatabaseAsync(_connectionString)).DisposeAsync();
        _listener = new NpgsqlConnection(_connectionString);
        await _listener.OpenAsync(Cancel);
        _listener.Notification += (_, heard) => _heard.Add(heard.Payload);
        await using var listen = new NpgsqlCommand("LISTEN posthorn", _listener);
        await listen.ExecuteNonQueryAsync(Cancel);
        _store = await TestStore.OnDatabaseAsync(_connectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await EndAsync();
    }

    [Fact]
    public async Task Commits_of_one_account_in_a_short_time_are_few_announcements()
    {
        const int Commits = 1_000;
        PostgresBus bus = ((PostgresStore)_store.Store).Bus;
        long began = Stopwatch.GetTimestamp();
        for (int n = 0; n < Commits; n++)
        {
            bus.Announce([Entry(_store.Account)]);
        }

        IReadOnlyList<string[]> announced = await AnnouncedAsync();

        // One at once, one in each pause for whatever came meanwhile, one for the rest; a timer may be early by a little.
        double pauses = Stopwatch.GetElapsedTime(began) / (PostgresBus.Pace * 0.5);
        Assert.InRange(announced.Count, 1, Math.Min(Commits / 10, 2 + (int)pauses));
        Assert.All(announced, accounts => Assert.Equal([$"{_store.Account.Value}"], accounts));
    }

    [Fact]
    public async Task Appends_that_share_a_transaction_are_announced_once()
    {
        Mailbox inbox = await _store.InboxAsync();
        Gate gate = await Gate.CloseAsync(_store);
        Task<Result<Appended>>[] appends = await Gate.AppendsAsync(_store, inbox.Id, 20);
        gate.Open();
        await Task.WhenAll(appends);
        Assert.Equal([$"{_store.Account.Value}"], Assert.Single(await AnnouncedAsync()));
    }

    [Fact]
    public async Task Of_thousands_of_accounts_each_is_named_once_in_words_that_fit()
    {
        const int Accounts = 5_000;
        ((PostgresStore)_store.Store).Bus.Announce([.. Enumerable.Range(1_000_000, Accounts).Select(account => Entry(new AccountId(account)))]);
        IReadOnlyList<string[]> announced = await AnnouncedAsync();
        Assert.Equal(Enumerable.Range(1_000_000, Accounts), announced.SelectMany(accounts => accounts).Select(int.Parse).Order());
        Assert.InRange(announced.Count, 1, 10);
    }

    private async Task EndAsync()
    {
        if (!_ended)
        {
            _ended = true;
            await _store.DisposeAsync();
        }
    }

    private static (AccountId Account, ChangeEntry Entry) Entry(AccountId account) =>
        (account, new ChangeEntry(new ModSeq(2), CollectionKind.Mailbox, 1, ChangeKind.Added, UidSet.Of(1)));

    /// <summary>The accounts of each announcement, when all of them were made: a node that ends says first what it has still to say.</summary>
    private async Task<IReadOnlyList<string[]>> AnnouncedAsync()
    {
        await EndAsync();
        await using (var teller = new NpgsqlConnection(_connectionString))
        {
            await teller.OpenAsync(Cancel);
            await using var last = new NpgsqlCommand("NOTIFY posthorn, 'last'", teller);
            await last.ExecuteNonQueryAsync(Cancel);
        }

        while (!_heard.Contains("last"))
        {
            await _listener.WaitAsync(Cancel);
        }

        return [.. _heard.TakeWhile(payload => payload != "last").Select(payload => payload.Split(' ')[1..])];
    }
}
