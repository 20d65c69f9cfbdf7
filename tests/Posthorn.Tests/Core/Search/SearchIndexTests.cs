using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;
using Posthorn.Core.Search.Index;
using Posthorn.Core.Storage;
using Posthorn.Core.Undelete;
using Posthorn.Corpus;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Search;

public sealed class SearchIndexTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Every message of the corpus, 2,000 strings cut out of their texts, in every field: the index may say that it does not know, but never what is not so.</summary>
    [Fact]
    public async Task The_index_never_contradicts_the_corpus()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        foreach (SampleMail mail in SampleMail.All)
        {
            await AppendAsync(store, inbox.Id, mail.ReadOctets());
        }

        List<(uint Uid, List<FieldText> Texts)> all = await ReadTextsAsync(store, inbox.Id);
        Assert.Equal(SampleMail.All.Count, await UpdateAsync(store));
        Assert.Equal(0, await UpdateAsync(store));
        var random = new Random(6203);
        int decided = 0, exact = 0;
        foreach (TextQuery[] queries in Enumerable.Range(0, 2_000).Select(_ => Cut(random, all)).Chunk(50))
        {
            IndexedTexts indexed = (await store.Get<Searches>().LookUpAsync(store.Actor, store.Account, inbox.Id, UidSet.All, queries, Cancel)).Value!;
            Dictionary<uint, int> numbers = indexed.Messages.ToDictionary(message => message.Uid, message => message.Message);
            Assert.Equal(all.Count, numbers.Count);
            foreach ((uint uid, List<FieldText> texts) in all)
            {
                for (int query = 0; query < queries.Length; query++)
                {
                    if (indexed.Answer(query, numbers[uid]) is { } answer)
                    {
                        decided++;
                        exact += answer ? 1 : 0;
                        bool isThere = texts.Any(text => (text.Field & queries[query].Fields) != 0 && text.Text.Contains(queries[query].Folded, StringComparison.Ordinal));
                        if (answer != isThere)
                        {
                            Assert.Fail($"{queries[query]} in message {uid}: index {answer}, text {isThere}");
                        }
                    }
                }
            }
        }

        Assert.InRange(decided, 2_000 * all.Count * 6 / 10, int.MaxValue);
        Assert.InRange(exact, 500, int.MaxValue);
    }

    [Fact]
    public async Task A_query_answers_the_same_while_the_index_lags_and_when_it_is_there()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        SampleMail[] some = [.. SampleMail.All.Where((_, i) => i % 9 == 0)];
        string[] queries = ["the", "order", "from:example", "subject:re", "\u6771", "has:attachment", "\"to the\"", "-the", "e -order", "is:unread a", "filename:pdf", "caf\u00e9", "---", ""];
        foreach (SampleMail mail in some[..^20])
        {
            await AppendAsync(store, inbox.Id, mail.ReadOctets());
        }

        await UpdateAsync(store);
        foreach (SampleMail mail in some[^20..])
        {
            await AppendAsync(store, inbox.Id, mail.ReadOctets());
        }

        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(3), Cancel);
        Assert.Equal((some.Length - 20, 20), await StatusAsync(store));
        string[] lagging = await FindAsync(store, queries);
        await store.Get<SearchIndex>().Files.DropAsync(store.Account, Cancel);
        Assert.Equal(await FindAsync(store, queries), lagging);
        await UpdateAsync(store);
        Assert.Equal(await FindAsync(store, queries), lagging);
        Assert.Contains(lagging, found => found.Length > 0);
    }

    [Fact]
    public async Task Mail_that_comes_one_by_one_is_merged_and_what_is_gone_leaves_the_index()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        for (int i = 0; i < 7; i++)
        {
            await store.AppendAsync(inbox.Id, $"Subject: number{i}\r\n\r\nshared word\r\n");
            await UpdateAsync(store);
        }

        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, inbox.Id, UidSet.Of(2), Cancel);
        await store.Get<IStore>().WriteAsync(
            new[] { store.Account },
            async session =>
            {
                await session.Messages.ForgetAsync(store.Account, await session.Messages.RemovedAsync(store.Account, RemovedSelection.All, 10));
                return true;
            },
            Cancel);
        await store.AppendAsync(inbox.Id, "Subject: number7\r\n\r\nshared word\r\n");
        await UpdateAsync(store);
        SearchIndexStatus status = await FullStatusAsync(store);
        Assert.Equal((7, 0, 1), (status.Messages, status.Missing, status.Segments));
        Assert.Equal("1,3,4,5,6,7,8", (await FindAsync(store, ["shared"]))[0]);
        Assert.Equal("4", (await FindAsync(store, ["number3"]))[0]);
    }

    [Fact]
    public async Task What_is_moved_removed_and_brought_back_is_found_where_it_is()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: one\r\n\r\nneedle\r\n");
        await UpdateAsync(store);
        Mailbox other = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Other", SpecialUse.None, Cancel)).Value;
        await store.Get<Messages>().MoveAsync(store.Actor, store.Account, inbox.Id, UidSet.All, other.Id, Cancel);
        Assert.Equal("1", (await FindAsync(store, ["needle in:other"]))[0]);
        await store.Get<Messages>().DeleteAsync(store.Actor, store.Account, other.Id, UidSet.All, Cancel);
        Assert.Equal("", (await FindAsync(store, ["needle"]))[0]);
        await store.Get<Undelete>().RestoreAsync(Actor.System("test"), store.Account, RemovedSelection.All, null, Cancel);
        Assert.Equal("2", (await FindAsync(store, ["needle in:other"]))[0]);
        Assert.Equal(0, await UpdateAsync(store));
    }

    [Fact]
    public async Task A_guest_is_told_of_a_mailbox_that_was_shared_and_of_nothing_else()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        Mailbox secret = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Secret", SpecialUse.None, Cancel)).Value;
        await store.AppendAsync(inbox.Id, "Subject: one\r\n\r\nneedle\r\n", "Subject: two\r\n\r\nhay\r\n");
        await store.AppendAsync(secret.Id, "Subject: three\r\n\r\nneedle\r\n");
        await UpdateAsync(store);
        AccountId guest = await store.Store.WriteAsync(
            new[] { AccountId.Store },
            static async session => await session.Directory.InsertAccountAsync("guest@example.test", null, false, "-", "-", DateTimeOffset.UnixEpoch),
            Cancel);
        Assert.True((await store.Get<Grants>().SetAsync(store.Actor, store.Account, inbox.Id, "guest@example.test", GrantChange.Replace, RightSet.Reading, Cancel)).IsOk);

        var actor = new Actor(guest, "test", "1", null);
        TextQuery[] needle = [new TextQuery(TextFields.Body, SearchText.Fold("needle"))];
        IndexedTexts told = (await store.Get<Searches>().LookUpAsync(actor, store.Account, inbox.Id, UidSet.All, needle, Cancel)).Value!;
        Assert.Equal([(1u, (bool?)true), (2u, false)], told.Messages.Select(message => (message.Uid, told.Answer(0, message.Message))));
        Assert.IsType<Refusal.NotFound>((await store.Get<Searches>().LookUpAsync(actor, store.Account, secret.Id, UidSet.All, needle, Cancel)).Refusal);
    }

    [Fact]
    public async Task A_text_with_an_at_sign_at_an_end_is_decided_by_the_index_but_where_an_address_ends_there()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(
            inbox.Id,
            "From: <sender7@example.test>\r\n\r\n", "From: <sender27@sender7.test>\r\n\r\n", "From: sender7@ <x@y.test>\r\n\r\n", "From: sender7 <x@y.test>\r\n\r\n", "From: <x@y.test>\r\n\r\n");
        await UpdateAsync(store);
        TextQuery[] queries = [.. new[] { "sender7@", "@sender7", "@sender7." }.Select(static text => new TextQuery(TextFields.From, SearchText.Fold(text)))];
        IndexedTexts told = (await store.Get<Searches>().LookUpAsync(store.Actor, store.Account, inbox.Id, UidSet.All, queries, Cancel)).Value!;
        bool?[][] answers = [.. queries.Select((_, query) => told.Messages.Select(message => told.Answer(query, message.Message)).ToArray())];
        Assert.Equal([true, false, null, null, false], answers[0]);
        Assert.Equal([null, true, null, null, false], answers[1]);
        Assert.Equal([false, true, null, null, false], answers[2]);
    }

    [Fact]
    public async Task Octets_that_are_no_text_do_not_stop_it()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        string word = new('w', 2_000_000);
        await store.AppendAsync(
            inbox.Id,
            $"Subject: long\r\n\r\n{word}\r\n",
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n=!=\0\u00ff\r\n--b",
            $"Subject: many\r\n\r\n{string.Join(' ', Enumerable.Range(0, 120_000))}\r\n",
            "");
        Assert.Equal(4, await UpdateAsync(store));
        Assert.Equal("1", (await FindAsync(store, [word[..900]]))[0]);
        Assert.Equal("3", (await FindAsync(store, ["119999"]))[0]);
        Assert.InRange((await FullStatusAsync(store)).Octets, 1, 2_000_000);
    }

    [Fact]
    public async Task A_damaged_index_is_dropped_and_the_answer_is_right_all_the_same()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: one\r\n\r\nneedle\r\n");
        await UpdateAsync(store);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(store.Folder, "search"), "*.segment", SearchOption.AllDirectories))
        {
            await File.WriteAllTextAsync(file, "not what was written", Cancel);
        }

        Assert.Equal("1", (await FindAsync(store, ["needle"]))[0]);
        if (!TestDatabase.IsPostgres)
        {
            Assert.Equal((0L, 1), await StatusAsync(store));
        }

        await UpdateAsync(store);
        Assert.Equal("1", (await FindAsync(store, ["needle"]))[0]);
    }

    [Fact]
    public async Task An_index_whose_files_cannot_be_read_now_stays_and_one_whose_files_are_gone_is_made_anew()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await store.AppendAsync((await store.InboxAsync()).Id, "Subject: one\r\n\r\nneedle\r\n");
        await UpdateAsync(store);
        string file = Assert.Single(Directory.GetFiles(Path.Combine(store.Folder, "search"), "*.segment", SearchOption.AllDirectories));
        File.Move(file, file + ".kept");

        // Neither root can open it, nor anybody else: a name that leads to itself.
        File.CreateSymbolicLink(file, file);
        Assert.Equal("1", (await FindAsync(store, ["needle"]))[0]);
        Assert.Equal((1L, 0), await StatusAsync(store));

        File.Delete(file);
        Assert.Equal("1", (await FindAsync(store, ["needle"]))[0]);
        Assert.Equal(TestDatabase.IsPostgres ? (1L, 0) : (0L, 1), await StatusAsync(store));
    }

    [Fact]
    public async Task An_index_of_another_life_of_the_store_is_made_anew()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        await store.AppendAsync(inbox.Id, "Subject: one\r\n\r\nneedle\r\n");
        await UpdateAsync(store);
        SearchIndex index = store.Get<SearchIndex>();
        IndexState state = await index.Files.ReadAsync(store.Account, Cancel);
        Assert.True(await index.Files.CommitAsync(store.Account, state, state with { Generation = state.Generation + 1, Epoch = "another" }, null, Cancel));
        Assert.Equal((0L, 1), await StatusAsync(store));
        Assert.Equal("1", (await FindAsync(store, ["needle"]))[0]);
        Assert.Equal(1, await UpdateAsync(store));

        // Ids that this store has not given yet: an older copy of the database came back.
        state = await index.Files.ReadAsync(store.Account, Cancel);
        Assert.True(await index.Files.CommitAsync(store.Account, state, state with { Generation = state.Generation + 1, Reached = new EmailId(1_000) }, null, Cancel));
        Assert.Equal(1, await UpdateAsync(store));
    }

    [Fact]
    public async Task Of_two_that_index_one_account_the_slower_one_changes_nothing()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await store.AppendAsync((await store.InboxAsync()).Id, "Subject: one\r\n\r\nneedle\r\n");
        IIndexStore files = store.Get<IIndexStore>();
        IndexState before = await files.ReadAsync(store.Account, Cancel);
        await UpdateAsync(store);
        Assert.False(await files.CommitAsync(store.Account, before, before with { Generation = 1, Epoch = "x" }, null, Cancel));
        Assert.Equal((1L, 0), await StatusAsync(store));
    }

    [Fact]
    public async Task One_that_began_before_the_index_was_made_anew_changes_nothing()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await store.AppendAsync((await store.InboxAsync()).Id, "Subject: one\r\n\r\nneedle\r\n");
        await UpdateAsync(store);
        IIndexStore files = store.Get<IIndexStore>();
        IndexState before = await files.ReadAsync(store.Account, Cancel);
        await store.Get<SearchIndexer>().RebuildAsync(Actor.System("test"), store.Account, null, Cancel);
        Assert.Equal(before.Generation, (await files.ReadAsync(store.Account, Cancel)).Generation);

        // Its commit would keep the segments that it knows, which are no more, and none of those that are there.
        var segment = new SegmentInfo(Guid.CreateVersion7(), 0, 4);
        IndexState after = before with { Generation = before.Generation + 1, Segments = [.. before.Segments, segment] };
        Assert.False(await files.CommitAsync(store.Account, before, after, (segment, "late"u8.ToArray()), Cancel));
        Assert.Equal((1L, 0), await StatusAsync(store));
        Assert.Equal("1", (await FindAsync(store, ["needle"]))[0]);
    }

    [Fact]
    public async Task The_index_of_an_account_that_is_gone_goes()
    {
        await using TestStore store = await TestStore.OpenAsync();
        await store.AppendAsync((await store.InboxAsync()).Id, "Subject: one\r\n\r\nneedle\r\n");
        await UpdateAsync(store);
        Assert.Single(await store.Get<IIndexStore>().AccountsAsync(Cancel));
        await store.Store.WriteAsync(
            new[] { AccountId.Store, store.Account },
            async session =>
            {
                await session.Directory.SetAsideAccountAsync(store.Account, store.Time.GetUtcNow());
                return true;
            },
            Cancel);
        await store.Get<SearchIndexer>().RunRoundAsync(Cancel);
        Assert.Single(await store.Get<IIndexStore>().AccountsAsync(Cancel));
        await store.Store.WriteAsync(
            new[] { AccountId.Store, store.Account },
            async session =>
            {
                await session.Directory.DeleteAccountAsync(store.Account);
                return true;
            },
            Cancel);
        await store.Get<SearchIndexer>().RunRoundAsync(Cancel);
        Assert.Empty(await store.Get<IIndexStore>().AccountsAsync(Cancel));
    }

    [Fact]
    public async Task The_worker_follows_what_is_committed()
    {
        await using TestStore store = await TestStore.OpenAsync();
        SearchIndexer worker = store.Get<SearchIndexer>();
        await worker.StartAsync(Cancel);
        await store.AppendAsync((await store.InboxAsync()).Id, "Subject: one\r\n\r\nneedle\r\n");
        while ((await FullStatusAsync(store)).Missing > 0)
        {
            store.Time.Advance(TimeSpan.FromSeconds(3));
            await Task.Yield();
        }

        await store.AppendAsync((await store.InboxAsync()).Id, "Subject: two\r\n\r\nneedle\r\n");
        while ((await FullStatusAsync(store)).Missing > 0)
        {
            store.Time.Advance(TimeSpan.FromSeconds(3));
            await Task.Yield();
        }

        await worker.StopAsync(Cancel);
        Assert.Equal((2L, 0), await StatusAsync(store));
    }

    [Fact]
    public async Task Who_is_no_administrator_does_not_make_it_anew()
    {
        await using TestStore store = await TestStore.OpenAsync();
        Assert.IsType<Refusal.Denied>((await store.Get<SearchIndexer>().RebuildAsync(store.Actor, store.Account, null, Cancel)).Refusal);
        Assert.IsType<Refusal.Denied>((await store.Get<SearchIndexer>().StatusAsync(store.Actor, store.Account, Cancel)).Refusal);
    }

    private static async Task AppendAsync(TestStore store, MailboxId mailbox, byte[] octets)
    {
        await using MessageWriter writer = store.Get<Messages>().StartMessage();
        await writer.WriteAsync(octets, Cancel);
        await using IncomingMessage content = await writer.CompleteAsync(Cancel);
        Assert.True((await store.Get<Messages>().AppendAsync(store.Actor, store.Account, mailbox, [new NewMessage(content, MessageFlags.None, [], null)], Cancel)).IsOk);
    }

    private static async Task<long> UpdateAsync(TestStore store) =>
        (await store.Get<SearchIndexer>().UpdateAsync(Actor.System("test"), store.Account, Cancel)).Value;

    private static async Task<SearchIndexStatus> FullStatusAsync(TestStore store) =>
        (await store.Get<SearchIndexer>().StatusAsync(Actor.System("test"), store.Account, Cancel)).Value;

    private static async Task<(long Messages, int Missing)> StatusAsync(TestStore store)
    {
        SearchIndexStatus status = await FullStatusAsync(store);
        return (status.Messages, (int)status.Missing);
    }

    /// <summary>For each query the UIDs that were found.</summary>
    private static async Task<string[]> FindAsync(TestStore store, IReadOnlyList<string> queries)
    {
        var found = new List<string>();
        foreach (string query in queries)
        {
            SearchHits hits = (await store.Get<Searches>().FindAsync(
                store.Actor, store.Account, SearchQuery.Parse(query), new SearchPage(null, Searches.MaxPage), Cancel)).Value;
            found.Add(string.Join(',', hits.Hits.Select(hit => hit.Message.Uid).Order()));
        }

        return [.. found];
    }

    private static async Task<List<(uint Uid, List<FieldText> Texts)>> ReadTextsAsync(TestStore store, MailboxId mailbox)
    {
        var all = new List<(uint, List<FieldText>)>();
        for (uint uid = 1; uid <= SampleMail.All.Count; uid += Messages.ReadAtMost)
        {
            foreach (Message row in (await store.Get<Messages>().ReadAsync(
                store.Actor, store.Account, mailbox, UidSet.Of(uid, uid + Messages.ReadAtMost - 1), MessageFields.Envelope | MessageFields.Structure | MessageFields.Content, Cancel)).Value)
            {
                await using MessageContent content = await store.Get<Messages>().OpenAsync(store.Actor, store.Account, row, Cancel) ?? throw new InvalidOperationException();
                all.Add((row.Uid, [.. MessageTexts.Of(row, content, SearchText.Overlap(100)).Select(text => text with { Text = SearchText.Fold(text.Text) })]));
            }
        }

        return all;
    }

    /// <summary>A piece of a text of some message, to be looked for in the field that it is from, or in another one.</summary>
    private static TextQuery Cut(Random random, List<(uint Uid, List<FieldText> Texts)> all)
    {
        while (true)
        {
            FieldText text = PickOne(random, PickOne(random, all).Texts);
            int start = random.Next(text.Text.Length + 1), length = Math.Min(1 + random.Next(random.Next(3) == 0 ? 60 : 12), text.Text.Length - start);
            string piece = text.Text.Substring(start, length);
            string folded = SearchText.Fold(piece);
            if (folded.Length > 0)
            {
                TextFields fields = random.Next(4) switch { 0 => TextFields.Text, 1 => TextFields.Words, 2 => (TextFields)(1 << random.Next(8)), _ => text.Field };
                return new TextQuery(fields, folded);
            }
        }
    }

    private static T PickOne<T>(Random random, List<T> list) => list[random.Next(list.Count)];
}
