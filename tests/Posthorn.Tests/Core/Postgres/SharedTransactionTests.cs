using Npgsql;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>Writes of one account that wait on one node go into one transaction, and none of them notices the others.</summary>
public sealed class SharedTransactionTests : IAsyncLifetime
{
    private const int Many = 20;

    private TestStore _store = null!;
    private Mailbox _inbox = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = await TestStore.OnDatabaseAsync(TestDatabase.Cluster.ConnectionString(TestDatabase.Create()));
        _inbox = await _store.InboxAsync();
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Appends_that_wait_are_one_transaction_and_each_has_its_modseq()
    {
        Gate gate = await Gate.CloseAsync(_store);
        Task<Result<Appended>>[] appends = await Gate.AppendsAsync(_store, _inbox.Id, Many);
        Assert.DoesNotContain(appends, append => append.IsCompleted);
        gate.Open();

        // UIDs in the order of waiting.
        uint[] uids = [.. (await Task.WhenAll(appends)).Select(appended => Assert.Single(appended.Value.Uids.Enumerate()))];
        Assert.Equal(Enumerable.Range(1, Many).Select(uid => (uint)uid), uids);
        Assert.Equal(1, await TransactionsAsync());
        MailboxSnapshot snapshot = await _store.SnapshotAsync(_inbox.Id);
        ModSeq[] modSeqs = [.. snapshot.Enumerate().Select(message => message.ModSeq)];
        Assert.Equal(Many, modSeqs.Distinct().Count());
        Assert.Equal(modSeqs.Order(), modSeqs);
        await SoundAsync(Many);
    }

    [Fact]
    public async Task More_than_one_transaction_takes_go_into_the_next()
    {
        Gate gate = await Gate.CloseAsync(_store);
        Task<Result<Appended>>[] appends = await Gate.AppendsAsync(_store, _inbox.Id, AccountTurns.MaxGroup + 1);
        gate.Open();
        await Task.WhenAll(appends);
        Assert.Equal(2, await TransactionsAsync());
        await SoundAsync(AccountTurns.MaxGroup + 1);
    }

    [Fact]
    public async Task A_refusal_leaves_its_neighbours_in_their_transaction()
    {
        Gate gate = await Gate.CloseAsync(_store);
        Task<Result<Appended>>[] before = await Gate.AppendsAsync(_store, _inbox.Id, 3);
        Task<Result<Appended>> refused = (await Gate.AppendsAsync(_store, new MailboxId(999), 1))[0];
        Task<Result<Appended>>[] after = await Gate.AppendsAsync(_store, _inbox.Id, 3);
        gate.Open();
        Assert.IsType<Refusal.NotFound>((await refused).Refusal);
        Assert.All(await Task.WhenAll([.. before, .. after]), appended => Assert.True(appended.IsOk));
        Assert.Equal(1, await TransactionsAsync());
        await SoundAsync(6);
    }

    [Fact]
    public async Task A_write_that_fails_takes_none_of_its_neighbours_with_it_whatever_fails()
    {
        int runs = 0;
        Gate gate = await Gate.CloseAsync(_store);
        Task<Result<Appended>>[] before = await Gate.AppendsAsync(_store, _inbox.Id, 3);
        Task<bool> throws = SubscribeAsync("kept by nobody", () => throw new InvalidDataException("no"));

        // A statement that the database refuses, and that is noticed with whatever comes after it only.
        Task<bool> breaks = SubscribeAsync(null!, () => runs++);
        Task<Result<Appended>>[] after = await Gate.AppendsAsync(_store, _inbox.Id, 3);
        Task<bool> subscribes = SubscribeAsync("kept", static () => { });
        gate.Open();
        await Assert.ThrowsAsync<InvalidDataException>(() => throws);
        Assert.Equal(PostgresErrorCodes.NotNullViolation, (await Assert.ThrowsAsync<PostgresException>(() => breaks)).SqlState);
        Assert.All(await Task.WhenAll([.. before, .. after]), appended => Assert.True(appended.IsOk));
        Assert.True(await subscribes);
        Assert.InRange(runs, 1, 2);
        Assert.Equal(["kept"], await _store.Store.ReadAsync(_store.Account, session => session.Mailboxes.SubscriptionsAsync(_store.Account), Cancel));
        await SoundAsync(6);

        // What comes afterwards goes together again.
        Gate next = await Gate.CloseAsync(_store);
        Task<Result<Appended>>[] later = await Gate.AppendsAsync(_store, _inbox.Id, Many);
        next.Open();
        await Task.WhenAll(later);
        Assert.Equal(1, await TransactionsAsync("WHERE uid > 6"));
    }

