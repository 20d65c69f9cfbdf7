using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.Stores;

namespace Posthorn.Tests.Core;

public sealed class MaintenanceTests
{
    private const string BackedUpElsewhere = "PostgreSQL has its own means";
    private static readonly IProgress<long> Silent = new Progress<long>();
    private static readonly Actor Administrator = Actor.System("test");
    private static readonly string Large = "Subject: large\r\n\r\n" + new string('x', MessageWriter.InlineBytes) + "\r\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_restores_into_a_new_epoch_with_the_same_mail()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, BackedUpElsewhere);
        string backup = Directory.CreateTempSubdirectory("posthorn-backup-").FullName, restored = Directory.CreateTempSubdirectory("posthorn-restored-").FullName;
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: small\r\n\r\n", Large);
        BackupManifest manifest = (await store.Get<Backup>().RunAsync(Administrator, backup, Silent, Cancel)).Value;
        Assert.Equal(1, manifest.Bodies);
        await store.AppendAsync(inbox.Id, Large);
        Assert.Equal(2, (await store.Get<Backup>().RunAsync(Administrator, backup, Silent, Cancel)).Value.Bodies);
        Assert.Empty(Restore.Verify(backup, Silent, Cancel));

        Restore.Run(backup, restored, store.Time, Silent, Cancel);
        await using TestStore again = await TestStore.OpenAsync(restored);
        again.OwnsFolder = true;
        Mailbox after = await again.InboxAsync();
        Assert.Equal(3, after.Messages);
        Assert.NotEqual(inbox.UidValidity, after.UidValidity);
        Assert.True(after.HighestModSeq.Value > inbox.HighestModSeq.Value + uint.MaxValue);
        Assert.Equal(Large, await again.TextAsync(after.Id, 3));
        Assert.Equal(await UidlsAsync(store, inbox.Id), await UidlsAsync(again, after.Id));
        Assert.Empty((await again.Get<StoreCheck>().RunAsync(Administrator, false, Silent, Cancel)).Value);
        Directory.Delete(backup, recursive: true);
    }

    [Fact]
    public async Task Restore_overwrites_no_store_and_takes_no_half_backup()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, BackedUpElsewhere);
        string backup = Directory.CreateTempSubdirectory("posthorn-backup-").FullName;
        await using TestStore store = await TestStore.OpenAsync();
        Assert.Contains("no whole backup", Assert.Throws<StoreOpeningException>(() => Restore.Run(backup, store.Folder + "-x", store.Time, Silent, Cancel)).Message, StringComparison.Ordinal);
        await store.Get<Backup>().RunAsync(Administrator, backup, Silent, Cancel);
        Assert.Throws<StoreOpeningException>(() => Restore.Run(backup, store.Folder, store.Time, Silent, Cancel));
        Directory.Delete(backup, recursive: true);
    }

    [Fact]
    public async Task Verify_names_a_body_with_a_flipped_bit()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, BackedUpElsewhere);
        string backup = Directory.CreateTempSubdirectory("posthorn-backup-").FullName;
        await using TestStore store = await TestStore.OpenAsync();
        await store.AppendAsync((await store.InboxAsync()).Id, Large);
        await store.Get<Backup>().RunAsync(Administrator, backup, Silent, Cancel);
        string body = Directory.EnumerateFiles(Path.Combine(backup, Backup.BodiesName), "*", SearchOption.AllDirectories).Single();
        byte[] octets = await File.ReadAllBytesAsync(body, Cancel);
        octets[1000] ^= 1;
        await File.WriteAllBytesAsync(body, octets, Cancel);
        Assert.Contains("is damaged", Assert.Single(Restore.Verify(backup, Silent, Cancel)), StringComparison.Ordinal);
        Directory.Delete(backup, recursive: true);
    }

    [Fact]
    public async Task Check_is_clean_after_work_and_names_a_missing_body_and_a_wrong_counter()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        Mailbox archive = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Archive", SpecialUse.None, Cancel)).Value;
        await store.AppendAsync(inbox.Id, "Subject: a\r\n\r\n", Large, "Subject: c\r\n\r\n");
        Messages messages = store.Get<Messages>();
        await messages.CopyAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1, 2), archive.Id, Cancel);
        await messages.CopyAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), archive.Id, Cancel);
        await messages.ChangeFlagsAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1, 2), new FlagChange(FlagOperation.Add, MessageFlags.Deleted | MessageFlags.Seen, []), null, Cancel);
        await messages.ExpungeAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), Cancel);
        Assert.Empty((await store.Get<StoreCheck>().RunAsync(Administrator, false, Silent, Cancel)).Value);

        await store.Store.WriteAsync(
            new[] { store.Account },
            async session =>
            {
                await session.Mailboxes.ChangeAsync(store.Account, inbox.Id, new MailboxDelta(0, 5, 0, 0, 0), new ModSeq(1));
                return Done.Value;
            },
            Cancel);
        File.Delete(TestDatabase.BodyFiles(store.Folder).Single());
        IReadOnlyList<StoreFinding> findings = (await store.Get<StoreCheck>().RunAsync(Administrator, true, Silent, Cancel)).Value;
        Assert.Equal(["counters", "body"], findings.Select(finding => finding.What));
        Assert.Equal(["body"], (await store.Get<StoreCheck>().RunAsync(Administrator, false, Silent, Cancel)).Value.Select(finding => finding.What));
    }

    [Fact]
    public async Task The_sweep_takes_only_bodies_that_nothing_has_referred_to_for_an_hour()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Large, Large);
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), Cancel);
        Assert.Equal(0, await store.Get<BodySweep>().SweepAsync(Cancel));
        store.Time.SetUtcNow(DateTimeOffset.UtcNow + BodySweep.Grace + TimeSpan.FromMinutes(1));
        Assert.Equal(1, await store.Get<BodySweep>().SweepAsync(Cancel));
        Assert.Equal(Large, await store.TextAsync(inbox.Id, 2));
        Assert.Single(TestDatabase.BodyFiles(store.Folder));
    }

    [Fact]
    public async Task A_store_in_PostgreSQL_says_how_it_is_backed_up()
    {
        Assert.SkipUnless(TestDatabase.IsPostgres, "PostgreSQL alone");
        await using TestStore store = await TestStore.OpenAsync();
        Result<BackupManifest> refused = await store.Get<Backup>().RunAsync(Administrator, Path.Combine(store.Folder, "backup"), Silent, Cancel);
        Assert.Contains("pg_dump", refused.Refusal?.Text, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(store.Folder, "backup")));
    }

    private static async Task<IEnumerable<string>> UidlsAsync(TestStore store, MailboxId mailbox) =>
        (await store.Get<Messages>().ReadAsync(store.Actor, store.Account, mailbox, UidSet.All, MessageFields.None, Cancel)).Value.Select(message => message.Uidl);
}
