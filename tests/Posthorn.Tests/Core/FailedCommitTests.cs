using System.Runtime.InteropServices;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage.Sqlite;
using Posthorn.Stores;
using SQLitePCL;

namespace Posthorn.Tests.Core;

/// <summary>A commit of the embedded store that the disk did not take, or did not say whether it has.</summary>
public sealed class FailedCommitTests
{
    private static readonly string Large = "Subject: large\r\n\r\n" + new string('x', MessageWriter.InlineBytes) + "\r\n";

    // SQLite has their addresses as long as it has the file open.
    private static readonly List<FileCalls> Kept = [];

    private int _ofWrites, _ofSyncs;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_commit_whose_sync_failed_may_be_there_after_a_crash_and_then_has_its_octets()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        await using TestStore store = await TestStore.OpenAsync();
        await WatchLogAsync((SqliteStore)store.Store);
        MailboxId inbox = (await store.InboxAsync()).Id;
        _ofSyncs = raw.SQLITE_IOERR_FSYNC;
        StoreUnavailableException failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(store, inbox));
        Assert.Equal((true, false), (failure.IsOutcomeOpen, failure.IsFull));
        Assert.Equal(0, (await store.InboxAsync()).Messages);

        string crashed = Directory.CreateTempSubdirectory("posthorn-test-").FullName;
        CopyAll(store.Folder, crashed);
        await using (TestStore after = await TestStore.OpenAsync(crashed))
        {
            Assert.Equal(Large, await after.TextAsync((await after.InboxAsync()).Id, 1));
            Assert.Empty((await after.Get<StoreCheck>().RunAsync(Actor.System("test"), false, new Progress<long>(), Cancel)).Value);
        }

        Directory.Delete(crashed, recursive: true);

        // Without a crash the next commit takes its place, and the sweep what no row names.
        _ofSyncs = raw.SQLITE_OK;
        await AppendAsync(store, inbox);
        Assert.Equal(2, TestDatabase.BodyFiles(store.Folder).Count);
        store.Time.SetUtcNow(DateTimeOffset.UtcNow + BodySweep.UploadGrace * 2);
        Assert.Equal(1, await store.Get<BodySweep>().SweepAsync(Cancel));
        Assert.Equal(Large, await store.TextAsync(inbox, 1));
    }

    [Fact]
    public async Task A_commit_that_a_full_disk_did_not_take_leaves_no_octets()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "SQLite alone");
        await using TestStore store = await TestStore.OpenAsync();
        await WatchLogAsync((SqliteStore)store.Store);
        MailboxId inbox = (await store.InboxAsync()).Id;
        _ofWrites = raw.SQLITE_FULL;
        StoreUnavailableException failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => AppendAsync(store, inbox));
        Assert.Equal((false, true), (failure.IsOutcomeOpen, failure.IsFull));
        Assert.Empty(TestDatabase.BodyFiles(store.Folder));
        _ofWrites = raw.SQLITE_OK;
        await AppendAsync(store, inbox);
        Assert.Equal(Large, await store.TextAsync(inbox, 1));
    }

    private static async Task AppendAsync(TestStore store, MailboxId mailbox)
    {
        await using IncomingMessage message = await store.MessageAsync(Large);
        Assert.True((await store.Get<Messages>().AppendAsync(store.Actor, store.Account, mailbox, [new NewMessage(message, MessageFlags.None, [], null)], Cancel)).IsOk);
    }

    /// <summary>Puts calls that can be told to fail before those of the writer's WAL.</summary>
    private async Task WatchLogAsync(SqliteStore store) => Kept.Add(await store.WriteRawAsync(
        connection =>
        {
            // https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html: SQLITE_FCNTL_JOURNAL_POINTER, the open journal or WAL.
            const int JournalPointer = 28;
            Assert.Equal(raw.SQLITE_OK, FileControl(connection.Handle, "main\0"u8.ToArray(), JournalPointer, out IntPtr wal));
            FileCalls calls = FileCalls.Of(wal);
            var watched = new FileCalls
            {
                Close = calls.Close,
                Read = calls.Read,
                Write = (file, octets, count, offset) => _ofWrites == raw.SQLITE_OK ? calls.Write(file, octets, count, offset) : _ofWrites,
                Truncate = calls.Truncate,
                Sync = (file, flags) => _ofSyncs == raw.SQLITE_OK ? calls.Sync(file, flags) : _ofSyncs,
                FileSize = calls.FileSize,
                Lock = calls.Lock,
                Unlock = calls.Unlock,
                CheckReservedLock = calls.CheckReservedLock,
                FileControl = calls.FileControl,
                SectorSize = calls.SectorSize,
                DeviceCharacteristics = calls.DeviceCharacteristics,
            };
            Marshal.WriteIntPtr(wal, watched.ToTable());
            return watched;
        },
        Cancel));

    /// <summary>What a crash leaves: neither the index of the WAL, which is made anew, nor the lock.</summary>
    private static void CopyAll(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(static file => Path.GetFileName(file) is not ("posthorn.db-shm" or "lock")))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

#pragma warning disable CA5392 // The library is the one that SQLitePCLRaw brings, found where it finds it.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control")]
    private static extern int FileControl(sqlite3 database, byte[] schema, int what, out IntPtr argument);
#pragma warning restore CA5392
}
