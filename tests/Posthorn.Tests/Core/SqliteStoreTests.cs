using System.Buffers.Binary;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Sqlite;
using Posthorn.Stores;

namespace Posthorn.Tests.Core;

/// <summary>What is the embedded store's alone.</summary>
public sealed class SqliteStoreTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_that_awaits_something_else_throws_and_the_writer_goes_on()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        await using TestStore store = await TestStore.OpenAsync();
        var never = new TaskCompletionSource<int>();
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.Store.WriteAsync(
            new[] { store.Account }, async session => await never.Task, Cancel).AsTask());
        Assert.Equal(7, await store.Store.WriteAsync(new[] { store.Account }, _ => ValueTask.FromResult(7), Cancel));
    }

    [Fact]
    public async Task Writes_that_come_while_others_run_share_their_commit()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        await using TestStore store = await TestStore.OpenAsync();
        (Task<IWriteSession> first, Action open) = await HeldAsync(store);
        Task<IWriteSession> second = WriteAsync(store, static _ => { });
        open();
        Assert.Same(await first, await second);
    }

    [Fact]
    public async Task A_write_that_fails_among_others_fails_alone_and_the_others_are_kept()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        await using TestStore store = await TestStore.OpenAsync();
        long before = await ModSeqAsync(store);
        (Task<IWriteSession> first, Action open) = await HeldAsync(store);
        int runs = 0;
        Task<IWriteSession> failing = WriteAsync(store, _ => throw new InvalidDataException($"run {++runs}"));
        Task<IWriteSession> last = WriteAsync(store, static _ => { });
        open();
        Assert.Same(await first, await last);
        // Together with the others, then by itself: the caller hears of the second.
        Assert.Equal("run 2", (await Assert.ThrowsAsync<InvalidDataException>(() => failing)).Message);
        Assert.Equal(before + 3, await ModSeqAsync(store));
    }

    [Fact]
    public async Task The_log_starts_over_without_the_writer_doing_it()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        await using TestStore store = await TestStore.OpenAsync();
        var sqlite = (SqliteStore)store.Store;
        Assert.Equal(0, await sqlite.WriteRawAsync(static connection => connection.Scalar("PRAGMA wal_autocheckpoint"), Cancel));
        await FillAsync(sqlite, "CREATE TABLE filling(octets BLOB)");
        for (uint first = Restarts(); Restarts() == first;)
        {
            await FillAsync(sqlite, "INSERT INTO filling VALUES (zeroblob(60000))");
        }

        // https://sqlite.org/fileformat2.html#walformat: the checkpoint sequence number, one more each time that the log starts over.
        uint Restarts()
        {
            byte[] header = new byte[32];
            using FileStream log = new(Path.Combine(store.Folder, SqliteStore.FileName + "-wal"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            log.ReadExactly(header);
            return BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(12));
        }
    }

    private static async Task FillAsync(SqliteStore store, string sql) => await store.WriteRawAsync(
        connection =>
        {
            connection.Execute(sql);
            return 0;
        },
        Cancel);

    [Fact]
    public async Task After_a_busy_moment_as_many_readers_are_kept_as_before()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        await using TestStore store = await TestStore.OpenAsync();
        var sqlite = (SqliteStore)store.Store;
        for (int moment = 0; moment < 3; moment++)
        {
            await ReadTogetherAsync(3 * SqliteStore.MaxIdleReaders);
            Assert.Equal(SqliteStore.MaxIdleReaders, sqlite.IdleReaders);
        }

        for (int quiet = 0; quiet < 3 * SqliteStore.MaxIdleReaders; quiet++)
        {
            await ReadTogetherAsync(1);
        }

        Assert.Equal(SqliteStore.MaxIdleReaders, sqlite.IdleReaders);

        async Task ReadTogetherAsync(int count)
        {
            var all = new TaskCompletionSource();
            int begun = 0;
            await Task.WhenAll(Enumerable.Range(0, count).Select(_ => store.Store.ReadAsync(
                store.Account,
                async _ =>
                {
                    if (Interlocked.Increment(ref begun) == count)
                    {
                        all.SetResult();
                    }

                    await all.Task;
                    return true;
                },
                Cancel).AsTask()));
        }
    }

    [Fact]
    public async Task Trimming_the_change_log_writes_only_where_there_is_something_to_trim()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        await using TestStore store = await TestStore.OpenAsync();
        await store.AppendAsync((await store.InboxAsync()).Id, "Subject: a\r\n\r\n", "Subject: b\r\n\r\n");
        await store.AppendAsync((await store.InboxAsync()).Id, "Subject: c\r\n\r\n");
        IStoreMaintenance maintenance = store.Get<IStoreMaintenance>();

        // While the writer is held, what waits for it is not done.
        (Task<IWriteSession> write, Action open) = await HeldAsync(store);
        Task<int> nothingOld = maintenance.TrimChangesAsync(DateTimeOffset.UnixEpoch, keep: 0, Cancel).AsTask();
        Task<int> nothingBeyond = maintenance.TrimChangesAsync(DateTimeOffset.MaxValue, keep: 1_000, Cancel).AsTask();
        Task<int> something = maintenance.TrimChangesAsync(DateTimeOffset.MaxValue, keep: 1, Cancel).AsTask();
        bool[] done = [nothingOld.IsCompleted, nothingBeyond.IsCompleted, something.IsCompleted];
        open();
        await write;
        Assert.Equal([true, true, false], done);
        Assert.Equal((0, 0), (await nothingOld, await nothingBeyond));
        Assert.NotEqual(0, await something);
        Assert.Equal(0, await maintenance.TrimChangesAsync(DateTimeOffset.MaxValue, keep: 1, Cancel));
    }

    [Fact]
    public async Task The_end_of_an_account_reads_each_of_its_messages_once()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        await using TestStore store = await TestStore.OpenAsync();
        List<string> steps = await ((SqliteStore)store.Store).WriteRawAsync(
            static connection =>
            {
                var steps = new List<string>();
                using SqliteStatement plan = connection.Use("EXPLAIN QUERY PLAN " + SqliteDirectory.ReleaseBodies).Bind(1L).Bind(2L);
                while (plan.Step())
                {
                    steps.Add(plan.Text(3));
                }

                return steps;
            },
            Cancel);
        Assert.Single(steps, static step => step.Contains("email", StringComparison.Ordinal));
        Assert.Contains(steps, static step => step.StartsWith("SEARCH email USING INTEGER PRIMARY KEY", StringComparison.Ordinal));
        Assert.DoesNotContain(steps, static step => step.Contains("CORRELATED", StringComparison.Ordinal));
        Assert.Contains(steps, static step => step.StartsWith("SEARCH body USING", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_foreign_database_and_a_damaged_one_are_refused_in_one_line()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        string folder = Directory.CreateTempSubdirectory("posthorn-test-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "posthorn.db"), new string('x', 8192), Cancel);
        StoreOpeningException refused = await Assert.ThrowsAsync<StoreOpeningException>(() => TestStore.OpenAsync(folder));
        Assert.DoesNotContain('\n', refused.Message);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused_and_left_as_it_is()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        string folder = Directory.CreateTempSubdirectory("posthorn-test-").FullName;
        using (SqliteConnection invoices = SqliteConnection.Open(Path.Combine(folder, "posthorn.db"), readOnly: false))
        {
            invoices.Execute("CREATE TABLE invoice(id INTEGER)");
        }

        byte[] before = await File.ReadAllBytesAsync(Path.Combine(folder, "posthorn.db"), Cancel);
        StoreOpeningException refused = await Assert.ThrowsAsync<StoreOpeningException>(() => TestStore.OpenAsync(folder));
        Assert.Contains("is not a Posthorn store. Give another data folder.", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(folder, "posthorn.db"), Cancel));
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A write that has begun, and ends when told. Each time it runs it takes a modseq.</summary>
    private static async Task<(Task<IWriteSession> Write, Action Open)> HeldAsync(TestStore store)
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var opened = new ManualResetEventSlim();
        Task<IWriteSession> write = WriteAsync(store, _ =>
        {
            entered.TrySetResult();
            opened.Wait(Cancel);
        });
        await entered.Task;
        return (write, opened.Set);
    }

    /// <summary>Takes a modseq, then does as told; gives the session, which is that of its commit.</summary>
    private static Task<IWriteSession> WriteAsync(TestStore store, Action<IWriteSession> work) => store.Store.WriteAsync(
        new[] { store.Account },
        async session =>
        {
            await session.ModSeqAsync(store.Account);
            work(session);
            return session;
        },
        Cancel).AsTask();

    private static async Task<long> ModSeqAsync(TestStore store) =>
        await store.Store.WriteAsync(new[] { store.Account }, async session => (await session.ModSeqAsync(store.Account)).Value, Cancel);
}
