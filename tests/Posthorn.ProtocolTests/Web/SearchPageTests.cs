using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.ProtocolTests.Web;

/// <summary>The search in the browser: operators, marks, hits of several folders, what the box offers.</summary>
public sealed class SearchPageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hits_of_all_folders_are_marked_opened_and_acted_on_together()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "INBOX", "From: ada@example.net\r\nSubject: The Garden <plan>\r\n\r\nx\r\n");
        await FileAsync(server, "Archive", "From: ben@example.net\r\nSubject: Old\r\n\r\nour garden in spring\r\n");
        await FileAsync(server, "INBOX", "From: ada@example.net\r\nSubject: Other\r\n\r\nx\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        WebAnswer found = await client.OpenAsync("/mail/search?q=garden");
        Assert.Contains("2 hits", found.Text, StringComparison.Ordinal);
        Assert.Contains("The <mark>Garden</mark> &lt;plan&gt;", found.Text, StringComparison.Ordinal);
        Assert.Contains("<span class=\"where\">Archive</span>", found.Text, StringComparison.Ordinal);
        WebAnswer list = await client.OpenAsync("/mail/search/list?q=garden");
        Assert.Matches("^\\s*<section [^>]*data-live=\"/mail/search\\?q=garden\"", list.Text);
        Assert.Equal(2, Regex.Count(list.Text, "<li[^>]* data-id="));
        string link = WebUtility.HtmlDecode(Regex.Match(found.Text, "<a href=\"(/mail/[0-9]+/[0-9]+\\?q=garden)\"").Groups[1].Value);
        WebAnswer opened = await client.OpenAsync(link);
        Assert.Contains("data-live=\"/mail/search?q=garden\"", opened.Text, StringComparison.Ordinal);
        Assert.Contains("id=\"subject\"", opened.Text, StringComparison.Ordinal);
        string[] places = [.. Regex.Matches(found.Text, "name=\"uid\" value=\"([0-9.]+)\"").Select(static match => match.Groups[1].Value)];
        WebAnswer thrown = await client.PostAsync("/mail/0/many", ("do", "trash"), ("uid", places[0]), ("uid", places[1]), ("next", "/mail/search?q=garden"));
        Assert.StartsWith("/mail/search?q=garden&moved=", thrown.Location, StringComparison.Ordinal);
        Assert.Equal(2, (await server.MailAsync(TestServer.You, "Trash")).Count);
        string moved = WebUtility.HtmlDecode(Regex.Match((await client.OpenAsync(thrown.Location!)).Text, "name=\"moved\" value=\"([^\"]+)\"").Groups[1].Value);
        await client.PostAsync("/mail/back", ("moved", moved));
        Assert.Equal((2, 1), ((await server.MailAsync(TestServer.You)).Count, (await server.MailAsync(TestServer.You, "Archive")).Count));
    }

    [Theory]
    [InlineData("uid", "{0}")]
    [InlineData("one", "trash.{0}")]
    public async Task A_hit_stands_for_itself_where_conversations_are_on(string field, string value)
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "INBOX", "From: a@example.net\r\nSubject: Plan\r\nMessage-ID: <1@example.net>\r\n\r\nfirst\r\n");
        await FileAsync(server, "INBOX", "From: c@example.net\r\nSubject: Re: Plan\r\nMessage-ID: <2@example.net>\r\nIn-Reply-To: <1@example.net>\r\nReferences: <1@example.net>\r\n\r\nsecond\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail");
        await client.PostAsync("/mail/conversations", ("show", "true"));
        string hit = Assert.Single(Regex.Matches((await client.OpenAsync("/mail/search?q=second")).Text, "name=\"uid\" value=\"([0-9.]+)\"")).Groups[1].Value;
        await client.PostAsync("/mail/0/many", ("do", "trash"), (field, string.Format(System.Globalization.CultureInfo.InvariantCulture, value, hit)));
        Assert.Contains("second", Assert.Single(await server.MailAsync(TestServer.You, "Trash")), StringComparison.Ordinal);
        Assert.Contains("first", Assert.Single(await server.MailAsync(TestServer.You)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("from:ada", 2)]
    [InlineData("from:ada subject:garden", 1)]
    [InlineData("in:Archive", 1)]
    [InlineData("\"garden in spring\"", 1)]
    [InlineData("\"spring in garden\"", 0)]
    [InlineData("is:unread -garden", 1)]
    [InlineData("<script>alert(1)</script>", 0)]
    public async Task Operators_narrow_it_down(string typed, int hits)
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "INBOX", "From: ada@example.net\r\nSubject: The Garden\r\n\r\nx\r\n");
        await FileAsync(server, "Archive", "From: ben@example.net\r\nSubject: Old\r\n\r\nour garden in spring\r\n");
        await FileAsync(server, "INBOX", "From: ada@example.net\r\nSubject: Other\r\n\r\nx\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string page = (await client.OpenAsync("/mail/search?q=" + Uri.EscapeDataString(typed))).Text;
        Assert.Equal(hits, Regex.Count(page, "<li[^>]* data-id="));
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_said_and_the_box_offers_operators_people_and_folders()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "INBOX", "From: Ada <ada@example.net>\r\nSubject: x\r\n\r\nx\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Matches("class=\"objection\" role=\"alert\">", (await client.OpenAsync("/mail/search?q=before:never")).Text);
        Assert.Equal(["x is:unread", "x is:flagged"], await OfferedAsync("x is"));
        Assert.Contains("from:ada@example.net", await OfferedAsync("from:ad"));
        Assert.Contains("in:Archive", await OfferedAsync("in:arch"));
        Assert.Empty(await OfferedAsync(""));
        Assert.Equal("/mail", (await client.GetAsync("/mail/search?q=%20")).Location);
        Assert.Equal("/mail", (await client.GetAsync("/mail/search/list?q=%20")).Location);

        async Task<string[]> OfferedAsync(string typed)
        {
            using JsonDocument answer = JsonDocument.Parse((await client.GetAsync("/mail/search/suggestions?q=" + Uri.EscapeDataString(typed))).Text);
            return [.. answer.RootElement.EnumerateArray().Select(static one => one.GetString()!)];
        }
    }

    private static async Task FileAsync(TestServer server, string folder, string octets)
    {
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        Mailbox box = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, account.Id, folder, Cancel)).Value;
        Messages messages = server.Services.GetRequiredService<Messages>();
        await using MessageWriter writer = messages.StartMessage();
        await writer.WriteAsync(Encoding.UTF8.GetBytes(octets), Cancel);
        IncomingMessage content = await writer.CompleteAsync(Cancel);
        _ = (await messages.AppendAsync(TestServer.Administrator, account.Id, box.Id, [new NewMessage(content, MessageFlags.None, [], null)], Cancel)).Value;
    }
}
