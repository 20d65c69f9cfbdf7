using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maildrops;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Queue;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>Two nodes write into one database.</summary>
public sealed class PostgresWritersTests : IAsyncLifetime
{
    private static readonly Actor Administrator = Actor.System("test");

    private readonly string _database = TestDatabase.Create();
    private TestStore _one = null!;
    private TestStore _other = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        string connectionString = TestDatabase.Cluster.ConnectionString(_database);
        _one = await TestStore.OnDatabaseAsync(connectionString);
        _other = await TestStore.OnDatabaseAsync(connectionString);
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Uids_and_modseqs_rise_strictly_whoever_writes()
    {
        Mailbox inbox = await _one.InboxAsync();
        Appended[] all = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(
            () => (i % 2 == 0 ? _one : _other).AppendAsync(inbox.Id, $"Subject: {i}\r\n\r\n", $"Subject: {i} too\r\n\r\n"), Cancel)));
        Assert.Equal(Enumerable.Range(1, 120).Select(uid => (uint)uid), all.SelectMany(appended => appended.Uids.Enumerate()).Order());
        MailboxSnapshot snapshot = await _other.SnapshotAsync(inbox.Id);
        Assert.Equal(120, snapshot.Count);

        // Two messages of one append share their transaction's modseq; nobody else has it, and a higher UID has no lower one.
        ModSeq[] modSeqs = [.. Enumerable.Range(0, snapshot.Count).Select(i => snapshot[i].ModSeq)];
        Assert.Equal(60, modSeqs.Distinct().Count());
        Assert.Equal(modSeqs.Order(), modSeqs);
        Assert.Empty((await _one.Get<StoreCheck>().RunAsync(Administrator, false, new Progress<long>(), Cancel)).Value);
    }

    [Fact]
    public async Task A_node_that_is_not_heard_of_gives_back_its_mail_and_its_maildrops_and_one_that_lives_keeps_them()
    {
        await using IncomingMessage message = await _one.MessageAsync("Subject: out\r\n\r\n");
        var recipient = new EnvelopeRecipient("them@example.org", new Recipient.Local([], ["them@example.org"]), DsnNotify.Default, null);
        Assert.NotNull(await _one.Get<Deliveries>().AcceptAsync(new Envelope("you@example.test", [recipient], [], _one.Time.GetUtcNow()), message, Cancel));
        string dead = _one.Get<Node>().Name, living = _other.Get<Node>().Name;
        await Nodes(_one).BeatOnceAsync(dead);
        Assert.Single(await LeaseAsync(_one));
        Assert.True((await _one.Get<Maildrops>().OpenAsync(_one.Actor, _one.Account, Cancel)).IsOk);

        await Nodes(_other).BeatOnceAsync(living);
        Assert.Empty(await LeaseAsync(_other));
        Assert.IsType<Refusal.InUse>((await _other.Get<Maildrops>().OpenAsync(_other.Actor, _other.Account, Cancel)).Refusal);

        TestDatabase.Cluster.Execute($"UPDATE node SET seen = seen - {PostgresNodes.Silence.TotalMilliseconds + 1_000} WHERE name = '{dead}'", _database);
        await Nodes(_other).BeatOnceAsync(living);
        Assert.Single(await LeaseAsync(_other));
        Assert.True((await _other.Get<Maildrops>().OpenAsync(_other.Actor, _other.Account, Cancel)).IsOk);
        await Nodes(_other).BeatOnceAsync(living);
        Assert.Empty(await LeaseAsync(_one));
    }

    [Fact]
    public async Task A_node_that_comes_back_gives_back_its_own_maildrops_at_once()
    {
        Assert.True((await _one.Get<Maildrops>().OpenAsync(_one.Actor, _one.Account, Cancel)).IsOk);
        using var stop = new CancellationTokenSource();
        Task beating = Nodes(_one).BeatAsync(_one.Get<Node>().Name, stop.Token);
        await stop.CancelAsync();
        await beating;
        Assert.True((await _other.Get<Maildrops>().OpenAsync(_other.Actor, _other.Account, Cancel)).IsOk);
    }

    [Fact]
    public async Task A_writer_of_one_account_does_not_hold_up_another_account()
    {
        AccountId friend = await FriendAsync();
        var held = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        Task<int> slow = _one.Store.WriteAsync(
            new[] { _one.Account },
            async session =>
            {
                await session.Mailboxes.SubscribeAsync(_one.Account, "slow", true);
                await session.Mailboxes.SubscriptionsAsync(_one.Account);
                held.SetResult();
                await release.Task;
                return 1;
            },
            Cancel).AsTask();
        await held.Task;
        await _other.Store.WriteAsync(new[] { friend }, session => session.ModSeqAsync(friend), Cancel);
        Task<ModSeq> same = _other.Store.WriteAsync(new[] { _one.Account }, session => session.ModSeqAsync(_one.Account), Cancel).AsTask();
        await _other.Store.WriteAsync(new[] { friend }, session => session.ModSeqAsync(friend), Cancel);
        Assert.False(same.IsCompleted);
        release.SetResult();
        Assert.Equal(1, await slow);
        await same;
    }

    [Fact]
    public async Task A_deadlock_is_run_again_and_both_succeed()
    {
        var bothHold = new Barrier(2);
        int runs = 0;
        async Task<int> Cross(TestStore node, string first, string second)
        {
            bool met = false;
            return await node.Store.WriteAsync(
                ReadOnlyMemory<AccountId>.Empty,
                async session =>
                {
                    Interlocked.Increment(ref runs);
                    await session.Directory.SetSettingAsync(first, "x");
                    await session.Directory.SettingAsync(first);
                    if (!met)
                    {
                        met = true;
                        bothHold.SignalAndWait(Cancel);
                    }

                    await session.Directory.SetSettingAsync(second, "x");
                    await session.Directory.SettingAsync(second);
                    return 1;
                },
                Cancel);
        }

        int[] done = await Task.WhenAll(Task.Run(() => Cross(_one, "a", "b"), Cancel), Task.Run(() => Cross(_other, "b", "a"), Cancel));
        Assert.Equal([1, 1], done);
        Assert.Equal(3, runs);
    }

    [Fact]
    public async Task The_same_mailbox_created_on_two_nodes_exists_once()
    {
        Result<Mailbox>[] created = await Task.WhenAll(new[] { _one, _other }.Select(node => Task.Run(
            () => node.Get<Mailboxes>().CreateAsync(node.Actor, node.Account, "Both", SpecialUse.None, Cancel).AsTask(), Cancel)));
        Assert.Single(created, result => result.IsOk);
        Assert.IsType<Refusal.AlreadyExists>(Assert.Single(created, result => !result.IsOk).Refusal);
    }

    [Fact]
    public async Task The_same_domain_added_on_two_nodes_is_added_once()
    {
        Result<Domain>[] added = await Task.WhenAll(new[] { _one, _other }.Select(node => Task.Run(
            () => node.Get<Domains>().AddAsync(Administrator, "twice.test", [], Cancel).AsTask(), Cancel)));
        Assert.Single(added, result => result.IsOk);
    }

    [Fact]
    public async Task A_queued_recipient_is_leased_by_one_node_alone()
    {
        const int Mails = 40;
        for (int i = 0; i < Mails; i++)
        {
            await using var message = await _one.MessageAsync($"Subject: {i}\r\n\r\n");
            var envelope = new Envelope("me@example.test", [new EnvelopeRecipient($"you@{i}.example", new Recipient.Foreign(), DsnNotify.Default, null)], [], _one.Time.GetUtcNow());
            await _one.Get<Deliveries>().AcceptAsync(envelope, message, Cancel);
        }

        IReadOnlyList<QueuedMail>[] leased = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            () => (i % 2 == 0 ? _one : _other).Get<MailQueue>().LeaseAsync($"node {i}", TimeSpan.FromMinutes(5), Mails, [], Cancel).AsTask(), Cancel)));
        string[] domains = [.. leased.SelectMany(mails => mails).Select(mail => mail.Domain)];
        Assert.Equal(Mails, domains.Length);
        Assert.Equal(Mails, domains.Distinct().Count());
    }

    [Fact]
    public async Task Leases_of_a_dead_node_come_back_when_they_end()
    {
        await using var message = await _one.MessageAsync("Subject: a\r\n\r\n");
        var envelope = new Envelope("me@example.test", [new EnvelopeRecipient("you@far.example", new Recipient.Foreign(), DsnNotify.Default, null)], [], _one.Time.GetUtcNow());
        await _one.Get<Deliveries>().AcceptAsync(envelope, message, Cancel);
        Assert.Single(await _one.Get<MailQueue>().LeaseAsync("dies", TimeSpan.FromMinutes(5), 10, [], Cancel));
        Assert.Empty(await _other.Get<MailQueue>().LeaseAsync("lives", TimeSpan.FromMinutes(5), 10, [], Cancel));
        _other.Time.Advance(TimeSpan.FromMinutes(6));
        Assert.Single(await _other.Get<MailQueue>().LeaseAsync("lives", TimeSpan.FromMinutes(5), 10, [], Cancel));
    }

    [Fact]
    public async Task Text_that_PostgreSQL_cannot_hold_is_kept_with_a_replacement()
    {
        await _one.Store.WriteAsync(
            new[] { _one.Account },
            async session =>
            {
                await session.Mailboxes.SubscribeAsync(_one.Account, "nul\0 half\uD800", true);
                return Done.Value;
            },
            Cancel);
        Assert.Equal(["nul\uFFFD half\uFFFD"], await _other.Store.ReadAsync(_one.Account, session => session.Mailboxes.SubscriptionsAsync(_one.Account), Cancel));
    }

    private ValueTask<AccountId> FriendAsync() => _one.Store.WriteAsync(
        new[] { AccountId.Store },
        session => session.Directory.InsertAccountAsync("friend@example.test", null, false, "-", "-", _one.Time.GetUtcNow()),
        Cancel);

    private static PostgresNodes Nodes(TestStore store) => ((PostgresStore)store.Store).Nodes;

    private static async Task<IReadOnlyList<QueuedMail>> LeaseAsync(TestStore node) =>
        await node.Get<MailQueue>().LeaseAsync(node.Get<Node>().Name, TimeSpan.FromHours(1), 10, [], Cancel);
}
