using System.Globalization;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>The database goes away and comes back under a node that runs on.</summary>
public sealed class PostgresLossTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_database_is_a_temporary_error_and_nothing_acknowledged_is_lost()
    {
        using PostgresCluster cluster = PostgresCluster.Start("");
        cluster.Execute("CREATE DATABASE mail");
        await using TestStore store = await TestStore.OnDatabaseAsync(cluster.ConnectionString("mail"));
        Mailbox inbox = await store.InboxAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => store.AppendAsync(inbox.Id, $"Subject: {i}\r\n\r\n")));
        cluster.Kill();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AppendAsync(inbox.Id, "Subject: lost\r\n\r\n"));
        await Assert.ThrowsAsync<StoreUnavailableException>(store.InboxAsync);
        cluster.StartAgain();

        // Connections that died in the pool cost nobody an error.
        Assert.Equal(8, (await store.InboxAsync()).Messages);
        await store.AppendAsync(inbox.Id, "Subject: after\r\n\r\n");
        Assert.Equal(9, (await store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task Connections_that_died_in_the_pool_cost_no_writer_an_error()
    {
        string database = TestDatabase.Create();
        await using TestStore store = await TestStore.OnDatabaseAsync(TestDatabase.Cluster.ConnectionString(database));
        Mailbox inbox = await store.InboxAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => store.AppendAsync(inbox.Id, $"Subject: {i}\r\n\r\n")));
        TestDatabase.Cluster.Execute($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        await store.AppendAsync(inbox.Id, "Subject: after\r\n\r\n");
        Assert.Equal(9, (await store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task A_write_that_loses_its_connection_twice_is_a_temporary_error_and_nothing_of_it_is_kept()
    {
        string database = TestDatabase.Create();
        await using var cutter = new ConnectionCutter(TestDatabase.Cluster.Folder);
        await using TestStore store = await TestStore.OnDatabaseAsync($"Host={cutter.Folder};Username=posthorn;Database={database};Max Auto Prepare=0");
        Mailbox inbox = await store.InboxAsync();
        cutter.CutNext(2);
        Assert.False((await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AppendAsync(inbox.Id, "Subject: cut\r\n\r\n"))).IsOutcomeOpen);
        Assert.Equal(0, cutter.Left);
        Assert.Equal("1", (await store.AppendAsync(inbox.Id, "Subject: whole\r\n\r\n")).Uids.ToString());
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_neither_lost_nor_done_twice()
    {
        string database = TestDatabase.Create();
        await using var thief = new AnswerThief(TestDatabase.Cluster.Folder);
        await using TestStore store = await TestStore.OnDatabaseAsync($"Host={thief.Folder};Username=posthorn;Database={database};Max Auto Prepare=0");
        Mailbox inbox = await store.InboxAsync();
        thief.StealNext();
        Assert.Equal("1", (await store.AppendAsync(inbox.Id, "Subject: once\r\n\r\n")).Uids.ToString());
        Assert.Equal(1, thief.Stolen);
        Assert.Equal(1, (await store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task A_commit_that_the_database_gave_up_is_run_again()
    {
        string database = TestDatabase.Create();
        await using TestStore store = await TestStore.OnDatabaseAsync(TestDatabase.Cluster.ConnectionString(database));
        Mailbox inbox = await store.InboxAsync();

        // At the first COMMIT, and only there, the backend ends itself.
        TestDatabase.Cluster.Execute("""
            CREATE SEQUENCE commits;
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF nextval('commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(10); END IF; RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER die AFTER INSERT ON change_log DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();
            """, database);
        Assert.Equal("1", (await store.AppendAsync(inbox.Id, "Subject: again\r\n\r\n")).Uids.ToString());
        Assert.Equal(1, (await store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task Writes_that_go_together_all_hear_of_a_killed_database_and_none_is_kept()
    {
        using PostgresCluster cluster = PostgresCluster.Start("");
        cluster.Execute("CREATE DATABASE mail");
        await using TestStore store = await TestStore.OnDatabaseAsync(cluster.ConnectionString("mail"));
        Mailbox inbox = await store.InboxAsync();
        (Gate within, Task<Result<Appended>>[] appends) = await TogetherAsync(store, inbox);
        cluster.Kill();
        within.Open();
        foreach (Task write in appends.Append(within.Passed))
        {
            Assert.False((await Assert.ThrowsAsync<StoreUnavailableException>(() => write)).IsOutcomeOpen);
        }

        cluster.StartAgain();
        Assert.Equal(0, (await store.InboxAsync()).Messages);
        Assert.Equal("1", (await store.AppendAsync(inbox.Id, "Subject: after\r\n\r\n")).Uids.ToString());
    }

    [Fact]
    public async Task Writes_that_go_together_are_run_again_when_their_connection_breaks()
    {
        string database = TestDatabase.Create();
        await using TestStore store = await TestStore.OnDatabaseAsync(TestDatabase.Cluster.ConnectionString(database));
        Mailbox inbox = await store.InboxAsync();
        (Gate within, Task<Result<Appended>>[] appends) = await TogetherAsync(store, inbox);
        TestDatabase.Cluster.Execute($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        within.Open();
        Assert.Equal(Enumerable.Range(1, 8), (await Task.WhenAll(appends)).Select(appended => int.Parse(appended.Value.Uids.ToString(), CultureInfo.InvariantCulture)));
        Assert.Equal(8, (await store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task Writes_that_went_together_are_neither_lost_nor_done_twice_when_the_answer_to_their_commit_is_lost()
    {
        string database = TestDatabase.Create();
        await using var thief = new AnswerThief(TestDatabase.Cluster.Folder);
        await using TestStore store = await TestStore.OnDatabaseAsync($"Host={thief.Folder};Username=posthorn;Database={database};Max Auto Prepare=0");
        Mailbox inbox = await store.InboxAsync();
        (Gate within, Task<Result<Appended>>[] appends) = await TogetherAsync(store, inbox);
        thief.StealNext();
        within.Open();
        Assert.Equal(Enumerable.Range(1, 8), (await Task.WhenAll(appends)).Select(appended => int.Parse(appended.Value.Uids.ToString(), CultureInfo.InvariantCulture)));
        Assert.Equal(1, thief.Stolen);
        Assert.Equal(8, (await store.InboxAsync()).Messages);
    }

    [Fact]
    public async Task Older_messages_that_were_not_read_yet_are_a_temporary_error_while_the_database_is_away_and_right_when_it_is_back()
    {
        using PostgresCluster cluster = PostgresCluster.Start("");
        cluster.Execute("CREATE DATABASE mail");
        await using TestStore store = await TestStore.OnDatabaseAsync(cluster.ConnectionString("mail"));
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, [.. Enumerable.Range(1, 60).Select(n => $"Subject: {n}\r\n\r\n")]);
        var cache = new SnapshotCache(store.Store) { WholeMessages = 20, NewestMessages = 10 };
        MailboxSnapshot opened = (await cache.GetAsync(store.Account, inbox.Id, Cancel))!;
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(3), Cancel);
        cluster.Kill();

        // What was read is there; of the rest how many they are, and no more.
        Assert.Equal((60, 60u, 50), (opened.Count, opened[59].Uid, opened.IndexOf(51)));
        Assert.Null(opened.FirstUnseen());
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await opened.LoadAsync(Cancel));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await opened.LoadAsync(UidSet.Of(3), Cancel));
        Assert.Throws<StoreUnavailableException>(() => opened[0]);
        Assert.Throws<StoreUnavailableException>(() => opened.IndexOf(4));
        Assert.Throws<StoreUnavailableException>(() => opened.Enumerate().Count());
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await cache.GetAsync(store.Account, inbox.Id, Cancel));
        Assert.False(opened.IsWhole);

        cluster.StartAgain();
        await opened.LoadAsync(Cancel);
        Assert.Equal(Enumerable.Range(1, 60).Select(uid => (uint)uid), opened.Enumerate().Select(message => message.Uid));
        Assert.Equal((59, 4u), ((await cache.GetAsync(store.Account, inbox.Id, Cancel))!.Count, opened[3].Uid));
    }

    [Fact]
    public async Task A_database_that_turned_read_only_is_a_temporary_error()
    {
        string database = TestDatabase.Create();
        await using TestStore store = await TestStore.OnDatabaseAsync(TestDatabase.Cluster.ConnectionString(database));
        Mailbox inbox = await store.InboxAsync();
        TestDatabase.Cluster.Execute($"ALTER DATABASE {database} SET default_transaction_read_only = on");
        TestDatabase.Cluster.Execute($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n"));
        Assert.Equal(0, (await store.InboxAsync()).Messages);
    }

    /// <summary>Eight appends that share a transaction, which has begun and waits before the first of them.</summary>
    private static async Task<(Gate Within, Task<Result<Appended>>[] Appends)> TogetherAsync(TestStore store, Mailbox inbox)
    {
        Gate gate = await Gate.CloseAsync(store);
        Gate within = Gate.Begin(store);
        Task<Result<Appended>>[] appends = await Gate.AppendsAsync(store, inbox.Id, 8);
        gate.Open();
        await within.Entered;
        return (within, appends);
    }
}
