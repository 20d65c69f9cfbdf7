using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Copying;
using Posthorn.Core.Storage.Sqlite;
using Posthorn.Corpus;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Copying;

/// <summary>A store moves from SQLite and files to PostgreSQL and a bucket, and back, and is the same store.</summary>
public sealed class MoveStoreTests : IDisposable
{
    private static readonly IProgress<WorkStep> Silent = new Progress<WorkStep>();
    private static readonly Actor Administrator = Actor.System("test");
    private static readonly string Large = "Subject: large\r\n\r\n" + new string('x', MessageWriter.InlineBytes) + "\r\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-move-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private StoreOptions Embedded => new() { DataFolder = Path.Combine(_folder, "embedded") };

    [Fact]
    public async Task The_corpus_moves_to_PostgreSQL_and_a_bucket_and_back_with_equal_hashes()
    {
        StoreOptions database = Database(), back = new() { DataFolder = Path.Combine(_folder, "back") };
        Dictionary<string, string> before;
        MoveReport there;
        await using (TestStore source = await FilledAsync())
        {
            before = await DigestsAsync(source);
            there = await MoveAsync(source, database);
            Assert.Equal(before, await DigestsAsync(source));
        }

        Assert.True(there.Messages > SampleMail.All.Count);
        Assert.Empty(there.Damaged);
        await using (TestStore moved = await TestStore.AtAsync(database))
        {
            Assert.Equal(before, await DigestsAsync(moved));
            await AssertSoundAsync(moved);
            await MoveAsync(moved, back);
        }

        await using TestStore returned = await TestStore.AtAsync(back);
        Assert.Equal(before, await DigestsAsync(returned));
        await AssertSoundAsync(returned);
    }

    [Fact]
    public async Task A_second_run_copies_what_changed_and_numbers_go_on()
    {
        StoreOptions database = Database();
        Mailbox inbox, archive;
        await using (TestStore source = await TestStore.AtAsync(Embedded))
        {
            inbox = await source.InboxAsync();
            await source.AppendAsync(inbox.Id, [.. Enumerable.Range(0, 100).Select(i => $"Subject: {i}\r\n\r\n"), Large]);
            Assert.Equal(101, (await MoveAsync(source, database)).Bodies);
            MoveReport nothing = await MoveAsync(source, database);
            Assert.Equal((0, 0), (nothing.RowsWritten, nothing.Bodies));

            // A name that two folders exchange, a flag, an expunge, new mail.
            Mailboxes mailboxes = source.Get<Mailboxes>();
            archive = (await mailboxes.CreateAsync(source.Actor, source.Account, "Archive", SpecialUse.None, Cancel)).Value;
            await MoveAsync(source, database);
            await mailboxes.RenameAsync(source.Actor, source.Account, archive.Name, "Old", Cancel);
            archive = (await mailboxes.CreateAsync(source.Actor, source.Account, "Archive", SpecialUse.None, Cancel)).Value;
            await source.Get<Messages>().ChangeFlagsAsync(source.Actor, source.Account, inbox.Id, UidSet.Of(3), new FlagChange(FlagOperation.Add, MessageFlags.Flagged, ["$Work"]), null, Cancel);
            await source.Get<Messages>().DeleteAsync(source.Actor, source.Account, inbox.Id, UidSet.Of(4), Cancel);
            await source.AppendAsync(archive.Id, "Subject: later\r\n\r\n", Large);
            MoveReport some = await MoveAsync(source, database);
            Assert.Equal(2, some.Bodies);
            Assert.InRange(some.RowsWritten, 10, 60);
            inbox = await source.InboxAsync();
        }

        await using TestStore moved = await TestStore.AtAsync(database);
        Mailbox after = await moved.InboxAsync();
        Assert.Equal((inbox.UidValidity, inbox.UidNext, inbox.HighestModSeq), (after.UidValidity, after.UidNext, after.HighestModSeq));
        Assert.Equal(Large, await moved.TextAsync(archive.Id, 2));
        Assert.Equal(102u, (await moved.AppendAsync(after.Id, "Subject: new\r\n\r\n")).Uids.Ranges[0].First);
        Mailbox next = (await moved.Get<Mailboxes>().CreateAsync(moved.Actor, moved.Account, "Next", SpecialUse.None, Cancel)).Value;
        Assert.True(next.UidValidity.Value > archive.UidValidity.Value);
        await AssertSoundAsync(moved);
    }

    [Fact]
    public async Task A_move_that_was_cut_off_is_no_store_and_goes_on_where_it_was()
    {
        StoreOptions database = Database();
        await using (TestStore source = await FilledAsync())
        {
            using var cut = new CancellationTokenSource();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                source.Get<MoveStore>().RunAsync(Administrator, database, new Cutting(cut, "Small messages copied"), cut.Token).AsTask());
            Assert.Contains("was cut off", (await Assert.ThrowsAsync<StoreOpeningException>(() => TestStore.AtAsync(database))).Message, StringComparison.Ordinal);
            MoveReport rest = await MoveAsync(source, database);
            Assert.Equal(0, rest.RowsWritten);
            Assert.InRange(rest.Bodies, 1, rest.Messages - 1);
        }

