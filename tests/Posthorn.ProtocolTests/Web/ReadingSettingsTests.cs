using System.Net;
using Posthorn.Core.Messages;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Settings of reading: each does in Mail what it says.</summary>
public sealed class ReadingSettingsTests
{
    private const string Trace = "Authentication-Results: mx.example.test; dmarc=pass\r\n";

    private const string News = "From: News <news@example.net>\nTo: you@example.test\nSubject: Hello\nContent-Type: text/html\n\n<p>First words</p><img src=\"https://pictures.example.net/1.png\">\n";

    [Fact]
    public async Task Opening_marks_as_read_unless_the_reader_wishes_to_say_so()
    {
        await using TestServer server = await TestServer.StartAsync();
        await MailFixture.DeliverAsync(server, News);
        using WebClient client = await WebClient.SignedInAsync(server);
        await SaveAsync(client, ("read", "Asking"));
        string link = await MailFixture.FirstAsync(client), page = (await client.GetAsync(link)).Text;
        Assert.False(Assert.Single(await MailFixture.FlagsAsync(server)).HasFlag(MessageFlags.Seen));
        Assert.Contains("data-mark=\"read\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("data-read-after", page, StringComparison.Ordinal);
        Assert.Equal(link, (await client.PostAsync(link + "/read")).Location);
        Assert.True(Assert.Single(await MailFixture.FlagsAsync(server)).HasFlag(MessageFlags.Seen));
        await client.PostAsync(link + "/unread");
        await SaveAsync(client, ("read", "SomeSeconds"));
        Assert.Contains("data-read-after=\"3\"", (await client.GetAsync(link)).Text, StringComparison.Ordinal);
        Assert.False(Assert.Single(await MailFixture.FlagsAsync(server)).HasFlag(MessageFlags.Seen));
        await SaveAsync(client, ("read", "Opening"));
        Assert.DoesNotContain("data-mark=\"read\"", (await client.GetAsync(link)).Text, StringComparison.Ordinal);
        Assert.True(Assert.Single(await MailFixture.FlagsAsync(server)).HasFlag(MessageFlags.Seen));
    }

    [Fact]
    public async Task Pictures_are_never_loaded_where_the_reader_says_never_not_even_of_a_trusted_sender_or_on_request()
    {
        await using TestServer server = await TestServer.StartAsync();
        await MailFixture.DeliverAsync(server, News, Trace);
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = await MailFixture.FirstAsync(client);
        await client.GetAsync(link);
        await client.PostAsync(link + "/pictures");
        Assert.Contains("https:", (await client.GetAsync(link + "/html")).Headers["Content-Security-Policy"], StringComparison.Ordinal);
        await SaveAsync(client, ("pictures", "Never"));
        foreach (string address in (string[])["/html", "/html?pictures=true", "/print?pictures=true"])
        {
            Assert.DoesNotContain("https:", (await client.GetAsync(link + address)).Headers["Content-Security-Policy"], StringComparison.Ordinal);
        }

        string page = (await client.GetAsync(link + "?pictures=true")).Text;
        Assert.Contains("as your settings say", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/html?pictures=true", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trusted_sender_is_listed_and_can_be_taken_out()
    {
        await using TestServer server = await TestServer.StartAsync();
        await MailFixture.DeliverAsync(server, News, Trace);
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = await MailFixture.FirstAsync(client);
        await client.GetAsync(link);
        await client.PostAsync(link + "/pictures");
        Assert.Contains("value=\"news@example.net\"", (await client.GetAsync("/settings/reading")).Text, StringComparison.Ordinal);
        Assert.Equal("/settings/reading?done=removed", (await client.PostAsync("/settings/reading/trusted", ("address", "news@example.net"))).Location);
        Assert.DoesNotContain("news@example.net", (await client.GetAsync("/settings/reading")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", (await client.GetAsync(link + "/html")).Headers["Content-Security-Policy"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_open_as_text_and_their_looks_are_one_press_away()
    {
        await using TestServer server = await TestServer.StartAsync();
        await MailFixture.DeliverAsync(server, News);
        using WebClient client = await WebClient.SignedInAsync(server);
        await SaveAsync(client, ("text", "true"));
        string link = await MailFixture.FirstAsync(client), page = (await client.GetAsync(link)).Text;
        Assert.Contains("class=\"text\">First words", page, StringComparison.Ordinal);
        Assert.Contains($"{link}?view=usual", page, StringComparison.Ordinal);
        string looks = (await client.GetAsync(link + "?view=usual")).Text;
        Assert.Contains("<iframe title=\"Text of the message\"", looks, StringComparison.Ordinal);
        Assert.Contains("?view=usual&amp;pictures=true", looks, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_has_the_lines_its_reader_wishes()
    {
        await using TestServer server = await TestServer.StartAsync();
        await MailFixture.DeliverAsync(server, News);
        await MailFixture.DeliverAsync(server, "From: a@example.net\nSubject: Re: Hello\nReferences: <1@example.net>\nMessage-ID: <2@example.net>\n\nanswer\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string before = (await client.OpenAsync("/mail")).Text;
        Assert.Contains("<section class=\"list\"", before, StringComparison.Ordinal);
        Assert.Contains("First words", before, StringComparison.Ordinal);
        await client.PostAsync("/settings/reading", ("density", "Compact"), ("conversations", "true"));
        string after = (await client.OpenAsync("/mail")).Text;
        Assert.Contains("<section class=\"list bare compact\"", after, StringComparison.Ordinal);
        Assert.DoesNotContain("First words", after, StringComparison.Ordinal);
        Assert.Contains("conversations</span>", after, StringComparison.Ordinal);
        string hits = (await client.OpenAsync("/mail/search?q=hello")).Text;
        Assert.Contains("<section class=\"list bare compact hits\"", hits, StringComparison.Ordinal);
        Assert.Contains("class=\"where\"", hits, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_none_of_the_choices_counts_as_what_the_program_has_and_the_page_shows_what_counts()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await SaveAsync(client, ("read", "7"), ("pictures", "Always"), ("density", "<b>"));
        WebAnswer page = await client.OpenAsync("/settings/reading");
        Assert.Equal(HttpStatusCode.OK, page.Status);
        foreach (string chosen in (string[])["Opening", "Ask", "Comfortable"])
        {
            Assert.Contains($"<option value=\"{chosen}\" selected", page.Text, StringComparison.Ordinal);
        }
    }

    private static async Task SaveAsync(WebClient client, params (string, string)[] fields)
    {
        await client.OpenAsync("/settings/reading");
        Assert.Equal("/settings/reading?done=saved", (await client.PostAsync("/settings/reading", [("preview", "true"), .. fields])).Location);
    }
}