    [Fact]
    public async Task What_fills_an_account_in_one_transaction_is_counted_at_each_write()
    {
        // Room for three messages.
        await _store.Store.WriteAsync(
            new[] { AccountId.Store },
            async session =>
            {
                await session.Directory.SetMessageQuotaAsync(_store.Account, 3);
                return Done.Value;
            },
            Cancel);
        Gate gate = await Gate.CloseAsync(_store);
        Task<Result<Appended>>[] appends = await Gate.AppendsAsync(_store, _inbox.Id, 5);
        gate.Open();
        Result<Appended>[] appended = await Task.WhenAll(appends);
        Assert.Equal([true, true, true, false, false], appended.Select(result => result.IsOk));
        Assert.IsType<Refusal.OverMessageQuota>(appended[3].Refusal);
        await SoundAsync((await _store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task A_mailbox_that_a_neighbour_changes_is_seen_as_it_then_is()
    {
        Gate gate = await Gate.CloseAsync(_store);
        Task<Result<Appended>> before = (await Gate.AppendsAsync(_store, _inbox.Id, 1))[0];
        Task<Result<FlagsChanged>> flagged = _store.Get<Messages>().ChangeFlagsAsync(
            _store.Actor, _store.Account, _inbox.Id, UidSet.Of(1), new FlagChange(FlagOperation.Add, MessageFlags.None, ["one", "two"]), null, Cancel).AsTask();
        Task<Result<FlagsChanged>> again = _store.Get<Messages>().ChangeFlagsAsync(
            _store.Actor, _store.Account, _inbox.Id, UidSet.Of(1), new FlagChange(FlagOperation.Add, MessageFlags.Seen, ["two", "three"]), null, Cancel).AsTask();
        Task<Result<Appended>> after = (await Gate.AppendsAsync(_store, _inbox.Id, 1))[0];
        gate.Open();
        Assert.Equal(("1", "2"), ((await before).Value.Uids.ToString(), (await after).Value.Uids.ToString()));
        Assert.True((await flagged).Value.ModSeq < (await again).Value.ModSeq);
        Mailbox inbox = await _store.InboxAsync();
        Assert.Equal(["one", "two", "three"], inbox.Keywords);
        Assert.Equal((1, 2), (inbox.Unseen, inbox.Messages));
        await SoundAsync(2);
    }

    [Fact]
    public async Task A_write_that_holds_what_other_accounts_may_want_is_the_last_of_its_transaction()
    {
        await _store.AppendAsync(_inbox.Id, "Subject: goes\r\n\r\n");
        Gate gate = await Gate.CloseAsync(_store);
        Task<Result<Appended>>[] before = await Gate.AppendsAsync(_store, _inbox.Id, 2);
        Task expunge = _store.Get<Messages>().DeleteAsync(_store.Actor, _store.Account, _inbox.Id, UidSet.Of(1), Cancel).AsTask();
        Task<Result<Appended>>[] after = await Gate.AppendsAsync(_store, _inbox.Id, 2);
        gate.Open();
        await expunge;
        await Task.WhenAll([.. before, .. after]);
        Assert.Equal((1, 1, 2), (await TransactionsAsync("WHERE uid IN (2, 3)"), await TransactionsAsync("WHERE uid IN (4, 5)"), await TransactionsAsync()));
        await SoundAsync(4);
    }

    [Fact]
    public async Task An_account_does_not_wait_for_another_one_on_the_same_node()
    {
        AccountId friend = await _store.Store.WriteAsync(
            new[] { AccountId.Store },
            session => session.Directory.InsertAccountAsync("friend@example.test", null, false, "-", "-", _store.Time.GetUtcNow()),
            Cancel);
        Gate gate = await Gate.CloseAsync(_store);
        Task<Result<Appended>>[] appends = await Gate.AppendsAsync(_store, _inbox.Id, Many);
        await _store.Store.WriteAsync(new[] { friend }, session => session.ModSeqAsync(friend), Cancel);
        await _store.Store.WriteAsync(ReadOnlyMemory<AccountId>.Empty, session => session.Directory.SettingAsync("any"), Cancel);
        Assert.DoesNotContain(appends, append => append.IsCompleted);
        gate.Open();
        await Task.WhenAll(appends);
    }

    [Fact]
    public async Task Who_gives_up_waiting_takes_nobody_with_him()
    {
        using var impatient = new CancellationTokenSource();
        Gate gate = await Gate.CloseAsync(_store);
        Task<bool> given = SubscribeAsync("given up", static () => { }, impatient.Token);
        Task<Result<Appended>>[] appends = await Gate.AppendsAsync(_store, _inbox.Id, 3);
        await impatient.CancelAsync();
        gate.Open();
        Assert.All(await Task.WhenAll(appends), appended => Assert.True(appended.IsOk));

        // It was in line already, so it is done: whoever gave up could not know.
        Assert.True(await given);
        await SoundAsync(3);
    }

    private Task<bool> SubscribeAsync(string name, Action fails, CancellationToken? cancel = null) => _store.Store.WriteAsync(
        new[] { _store.Account },
        async session =>
        {
            await session.Mailboxes.SubscribeAsync(_store.Account, name, true);
            fails();
            return true;
        },
        cancel ?? Cancel).AsTask();

    /// <summary>How many transactions wrote the messages that are there.</summary>
    private async Task<long> TransactionsAsync(string where = "")
    {
        await using NpgsqlConnection connection = await ((PostgresStore)_store.Store).Connections.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand($"SELECT count(DISTINCT xmin::text) FROM mailbox_message {where}", connection);
        return (long)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private async Task SoundAsync(int messages)
    {
        Assert.Equal(messages, (await _store.InboxAsync()).Messages);
        Assert.Empty((await _store.Get<StoreCheck>().RunAsync(Actor.System("test"), false, new Progress<long>(), Cancel)).Value);
    }
}