        await using TestStore moved = await TestStore.AtAsync(database);
        await AssertSoundAsync(moved);
    }

    [Fact]
    public async Task A_target_that_holds_something_else_is_refused_in_one_line()
    {
        StoreOptions other = new() { DataFolder = Path.Combine(_folder, "other") }, database = Database();
        await using (TestStore somebody = await TestStore.AtAsync(other))
        {
        }

        await using TestStore source = await TestStore.AtAsync(Embedded);
        await RefusedAsync(source, other, "holds another store already");
        await MoveAsync(source, database);
        await using (TestStore moved = await TestStore.AtAsync(database))
        {
            await moved.Get<StoreUse>().BeginAsync(Cancel);
        }

        await RefusedAsync(source, database, "has been used since");
        Assert.IsType<Refusal.Invalid>((await source.Get<MoveStore>().RunAsync(Administrator, Embedded, Silent, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await source.Get<MoveStore>().RunAsync(source.Actor, database, Silent, Cancel)).Refusal);

        string foreign = TestDatabase.Create("template0");
        TestDatabase.Cluster.Execute("CREATE TABLE invoice(id int)", foreign);
        await RefusedAsync(source, database with { Database = TestDatabase.Cluster.ConnectionString(foreign) }, "is not a Posthorn store");
    }

    [Fact]
    public async Task Both_stores_have_the_same_tables_to_copy()
    {
        await using TestStore embedded = await TestStore.AtAsync(Embedded);
        await using TestStore database = await TestStore.AtAsync(Database());
        using IRowSource ours = await embedded.Get<IStoreMaintenance>().ReadRowsAsync(Cancel), theirs = await database.Get<IStoreMaintenance>().ReadRowsAsync(Cancel);

        // A table or column that one of them forgot is named here.
        Assert.NotEmpty(CopiedTables.Match(ours.Tables, theirs.Tables));
    }

    [Fact]
    public async Task A_table_that_one_store_lacks_is_named()
    {
        await using TestStore embedded = await TestStore.AtAsync(Embedded);
        using (SqliteConnection more = SqliteConnection.Open(Path.Combine(Embedded.DataFolder, SqliteStore.FileName), readOnly: false))
        {
            more.Execute("CREATE TABLE postcard(id INTEGER PRIMARY KEY)");
        }

        Assert.Contains("postcard", (await Assert.ThrowsAsync<InvalidOperationException>(() => embedded.Get<MoveStore>().RunAsync(Administrator, Database(), Silent, Cancel).AsTask())).Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private StoreOptions Database() => new()
    {
        DataFolder = Path.Combine(_folder, "node"),
        Database = TestDatabase.Cluster.ConnectionString(TestDatabase.Create("template0")),
        Bodies = TestDatabase.MakeBucket(),
    };

    private async Task<TestStore> FilledAsync()
    {
        TestStore store = await TestStore.AtAsync(Embedded);
        Mailbox inbox = await store.InboxAsync();
        foreach (SampleMail[] some in SampleMail.All.Chunk(100))
        {
            var added = new List<NewMessage>();
            foreach (SampleMail mail in some)
            {
                await using MessageWriter writer = store.Get<Messages>().StartMessage();
                await writer.WriteAsync(mail.ReadOctets(), Cancel);
                added.Add(new NewMessage(await writer.CompleteAsync(Cancel), MessageFlags.Seen, ["$Corpus"], null));
            }

            Assert.True((await store.Get<Messages>().AppendAsync(store.Actor, store.Account, inbox.Id, added, Cancel)).IsOk);
        }

        await store.AppendAsync(inbox.Id, Large, "Subject: NUL \0 in it\r\n\r\n");
        Mailbox archive = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Archive", SpecialUse.None, Cancel)).Value;
        await store.Get<Messages>().CopyAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(1, 3), archive.Id, Cancel);
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(5, 6), Cancel);
        await store.Get<Domains>().AddAsync(Administrator, "example.test", [new DomainKey("r1", "rsa", "a key")], Cancel);
        await store.Get<Aliases>().AddAsync(Administrator, "all@example.test", ["you@example.test"], Cancel);
        await using IncomingMessage leaving = await store.MessageAsync("Subject: out\r\n\r\n");
        Assert.NotNull(await store.Get<Deliveries>().AcceptAsync(
            new Envelope("you@example.test", [new EnvelopeRecipient("them@example.org", new Recipient.Foreign(), DsnNotify.Default, null)], [], store.Time.GetUtcNow()), leaving, Cancel));
        return store;
    }

    /// <summary>Every row, every counter, every octet.</summary>
    private static async Task<Dictionary<string, string>> DigestsAsync(TestStore store)
    {
        using IRowSource rows = await store.Get<IStoreMaintenance>().ReadRowsAsync(Cancel);
        var digests = rows.Tables.ToDictionary(table => table.Name, table => $"{rows.Count(table)} {Convert.ToHexString(RowCopy.Digest(rows, table, static () => { }))}");
        digests["UIDVALIDITY"] = $"{rows.Counters[StoreMark.UidValidity]}";
        digests["accounts"] = $"{rows.Counters["account"]}";
        digests["envelopes"] = $"{rows.Counters["envelope"]}";
        return digests;
    }

    private static async Task<MoveReport> MoveAsync(TestStore source, StoreOptions to) => (await source.Get<MoveStore>().RunAsync(Administrator, to, Silent, Cancel)).Value;

    private static async Task RefusedAsync(TestStore source, StoreOptions to, string said)
    {
        StoreOpeningException refused = await Assert.ThrowsAsync<StoreOpeningException>(() => MoveAsync(source, to));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    /// <summary>Counters, references, and the hash of every body, as the store itself checks them.</summary>
    private static async Task AssertSoundAsync(TestStore store) =>
        Assert.Empty((await store.Get<StoreCheck>().RunAsync(Administrator, false, new Progress<long>(), Cancel)).Value);

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
