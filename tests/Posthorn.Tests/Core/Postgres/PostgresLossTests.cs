using Posthorn.Core;
using Posthorn.Core.Mailboxes;
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
}
