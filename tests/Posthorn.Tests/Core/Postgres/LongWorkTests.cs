using System.Globalization;
using Npgsql;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.Core.Undelete;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>Maintenance of a store that is large, or a part of which cannot be worked on now.</summary>
public sealed class LongWorkTests
{
    private static readonly Actor Administrator = Actor.System("test");
    private static readonly TimeSpan Kept = TimeSpan.FromDays(14);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A statement that waits for a lock takes long as one on very many rows does.</summary>
    [Fact]
    public async Task What_works_on_all_rows_takes_longer_than_a_statement_of_a_session_may()
    {
        string connection = TestDatabase.Cluster.ConnectionString(TestDatabase.Create());
        await using TestStore store = await TestStore.OnDatabaseAsync(connection + ";Command Timeout=3");
        await RemoveAsync(store, "gone@example.test");
        store.Time.Advance(Kept + TimeSpan.FromSeconds(1));

        await using var holder = new NpgsqlConnection(connection);
        await holder.OpenAsync(Cancel);
        await ExecuteAsync("BEGIN; LOCK TABLE removed_message, change_log IN ACCESS EXCLUSIVE MODE");
        Task<(int, int)> expired = store.Get<UndeleteExpiry>().ExpireAsync(Cancel);
        Task<int> trimmed = store.Get<IStoreMaintenance>().TrimChangesAsync(DateTimeOffset.UnixEpoch, 1, Cancel).AsTask();
        Task<IReadOnlyList<string>> problems = store.Get<IStoreMaintenance>().IntegrityAsync(Cancel).AsTask();
        await ExecuteAsync("SELECT pg_sleep(5); COMMIT");
        Assert.Equal((0, 1), await expired);
        Assert.Equal(0, await trimmed);
        Assert.Empty(await problems);
        Assert.Empty((await store.Get<StoreCheck>().RunAsync(Administrator, false, new Progress<long>(), Cancel)).Value);

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, holder) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(Cancel);
        }
    }

    [Fact]
    public async Task An_account_that_cannot_go_now_keeps_no_other_from_its_turn()
    {
        string database = TestDatabase.Create();
        await using TestStore store = await TestStore.OnDatabaseAsync(TestDatabase.Cluster.ConnectionString(database));
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n");
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.All, Cancel);
        await RemoveAsync(store, "second@example.test");
        long first = await RemoveAsync(store, "first@example.test");
        TestDatabase.Cluster.Execute(
            string.Create(CultureInfo.InvariantCulture, $"""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no room'' USING ERRCODE = ''53100''; END';
                CREATE TRIGGER refuse BEFORE DELETE ON removed_account FOR EACH ROW WHEN (OLD.id = {first}) EXECUTE FUNCTION refuse()
                """),
            database);
        store.Time.Advance(Kept + TimeSpan.FromSeconds(1));
        Assert.Equal((1, 1), await store.Get<UndeleteExpiry>().ExpireAsync(Cancel));
        Assert.Equal(first, Assert.Single((await store.Get<Undelete>().ListAccountsAsync(Administrator, Cancel)).Value).Id.Value);
        TestDatabase.Cluster.Execute("DROP TRIGGER refuse ON removed_account", database);
        Assert.Equal((0, 1), await store.Get<UndeleteExpiry>().ExpireAsync(Cancel));
    }

    /// <summary>Adds an account and removes it again. Gives its number.</summary>
    private static async Task<long> RemoveAsync(TestStore store, string address)
    {
        long id = await store.Store.WriteAsync(
            new[] { AccountId.Store },
            async session => (await session.Directory.InsertAccountAsync(address, null, false, "-", "-", store.Time.GetUtcNow())).Value,
            Cancel);
        Assert.True((await store.Get<Posthorn.Core.Accounts.Accounts>().RemoveAsync(Administrator, address, Cancel)).IsOk);
        return id;
    }
}
