using System.Globalization;
using System.Text;
using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Tests.Core;

/// <summary>Octets of many messages: what is read ahead is what each message has, whatever is asked for and in which order.</summary>
public sealed class MessageContentsTests : IAsyncLifetime
{
    private TestStore _store = null!;
    private Mailbox _inbox = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Messages Messages => _store.Get<Messages>();

    public async ValueTask InitializeAsync()
    {
        _store = await TestStore.OpenAsync();
        _inbox = await _store.InboxAsync();
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Each_message_has_its_own_octets_whatever_is_read_ahead()
    {
        // More than is read at once, by count and by octets; one that lies outside the database.
        string[] texts =
        [
            .. Enumerable.Range(0, MessageContents.MessagesAhead + 10).Select(static number => Text(number, 10)),
            Text(1000, MessageWriter.InlineBytes * 2),
            .. Enumerable.Range(0, 8).Select(static number => Text(2000 + number, MessageWriter.InlineBytes - 200)),
            Text(3000, (int)MessageContents.OctetsAhead * 2),
            Text(4000, 10),
        ];
        await _store.AppendAsync(_inbox.Id, texts);
        Assert.Equal(texts, await TextsAsync(await RowsAsync()));
    }

    [Fact]
    public async Task Some_may_be_left_out_and_some_share_a_body()
    {
        string[] texts = [.. Enumerable.Range(0, 12).Select(static number => Text(number, 10))];
        await _store.AppendAsync(_inbox.Id, texts);
        _ = (await Messages.CopyAsync(_store.Actor, _store.Account, _inbox.Id, UidSet.Of(1, 12), _inbox.Id, Cancel)).Value;
        IReadOnlyList<Message> rows = await RowsAsync();
        Assert.Equal(24, rows.Count);
        Assert.Equal(texts.Concat(texts), await TextsAsync(rows));
        Assert.Equal(texts.Where(static (_, at) => at % 3 == 0), await TextsAsync(rows, [.. rows.Take(12).Where(static (_, at) => at % 3 == 0)]));
    }

    [Fact]
    public async Task Backwards_they_come_too()
    {
        string[] texts = [.. Enumerable.Range(0, 12).Select(static number => Text(number, 10))];
        await _store.AppendAsync(_inbox.Id, texts);
        IReadOnlyList<Message> rows = await RowsAsync();
        Assert.Equal(Enumerable.Reverse(texts), await TextsAsync(rows, [.. Enumerable.Reverse(rows)]));
    }

    [Fact]
    public async Task One_that_is_gone_leaves_the_others()
    {
        string[] texts = [.. Enumerable.Range(0, 5).Select(static number => Text(number, 10))];
        await _store.AppendAsync(_inbox.Id, texts);
        IReadOnlyList<Message> rows = await RowsAsync();
        Message[] found = [rows[0], rows[1] with { Body = new BodyId(Guid.CreateVersion7()) }, rows[2]];
        MessageContents contents = Messages.Contents(_store.Actor, _store.Account, found);
        Assert.Equal(texts[0], await TextAsync(contents, found[0]));
        Assert.Null(await contents.OpenAsync(found[1], Cancel));
        Assert.Equal(texts[2], await TextAsync(contents, found[2]));
    }

    private static string Text(int number, int octets) => string.Create(CultureInfo.InvariantCulture, $"Subject: {number}\r\n\r\n{new string((char)('a' + (number % 26)), octets)}\r\n");

    private async Task<IReadOnlyList<Message>> RowsAsync() =>
        (await Messages.ReadAsync(_store.Actor, _store.Account, _inbox.Id, UidSet.All, MessageFields.Content, Cancel)).Value;

    private async Task<string[]> TextsAsync(IReadOnlyList<Message> rows, IReadOnlyList<Message>? asked = null)
    {
        MessageContents contents = Messages.Contents(_store.Actor, _store.Account, rows);
        var texts = new List<string>();
        foreach (Message row in asked ?? rows)
        {
            texts.Add(await TextAsync(contents, row));
        }

        return [.. texts];
    }

    private static async Task<string> TextAsync(MessageContents contents, Message row)
    {
        await using MessageContent? content = await contents.OpenAsync(row, Cancel);
        Assert.NotNull(content);
        using var octets = new StreamReader(content.OpenRead(), Encoding.ASCII);
        return await octets.ReadToEndAsync(Cancel);
    }
}
