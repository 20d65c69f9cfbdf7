using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;

namespace Posthorn.Tests.Core.Search;

public sealed class SearchesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("lunch", "lunch")]
    [InlineData("LUNCH from:anna", "lunch")]
    [InlineData("from:bob", "invoice")]
    [InlineData("to:team@example", "lunch")]
    [InlineData("subject:invoice", "invoice")]
    [InlineData("\"see you at noon\"", "lunch")]
    [InlineData("\"you see\"", "")]
    [InlineData("\u6771\u4eac", "tokyo")]
    [InlineData("\u4eac", "tokyo")]
    [InlineData("caf\u00e9", "tokyo")]
    [InlineData("has:attachment", "invoice")]
    [InlineData("filename:rechnung", "invoice")]
    [InlineData("-has:attachment -in:trash", "tokyo lunch")]
    [InlineData("in:trash", "old")]
    [InlineData("in:\"deleted items\" subject:old", "old")]
    [InlineData("is:unread in:inbox", "tokyo invoice")]
    [InlineData("is:read", "lunch")]
    [InlineData("after:2026-01-11", "tokyo")]
    [InlineData("before:2026-01-02", "old")]
    [InlineData("larger:1k", "invoice")]
    [InlineData("boundary", "")]
    [InlineData("html", "")]
    [InlineData("bold", "tokyo")]
    [InlineData("nothing-like-it", "")]
    [InlineData("", "tokyo invoice lunch old")]
    public async Task A_query_finds_the_newest_first(string query, string subjects)
    {
        await using TestStore store = await FilledAsync();
        Assert.Equal(subjects, await FindAsync(store, query));
    }

    [Fact]
    public async Task Pages_follow_each_other_while_mail_comes()
    {
        await using TestStore store = await FilledAsync();
        SearchHits first = await PageAsync(store, "", null, 2);
        Assert.Equal(2, first.Hits.Count);
        await AppendAsync(store, await store.InboxAsync(), "Subject: newer\r\n\r\n", store.Time.GetUtcNow().AddDays(30));
        SearchHits second = await PageAsync(store, "", first.Next, 2);
        Assert.Equal("lunch old", Subjects(second));
        Assert.Null(second.Next);
    }

    [Fact]
    public async Task A_message_in_two_folders_comes_once_and_words_are_told()
    {
        await using TestStore store = await FilledAsync();
        Mailbox other = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Other", SpecialUse.None, Cancel)).Value;
        await store.Get<Messages>().CopyAsync(store.Actor, store.Account, (await store.InboxAsync()).Id, UidSet.All, other.Id, Cancel);
        SearchHits hits = await PageAsync(store, "subject:lunch", null, 10);
        Assert.Equal("lunch", Subjects(hits));
        Assert.Equal(["lunch"], hits.Words);
        Assert.Equal("Other", Assert.Single((await PageAsync(store, "lunch in:other", null, 10)).Hits).Mailbox.Name);
    }

    [Fact]
    public async Task Somebody_else_finds_nothing()
    {
        await using TestStore store = await FilledAsync();
        var stranger = new Actor(new AccountId(store.Account.Value + 1), "test", "1", null);
        Result<SearchHits> refused = await store.Get<Searches>().FindAsync(stranger, store.Account, SearchQuery.Parse("lunch"), new SearchPage(null, 10), Cancel);
        Assert.IsType<Refusal.Denied>(refused.Refusal);
    }

    private static async Task<TestStore> FilledAsync()
    {
        TestStore store = await TestStore.OpenAsync();
        Mailbox inbox = await store.InboxAsync();
        Mailbox trash = (await store.Get<Mailboxes>().CreateAsync(store.Actor, store.Account, "Deleted Items", SpecialUse.Trash, Cancel)).Value;
        DateTimeOffset day = new(2026, 1, 10, 12, 0, 0, TimeSpan.Zero);

        // Older mail may come later: the order is that of time.
        await AppendAsync(store, inbox, """
            From: J <j@example.test>
            To: you@example.test
            Subject: tokyo
            Content-Type: text/html; charset=utf-8

            <p>Nach &#x6771;&#x4eac; ins Cafe&#x301;, <b>bold</b></p>
            """, day.AddDays(1));
        await AppendAsync(store, inbox, """
            From: Anna <anna@example.test>
            To: team@example.test, you@example.test
            Subject: lunch

            See you at
            noon.
            """, day.AddDays(-1), MessageFlags.Seen);
        await AppendAsync(store, inbox, $"""
            From: Bob <bob@example.test>
            To: you@example.test
            Subject: invoice
            Content-Type: multipart/mixed; boundary=boundary

            --boundary
            Content-Type: text/plain

            Here it is.
            --boundary
            Content-Type: application/pdf
            Content-Disposition: attachment; filename*=utf-8''Rechnung%20M%C3%A4rz.pdf
            Content-Transfer-Encoding: base64

            {new string('A', 1_200)}
            --boundary--
            """, day);
        await AppendAsync(store, trash, "From: Anna <anna@example.test>\nSubject: old\n\nGone.\n", new DateTimeOffset(2026, 1, 1, 23, 0, 0, TimeSpan.Zero));
        return store;
    }

    private static async Task AppendAsync(TestStore store, Mailbox mailbox, string text, DateTimeOffset received, MessageFlags flags = MessageFlags.None)
    {
        var message = new NewMessage(await store.MessageAsync(text.ReplaceLineEndings("\r\n")), flags, [], received);
        Assert.True((await store.Get<Messages>().AppendAsync(store.Actor, store.Account, mailbox.Id, [message], Cancel)).IsOk);
    }

    private static async Task<SearchHits> PageAsync(TestStore store, string query, SearchPosition? after, int size) =>
        (await store.Get<Searches>().FindAsync(store.Actor, store.Account, SearchQuery.Parse(query), new SearchPage(after, size), Cancel)).Value;

    private static async Task<string> FindAsync(TestStore store, string query) => Subjects(await PageAsync(store, query, null, 50));

    private static string Subjects(SearchHits hits) =>
        string.Join(' ', hits.Hits.Select(hit => Posthorn.Standards.Mime.EnvelopeSummary.Read(hit.Message.Envelope).Subject));
}
