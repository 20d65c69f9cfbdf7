using Microsoft.Extensions.Time.Testing;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Sqlite;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Copying;

/// <summary>Backups of both stores, and what restore makes of them.</summary>
public sealed class BackupTests : IDisposable
{
    private static readonly IProgress<WorkStep> Silent = new Progress<WorkStep>();
    private static readonly Actor Administrator = Actor.System("test");
    private static readonly string Large = "Subject: large\r\n\r\n" + new string('x', MessageWriter.InlineBytes) + "\r\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-backup-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(_folder, "backup");

    [Fact]
    public async Task A_backup_restores_into_either_store_in_a_new_epoch_with_the_same_mail()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: small\r\n\r\n", Large);
        Assert.Equal(1, (await BackUpAsync(store)).Manifest.Bodies);
        await store.AppendAsync(inbox.Id, Large);
        BackupReport second = await BackUpAsync(store);
        Assert.Equal((2, 1), (second.Manifest.Bodies, second.BodiesCopied));
        Assert.Empty(Restore.Verify(Folder, Silent, Cancel));

        foreach (StoreOptions place in Places())
        {
            Assert.Empty(await Restore.RunAsync(Folder, place, store.Time, Silent, Cancel));
            await using TestStore again = await TestStore.AtAsync(place);
            Mailbox after = await again.InboxAsync();
            Assert.Equal(3, after.Messages);
            Assert.NotEqual(inbox.UidValidity, after.UidValidity);
            Assert.True(after.HighestModSeq.Value > inbox.HighestModSeq.Value + uint.MaxValue);
            Assert.Equal(Large, await again.TextAsync(after.Id, 3));
            Assert.Equal(await UidlsAsync(store, inbox.Id), await UidlsAsync(again, after.Id));
            Assert.Empty((await again.Get<StoreCheck>().RunAsync(Administrator, false, new Progress<long>(), Cancel)).Value);

            // Numbers go on where they were: what is added takes nobody's place.
            Assert.Equal(4u, (await again.AppendAsync(after.Id, "Subject: new\r\n\r\n")).Uids.Ranges[0].First);
        }
    }

    /// <summary>RFC 8474 §4, §5.1: clients keep contents by EMAILID, whatever UIDVALIDITY says, and MAILBOXID is never another mailbox's.</summary>
    [Fact]
    public async Task Ids_that_were_given_out_after_the_backup_are_not_given_again()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n");
        await BackUpAsync(store);
        (EmailId Email, ThreadId Thread, MailboxId Mailbox) before = await AddAsync(store, "after the backup"), kept = await IdsAsync(store, 1, inbox.Id);
        foreach (StoreOptions place in Places())
        {
            await Restore.RunAsync(Folder, place, store.Time, Silent, Cancel);
            await using TestStore again = await TestStore.AtAsync(place);
            Assert.Equal(kept, await IdsAsync(again, 1, (await again.InboxAsync()).Id));
            (EmailId Email, ThreadId Thread, MailboxId Mailbox) after = await AddAsync(again, "after the restore");
            Assert.NotEqual(before.Email, after.Email);
            Assert.NotEqual(before.Thread, after.Thread);
            Assert.NotEqual(before.Mailbox, after.Mailbox);
        }

        static async Task<(EmailId, ThreadId, MailboxId)> AddAsync(TestStore store, string subject)
        {
            await store.AppendAsync((await store.InboxAsync()).Id, $"Subject: {subject}\r\n\r\n");
            return await IdsAsync(store, 2, (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, subject, SpecialUse.None, Cancel)).Value.Id);
        }

        static async Task<(EmailId, ThreadId, MailboxId)> IdsAsync(TestStore store, uint uid, MailboxId mailbox)
        {
            Message message = (await store.Get<Messages>().ReadAsync(store.Actor, store.Account, (await store.InboxAsync()).Id, UidSet.Of(uid), MessageFields.None, Cancel)).Value[0];
            return (message.Email, message.Thread, mailbox);
        }
    }

    /// <summary>A look at all mailboxes for each of them would take minutes.</summary>
    [Fact]
    public async Task A_restore_of_very_many_mailboxes_gives_each_a_uidvalidity_of_its_own()
    {
        const int Count = 100_000;
        string path = Path.Combine(_folder, "many.db");
        BackupFile.Make(path, TimeProvider.System);
        using (SqliteConnection database = SqliteConnection.Open(path, readOnly: false))
        {
            database.Execute($"""
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {Count})
                INSERT INTO mailbox(account, id, name, uid_validity, uid_next, highest_modseq, messages, unseen, deleted, size, special_use, container, keywords)
                    SELECT i / 10, i, 'm' || i, 7, 1, 1, 0, 0, 0, 0, 0, 0, '' FROM n
                """);
        }

        await Task.Run(() => SqliteRestore.BeginNewEpoch(path, TimeProvider.System), Cancel).WaitAsync(TimeSpan.FromMinutes(1), Cancel);
        using SqliteConnection restored = SqliteConnection.Open(path, readOnly: false);
        Assert.Equal(Count, restored.Scalar("SELECT count(DISTINCT uid_validity) FROM mailbox WHERE uid_validity > 7"));
        Assert.Equal(1, restored.Scalar("SELECT max(uid_validity) = (SELECT CAST(value AS INTEGER) FROM setting WHERE key = 'uidvalidity') FROM mailbox"));
    }

    [Fact]
    public async Task A_second_backup_writes_what_changed_and_drops_what_went()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, [.. Enumerable.Range(0, 50).Select(i => $"Subject: {i}\r\n\r\n")]);
        await store.AppendAsync(inbox.Id, Large);
        await BackUpAsync(store);
        Assert.Equal(0, (await BackUpAsync(store)).RowsWritten);

        await store.Get<Messages>().ChangeFlagsAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(7), new FlagChange(FlagOperation.Add, MessageFlags.Seen, []), null, Cancel);
        Assert.InRange((await BackUpAsync(store)).RowsWritten, 3, 6);

        store.Time.SetUtcNow(DateTimeOffset.UtcNow - TimeSpan.FromDays(20));
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(51), Cancel);
        store.Time.SetUtcNow(DateTimeOffset.UtcNow);
        await store.Get<Posthorn.Core.Undelete.UndeleteExpiry>().ExpireAsync(Cancel);
        Assert.Equal(1, await store.Get<BodySweep>().SweepAsync(Cancel) + await LaterAsync(store));
        BackupReport last = await BackUpAsync(store);
        Assert.Equal(0, last.Manifest.Bodies);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Folder, Backup.BodiesName), "*", SearchOption.AllDirectories));
        Assert.Empty(Restore.Verify(Folder, Silent, Cancel));
    }

    [Fact]
    public async Task Restore_overwrites_no_store_and_takes_no_half_backup()
    {
        await using TestStore store = await TestStore.OpenAsync();
        StoreOptions[] places = Places();
        Assert.Contains("no whole backup", (await Assert.ThrowsAsync<StoreOpeningException>(() => RestoreAsync(places[0]))).Message, StringComparison.Ordinal);
        await BackUpAsync(store);
        foreach (StoreOptions place in places)
        {
            await RestoreAsync(place);
            await using (TestStore used = await TestStore.AtAsync(place))
            {
                await used.Get<StoreUse>().BeginAsync(Cancel);
            }

            Assert.Contains("already", (await Assert.ThrowsAsync<StoreOpeningException>(() => RestoreAsync(place))).Message, StringComparison.Ordinal);
        }

        Task RestoreAsync(StoreOptions place) => Restore.RunAsync(Folder, place, store.Time, Silent, Cancel).AsTask();
    }

    [Fact]
    public async Task Verify_names_a_body_with_a_flipped_bit_and_a_row_that_is_not_what_was_written()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await store.AppendAsync((await store.InboxAsync()).Id, Large);
        await BackUpAsync(store);
        string body = Directory.EnumerateFiles(Path.Combine(Folder, Backup.BodiesName), "*", SearchOption.AllDirectories).Single();
        byte[] octets = await File.ReadAllBytesAsync(body, Cancel);
        octets[1000] ^= 1;
        await File.WriteAllBytesAsync(body, octets, Cancel);
        Assert.Contains("is damaged", Assert.Single(Restore.Verify(Folder, Silent, Cancel)), StringComparison.Ordinal);
        octets[1000] ^= 1;
        await File.WriteAllBytesAsync(body, octets, Cancel);

        using (SqliteConnection database = SqliteConnection.Open(Path.Combine(Folder, Backup.DatabaseName), readOnly: false))
        {
            database.Execute("UPDATE mailbox_message SET flags = flags | 2");
        }

        Assert.Contains("the table mailbox_message is damaged", Assert.Single(Restore.Verify(Folder, Silent, Cancel)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_of_a_newer_version_is_refused()
    {
        await using TestStore store = await TestStore.OpenAsync();
        BackupManifest manifest = (await BackUpAsync(store)).Manifest;
        (manifest with { Schema = manifest.Schema + 1 }).Prepare(Folder);
        BackupManifest.Settle(Folder);
        Assert.Contains("newer Posthorn", Assert.Throws<StoreOpeningException>(() => Restore.Verify(Folder, Silent, Cancel)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_was_cut_off_leaves_the_one_before_and_the_next_one_is_whole()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n");
        await BackUpAsync(store);
        await store.AppendAsync(inbox.Id, Large);
        using var cut = new CancellationTokenSource();
        var cutting = new Cutting(cut, "Large messages copied");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.Get<Backup>().RunAsync(Administrator, Folder, cutting, cut.Token).AsTask());
        Assert.Empty(Restore.Verify(Folder, Silent, Cancel));
        Assert.Equal(0, BackupManifest.Read(Folder)!.Bodies);
        Assert.Equal(1, (await BackUpAsync(store)).Manifest.Bodies);
        Assert.Empty(Restore.Verify(Folder, Silent, Cancel));
    }

    [Fact]
    public async Task A_backup_that_was_cut_off_about_its_commit_is_whole_before_it_and_after_it()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n");
        await BackUpAsync(store);
        string database = Path.Combine(Folder, Backup.DatabaseName), manifest = Path.Combine(Folder, BackupManifest.FileName), prepared = manifest + ".new";
        (byte[] Database, string Manifest) old = (await File.ReadAllBytesAsync(database, Cancel), await File.ReadAllTextAsync(manifest, Cancel));
        await store.AppendAsync(inbox.Id, Large);
        await BackUpAsync(store);
        (byte[] Database, string Manifest) next = (await File.ReadAllBytesAsync(database, Cancel), await File.ReadAllTextAsync(manifest, Cancel));

        await LeaveAsync(old.Database);
        await AssertHoldsAsync(1);
        await LeaveAsync(next.Database);
        await AssertHoldsAsync(2);

        // A first one has no words of before.
        File.Delete(manifest);
        await AssertHoldsAsync(2);

        // The next one replaces what the folder holds, and may be cut off again.
        await LeaveAsync(next.Database);
        await store.AppendAsync(inbox.Id, Large);
        using var cut = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            store.Get<Backup>().RunAsync(Administrator, Folder, new Cutting(cut, "Large messages copied"), cut.Token).AsTask());
        await AssertHoldsAsync(2);
        await BackUpAsync(store);
        await AssertHoldsAsync(3);
        Assert.False(File.Exists(prepared));

        async Task LeaveAsync(byte[] committed)
        {
            await File.WriteAllBytesAsync(database, committed, Cancel);
            await File.WriteAllTextAsync(manifest, old.Manifest, Cancel);
            await File.WriteAllTextAsync(prepared, next.Manifest, Cancel);
        }

        async Task AssertHoldsAsync(int messages)
        {
            Assert.Empty(Restore.Verify(Folder, Silent, Cancel));
            var place = new StoreOptions { DataFolder = Path.Combine(_folder, Path.GetRandomFileName()) };
            Assert.Empty(await Restore.RunAsync(Folder, place, store.Time, Silent, Cancel));
            await using TestStore restored = await TestStore.AtAsync(place);
            Assert.Equal(messages, (await restored.InboxAsync()).Messages);
        }
    }

    [Fact]
    public async Task Nothing_is_swept_while_a_store_is_copied_and_a_copy_that_was_killed_holds_it_for_minutes_only()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Large);
        store.Time.SetUtcNow(DateTimeOffset.UtcNow - TimeSpan.FromDays(20));
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), Cancel);
        store.Time.SetUtcNow(DateTimeOffset.UtcNow);
        await store.Get<Posthorn.Core.Undelete.UndeleteExpiry>().ExpireAsync(Cancel);
        store.Time.Advance(BodySweep.Grace + TimeSpan.FromMinutes(1));

        // Another process would hold with its own clock.
        var elsewhere = new FakeTimeProvider(store.Time.GetUtcNow());
        await using (await BodyHold.TakeAsync(store.Store, elsewhere, Cancel))
        {
            Assert.Equal(0, await store.Get<BodySweep>().SweepAsync(Cancel));
            DateTimeOffset now = store.Time.GetUtcNow();
            StoredBody released = (await store.Store.ReadAsync(AccountId.Store, session => session.Bodies.UnreferencedAsync(now, 10), Cancel)).Single();
            Assert.False(await store.Store.WriteAsync(default, session => session.Bodies.DeleteUnreferencedAsync(released.Id, now), Cancel));
            store.Time.Advance(BodyHold.Length + TimeSpan.FromSeconds(1));
            Assert.Equal(1, await store.Get<BodySweep>().SweepAsync(Cancel));
        }
    }

    [Fact]
    public async Task A_backup_that_a_crash_cut_off_is_restored_as_the_one_before()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await store.AppendAsync((await store.InboxAsync()).Id, [.. Enumerable.Range(0, 300).Select(static i => $"Subject: {i}\r\n\r\n")]);
        await BackUpAsync(store);
        string database = Path.Combine(Folder, Backup.DatabaseName);
        byte[] before = await File.ReadAllBytesAsync(database, Cancel);
        string cut = CutOff(database);
        File.Move(cut, database, overwrite: true);
        File.Move(cut + "-journal", database + "-journal");
        Assert.NotEqual(before, await File.ReadAllBytesAsync(database, Cancel));

        var place = new StoreOptions { DataFolder = Path.Combine(_folder, "embedded") };
        await Restore.RunAsync(Folder, place, store.Time, Silent, Cancel);
        await AssertFlagsAsync(place, MessageFlags.None);
        Assert.Equal(before, await File.ReadAllBytesAsync(database, Cancel));
    }

    [Fact]
    public async Task What_a_restore_that_was_killed_left_is_not_played_into_the_next_one()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, [.. Enumerable.Range(0, 300).Select(static i => $"Subject: {i}\r\n\r\n")]);
        await BackUpAsync(store);
        string killed = CutOff(Path.Combine(Folder, Backup.DatabaseName));
        await store.Get<Messages>().ChangeFlagsAsync(store.Actor, store.Account, inbox.Id, UidSet.All, new FlagChange(FlagOperation.Add, MessageFlags.Seen, []), null, Cancel);
        await BackUpAsync(store);

        var place = new StoreOptions { DataFolder = Path.Combine(_folder, "embedded") };
        Directory.CreateDirectory(place.DataFolder);
        File.Move(killed + "-journal", Path.Combine(place.DataFolder, "posthorn.db.restoring-journal"));
        await Restore.RunAsync(Folder, place, store.Time, Silent, Cancel);
        await AssertFlagsAsync(place, MessageFlags.Seen);
    }

    [Theory]
    [InlineData("-wal")]
    [InlineData("-shm")]
    [InlineData("-journal")]
    public async Task What_is_left_of_another_database_is_not_played_into_a_restored_one(string suffix)
    {
        await using TestStore store = await TestStore.OpenAsync();
        await BackUpAsync(store);
        var place = new StoreOptions { DataFolder = Path.Combine(_folder, "embedded") };
        Directory.CreateDirectory(place.DataFolder);
        string left = Path.Combine(place.DataFolder, "posthorn.db" + suffix);
        await File.WriteAllTextAsync(left, "theirs", Cancel);
        StoreOpeningException refused = await Assert.ThrowsAsync<StoreOpeningException>(() => Restore.RunAsync(Folder, place, store.Time, Silent, Cancel).AsTask());
        Assert.StartsWith($"{left} is left of another store", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal("theirs", await File.ReadAllTextAsync(left, Cancel));
        Assert.False(File.Exists(Path.Combine(place.DataFolder, "posthorn.db")));
    }

    [Fact]
    public async Task A_bucket_that_another_store_uses_takes_no_restored_one_and_a_restore_that_was_cut_off_goes_on_in_its_own()
    {
        StoreOptions live = Places()[1], place = new() { DataFolder = Path.Combine(_folder, "again"), Bodies = TestDatabase.MakeBucket() };
        await using (TestStore store = await TestStore.AtAsync(live))
        {
            await store.AppendAsync((await store.InboxAsync()).Id, [.. Enumerable.Repeat(Large, 40)]);
            await BackUpAsync(store);
        }

        foreach (StoreOptions taken in new StoreOptions[] { place with { Bodies = live.Bodies }, Places()[1] with { Bodies = live.Bodies } })
        {
            StoreOpeningException refused = await Assert.ThrowsAsync<StoreOpeningException>(() => Restore.RunAsync(Folder, taken, TimeProvider.System, Silent, Cancel).AsTask());
            Assert.Contains("keeps the bodies of another store", refused.Message, StringComparison.Ordinal);
        }

        foreach (StoreOptions empty in new[] { place, Places()[1] })
        {
            using var cut = new CancellationTokenSource();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                Restore.RunAsync(Folder, empty, TimeProvider.System, new Cutting(cut, "Large messages copied"), cut.Token).AsTask());
            Assert.Empty(await Restore.RunAsync(Folder, empty, TimeProvider.System, Silent, Cancel));
            await using (TestStore restored = await TestStore.AtAsync(empty))
            {
                Assert.Equal(Large, await restored.TextAsync((await restored.InboxAsync()).Id, 1));
            }

            // It is a store now: the same backup beside it needs a place of its own.
            StoreOptions second = new() { DataFolder = Path.Combine(_folder, Path.GetRandomFileName()), Bodies = empty.Bodies };
            await Assert.ThrowsAsync<StoreOpeningException>(() => Restore.RunAsync(Folder, second, TimeProvider.System, Silent, Cancel).AsTask());
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A copy of a database and its journal as a crash leaves them in the middle of a change. The database itself stays as it is.</summary>
    private string CutOff(string database)
    {
        string copy = Path.Combine(_folder, "cut-off.db");
        using SqliteConnection connection = SqliteConnection.Open(database, readOnly: false);
        connection.Execute("PRAGMA cache_size=1; BEGIN IMMEDIATE; UPDATE mailbox_message SET flags = flags | 4; UPDATE email SET preview = 'another'");
        File.Copy(database, copy);
        File.Copy(database + "-journal", copy + "-journal");
        connection.Execute("ROLLBACK");
        return copy;
    }

    private static async Task AssertFlagsAsync(StoreOptions place, MessageFlags flags)
    {
        await using TestStore restored = await TestStore.AtAsync(place);
        IReadOnlyList<Message> messages = (await restored.Get<Messages>().ReadAsync(
            restored.Actor, restored.Account, (await restored.InboxAsync()).Id, UidSet.All, MessageFields.None, Cancel)).Value;
        Assert.Equal(300, messages.Count);
        Assert.All(messages, message => Assert.Equal(flags, message.Flags));
        Assert.Empty((await restored.Get<StoreCheck>().RunAsync(Administrator, false, new Progress<long>(), Cancel)).Value);
    }

    private static async Task<int> LaterAsync(TestStore store)
    {
        store.Time.Advance(BodySweep.Grace + TimeSpan.FromMinutes(1));
        return await store.Get<BodySweep>().SweepAsync(Cancel);
    }

    /// <summary>An empty embedded store with files, and an empty database with a bucket.</summary>
    private StoreOptions[] Places() =>
    [
        new() { DataFolder = Path.Combine(_folder, "embedded") },
        new() { DataFolder = Path.Combine(_folder, "node"), Database = TestDatabase.Cluster.ConnectionString(TestDatabase.Create("template0")), Bodies = TestDatabase.MakeBucket() },
    ];

    private async Task<BackupReport> BackUpAsync(TestStore store)
    {
        BackupReport report = (await store.Get<Backup>().RunAsync(Administrator, Folder, Silent, Cancel)).Value;
        Assert.Empty(report.Damaged);
        return report;
    }

    private static async Task<IEnumerable<string>> UidlsAsync(TestStore store, MailboxId mailbox) =>
        (await store.Get<Messages>().ReadAsync(store.Actor, store.Account, mailbox, UidSet.All, MessageFields.None, Cancel)).Value.Select(message => message.Uidl);

    private sealed class Cutting(CancellationTokenSource cut, string at) : IProgress<WorkStep>
    {
        public void Report(WorkStep value)
        {
            if (value.What == at)
            {
                cut.Cancel();
            }
        }
    }
}
