using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Sqlite;
using Posthorn.Stores;

namespace Posthorn.Tests.Core;

public sealed class MaintenanceTests
{
    private static readonly IProgress<long> Silent = new Progress<long>();
    private static readonly Actor Administrator = Actor.System("test");
    private static readonly string Large = "Subject: large\r\n\r\n" + new string('x', MessageWriter.InlineBytes) + "\r\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

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
    public async Task Contents_that_are_gone_are_named_and_a_repair_gives_no_octets_to_the_sweep()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Large, Large, "Subject: c\r\n\r\n");
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(2), Cancel);
        await ExecuteAsync(store, $"DELETE FROM email WHERE key < ({store.Account} << 32) + 3", $"DELETE FROM email WHERE account = {store.Account} AND id < 3");
        string[] gone =
        [
            $"account {store.Account}, mailbox {inbox.Id}: message 1 has no contents",
            $"account {store.Account}, mailbox {inbox.Id}: the removed message 2 has no contents",
        ];
        Assert.Equal(gone, await IntegrityAsync(store, repair: false));
        IReadOnlyList<StoreFinding> repaired = (await store.Get<StoreCheck>().RunAsync(Administrator, true, Silent, Cancel)).Value;
        StoreFinding[] references = [.. repaired.Where(static finding => finding.What == "references")];
        Assert.Equal(2, references.Length);
        Assert.All(references, static finding => Assert.False(finding.IsRepaired));
        Assert.All(references, static finding => Assert.Contains("not lowered", finding.Text, StringComparison.Ordinal));

        store.Time.SetUtcNow(DateTimeOffset.UtcNow + BodySweep.UploadGrace * 2);
        Assert.Equal(0, await store.Get<BodySweep>().SweepAsync(Cancel));
        Assert.Equal(2, TestDatabase.BodyFiles(store.Folder).Count);
        Assert.Equal(gone, await IntegrityAsync(store, repair: false));
    }

    [Fact]
    public async Task A_mailbox_that_is_gone_is_named_and_the_octets_of_its_messages_stay()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox archive = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Archive", SpecialUse.None, Cancel)).Value;
        await store.AppendAsync(archive.Id, Large);
        string sql = $"DELETE FROM mailbox WHERE account = {store.Account} AND id = {archive.Id}";
        await ExecuteAsync(store, sql, sql);
        string[] gone = [$"account {store.Account}: message 1 is in mailbox {archive.Id}, which is not there"];
        Assert.Equal(gone, await IntegrityAsync(store, repair: true));
        store.Time.SetUtcNow(DateTimeOffset.UtcNow + BodySweep.UploadGrace * 2);
        Assert.Equal(0, await store.Get<BodySweep>().SweepAsync(Cancel));
        Assert.Single(TestDatabase.BodyFiles(store.Folder));
        Assert.Equal(gone, await IntegrityAsync(store, repair: false));
    }

    [Fact]
    public async Task Contents_that_belong_to_no_message_are_named_and_other_references_are_still_put_right()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await store.AppendAsync((await store.InboxAsync()).Id, "Subject: a\r\n\r\n", "Subject: b\r\n\r\n");
        string sql = $"DELETE FROM mailbox_message WHERE account = {store.Account} AND uid = 1";
        await ExecuteAsync(store, sql, sql);
        await ExecuteAsync(store, "UPDATE body SET refs = refs + 1", "UPDATE body SET refs = refs + 1");
        Assert.Equal([$"account {store.Account}: the contents 1 belong to no message"], await IntegrityAsync(store, repair: true));
        Assert.Equal(["integrity"], (await store.Get<StoreCheck>().RunAsync(Administrator, false, Silent, Cancel)).Value.Select(static finding => finding.What));
    }

    [Fact]
    public async Task The_sweep_takes_only_bodies_that_nothing_has_referred_to_for_an_hour()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, Large, Large);
        store.Time.SetUtcNow(DateTimeOffset.UtcNow - TimeSpan.FromDays(20));
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), Cancel);
        Assert.Equal(0, await store.Get<BodySweep>().SweepAsync(Cancel));
        store.Time.SetUtcNow(DateTimeOffset.UtcNow);
        Assert.Equal((1, 0), await store.Get<Posthorn.Core.Undelete.UndeleteExpiry>().ExpireAsync(Cancel));
        Assert.Equal(0, await store.Get<BodySweep>().SweepAsync(Cancel));
        store.Time.SetUtcNow(DateTimeOffset.UtcNow + BodySweep.Grace + TimeSpan.FromMinutes(1));
        Assert.Equal(1, await store.Get<BodySweep>().SweepAsync(Cancel));
        Assert.Equal(Large, await store.TextAsync(inbox.Id, 2));
        Assert.Single(TestDatabase.BodyFiles(store.Folder));
    }

    [Fact]
    public async Task A_sweep_between_upload_and_delivery_takes_nothing_and_what_is_referred_to_is_never_taken()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        store.Time.SetUtcNow(DateTimeOffset.UtcNow);
        IncomingMessage uploaded = await store.MessageAsync(Large);
        store.Time.Advance(BodySweep.UploadGrace - TimeSpan.FromMinutes(5));
        Assert.Equal(0, await store.Get<BodySweep>().SweepAsync(Cancel));
        Assert.True((await store.Get<Messages>().AppendAsync(store.Actor, store.Account, inbox.Id, [new NewMessage(uploaded, MessageFlags.None, [], null)], Cancel)).IsOk);

        // A sweep that saw the body when nobody referred to it looks again in the transaction that removes it.
        DateTimeOffset later = store.Time.GetUtcNow() + BodySweep.Grace * 2;
        BodyId body = (await store.Get<Messages>().ReadAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), MessageFields.Content, Cancel)).Value[0].Body;
        Assert.False(await store.Store.WriteAsync(ReadOnlyMemory<AccountId>.Empty, session => session.Bodies.DeleteUnreferencedAsync(body, later), Cancel));
        store.Time.SetUtcNow(later);
        Assert.Equal(0, await store.Get<BodySweep>().SweepAsync(Cancel));
        Assert.Equal(Large, await store.TextAsync(inbox.Id, 1));
    }

    [Theory]
    [InlineData(500, BodyCodec.Zstd)]
    [InlineData(5, BodyCodec.Plain)]
    public async Task A_small_body_is_kept_compressed_where_that_pays(int lines, BodyCodec codec)
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        string text = "Subject: x\r\n\r\n" + string.Concat(Enumerable.Repeat("all work and no play\r\n", lines));
        await store.AppendAsync(inbox.Id, text);
        BodyId id = (await store.Get<Messages>().ReadAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1), MessageFields.Content, Cancel)).Value[0].Body;
        StoredBody body = (await store.Store.ReadAsync(AccountId.Store, session => session.Bodies.GetAsync(id), Cancel))!;
        Assert.Equal((text.Length, codec), ((int)body.SizeBytes, body.Codec));
        Assert.InRange(body.Inline!.Length, 1, codec == BodyCodec.Zstd ? text.Length / 2 : text.Length);
        Assert.Equal(text, await store.TextAsync(inbox.Id, 1));
    }

    private static async Task<IEnumerable<string>> IntegrityAsync(TestStore store, bool repair) =>
        (await store.Get<StoreCheck>().RunAsync(Administrator, repair, Silent, Cancel)).Value.Where(static finding => finding.What == "integrity").Select(static finding => finding.Text);

    /// <summary>Changes rows behind the store's back.</summary>
    private static async Task ExecuteAsync(TestStore store, string sqlite, string postgres)
    {
        if (store.Store is SqliteStore embedded)
        {
            await embedded.WriteRawAsync(
                connection =>
                {
                    connection.Execute(sqlite);
                    return true;
                },
                Cancel);
        }
        else
        {
            TestDatabase.Execute(store.Folder, postgres);
        }
    }
}
