using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Search;
using Posthorn.Corpus;
using Posthorn.ProtocolTests.Dialogs;
using Posthorn.Standards.Mime;

namespace Posthorn.ProtocolTests.Imap.Searching;

/// <summary>SEARCH answers the same with the index, without it, and while it lags: 2,000 strings cut at random out of the mail, through the real server.</summary>
public sealed class IndexedSearchTests
{
    private const int Needles = 2_000;

    /// <summary>Of them, while the index lags.</summary>
    private const int LaggingNeedles = 400;

    /// <summary>Of the corpus every so many-th message: a search without the index reads them all, for each needle.</summary>
    private const int Step = 19;

    private const int MaxBytes = 30_000;

    private static readonly Actor Operator = Actor.System("test");

    private static readonly string[] Keys =
        ["TEXT", "BODY", "SUBJECT", "FROM", "TO", "CC", "BCC", "HEADER Subject", "HEADER Message-ID", "HEADER Received", "HEADER Content-Type", "NOT TEXT", "NOT SEEN TEXT"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Search_answers_the_same_with_the_index_and_without_it_and_while_it_lags()
    {
        await using ServerFixture plain = await ServerFixture.StartAsync();
        await using ServerFixture server = await ServerFixture.StartAsync();
        SearchIndexer indexer = server.Services.GetRequiredService<SearchIndexer>();
        AccountId alice = (await server.Services.GetRequiredService<Accounts>().GetAsync(Operator, "alice@example.test", Cancel)).Value.Id;
        SampleMail[] mails = [.. SampleMail.All.Where((mail, i) => i % Step == 0 && new FileInfo(mail.Path).Length < MaxBytes)];
        int half = mails.Length / 2;
        var texts = new List<string>();
        for (int i = 0; i < mails.Length; i++)
        {
            byte[] octets = mails[i].ReadOctets();
            await AppendAsync(plain, octets);
            await AppendAsync(server, octets);
            texts.AddRange(TextsOf(octets));
            if (i == half - 1)
            {
                Assert.Equal(half, (await indexer.UpdateAsync(Operator, alice, Cancel)).Value);
            }
        }

        string[] searches = Cut(texts);
        string[] without = await SearchAsync(plain, searches);
        Assert.Equal(mails.Length - half, (await indexer.StatusAsync(Operator, alice, Cancel)).Value.Missing);
        string[] lagging = await SearchAsync(server, searches[..LaggingNeedles]);
        await indexer.UpdateAsync(Operator, alice, Cancel);
        string[] with = await SearchAsync(server, searches);
        for (int i = 0; i < searches.Length; i++)
        {
            Assert.True(without[i] == with[i], $"{searches[i]}: without {without[i]}, with {with[i]}");
            Assert.True(i >= LaggingNeedles || without[i] == lagging[i], $"{searches[i]}: without {without[i]}, lagging {lagging.ElementAtOrDefault(i)}");
        }

        Assert.InRange(without.Count(static answer => answer.Length > "* SEARCH".Length), Needles / 2, Needles);
    }

    private static async Task AppendAsync(ServerFixture server, byte[] octets)
    {
        AccountId account = (await server.Services.GetRequiredService<Accounts>().GetAsync(Operator, "alice@example.test", Cancel)).Value.Id;
        Mailbox inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(Operator, account, Mailbox.Inbox, Cancel)).Value;
        Messages messages = server.Services.GetRequiredService<Messages>();
        await using MessageWriter writer = messages.StartMessage();
        await writer.WriteAsync(octets, Cancel);
        await using IncomingMessage content = await writer.CompleteAsync(Cancel);
        Assert.True((await messages.AppendAsync(Operator, account, inbox.Id, [new NewMessage(content, MessageFlags.None, [], null)], Cancel)).IsOk);
    }

    /// <summary>The texts of a message as a search reads them.</summary>
    private static IEnumerable<string> TextsOf(byte[] octets)
    {
        var structure = BodyStructure.Parse(octets);
        var body = new MessageOctets(octets);
        return TextExtractor.ReadHeaders(structure, body).Concat(TextExtractor.ReadBody(structure, body, 100)).Where(static text => text.Length > 0);
    }

    /// <summary>Search programs, each with a piece of a text: most of them short, some over lines.</summary>
    private static string[] Cut(List<string> texts)
    {
        var random = new Random(5_051);
        var searches = new List<string>();
        while (searches.Count < Needles)
        {
            string text = texts[random.Next(texts.Count)];
            int start = random.Next(text.Length), length = Math.Min(1 + random.Next(random.Next(4) == 0 ? 60 : 14), text.Length - start);
            string needle = text.Substring(start, length);
            if (!needle.Contains('\0') && !needle.Any(char.IsSurrogate))
            {
                searches.Add($"{Keys[random.Next(3) == 0 ? random.Next(Keys.Length) : 0]} {needle}");
            }
        }

        return [.. searches];
    }

    private static async Task<string[]> SearchAsync(ServerFixture server, IReadOnlyList<string> searches)
    {
        await using DialogClient client = await DialogClient.ConnectAsync(server.Listener("imaps").Endpoint, Cancel);
        await client.StartTlsAsync(server, Cancel);
        await client.LineAsync(Cancel);
        await client.SayAsync(Encoding.ASCII.GetBytes($"a LOGIN alice@example.test {ServerFixture.Password}\r\nb SELECT INBOX\r\n"), Cancel);
        while (!(await client.LineAsync(Cancel))!.StartsWith("b OK", StringComparison.Ordinal))
        {
            // Until the mailbox is selected.
        }

        var answers = new List<string>();
        foreach (string[] page in searches.Chunk(20))
        {
            await client.SayAsync([.. page.SelectMany(Command)], Cancel);
            for (int i = 0; i < page.Length; i++)
            {
                answers.Add((await client.LineAsync(Cancel))!);
                Assert.StartsWith("c OK", await client.LineAsync(Cancel), StringComparison.Ordinal);
            }
        }

        return [.. answers];
    }

    private static byte[] Command(string search)
    {
        int end = Keys.Where(key => search.StartsWith(key + " ", StringComparison.Ordinal)).Max(key => key.Length);
        byte[] needle = Encoding.UTF8.GetBytes(search[(end + 1)..]);
        string length = needle.Length.ToString(CultureInfo.InvariantCulture);
        return [.. Encoding.ASCII.GetBytes($"c UID SEARCH CHARSET UTF-8 {search[..end]} {{{length}+}}\r\n"), .. needle, .. "\r\n"u8];
    }
}
