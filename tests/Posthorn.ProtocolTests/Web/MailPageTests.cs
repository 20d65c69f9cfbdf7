using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Reading in the browser: the list, a message, its files, and what a person does with it.</summary>
public sealed partial class MailPageTests
{
    private const string Hostile = """
        <script>document.title='x'</script><p onclick="alert(1)">Hello <b>there</b></p><a href="javascript:alert(1)">a</a><a href="https://example.org/x">b</a>
        <img src="https://tracker.test/pixel.gif"><img src=x onerror=alert(1)><form action="https://evil.test"><input name=password></form>
        <iframe src="https://evil.test"></iframe><meta http-equiv=refresh content="0;url=https://evil.test"><base href="https://evil.test/">
        <svg><script>alert(1)</script></svg><math><mi xlink:href="javascript:alert(1)">x</mi></math><object data=x></object><embed src=x>
        <style>@import url(https://evil.test/a.css);</style><img src="data:image/svg+xml,<svg onload=alert(1)>"><img src="cid:dot@x">
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_inbox_shows_who_wrote_what_and_opening_a_message_reads_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: =?utf-8?q?Zo=C3=AB?= <zoe@example.net>\r\nSubject: =?utf-8?q?Caf=C3=A9?= <b>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n\r\nFirst line & <tag> https://example.org/?a&b\r\n  two\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        WebAnswer list = await client.OpenAsync("/mail");
        Assert.Contains("Zoë", WebUtility.HtmlDecode(list.Text), StringComparison.Ordinal);
        Assert.Contains("Caf&#xE9; &lt;b&gt;", list.Text, StringComparison.Ordinal);
        Assert.Contains("class=\"unread\"", list.Text, StringComparison.Ordinal);
        WebAnswer message = await client.GetAsync(MessageLink(list));
        Assert.Contains(
            "First line &amp; &lt;tag&gt; <a href=\"https://example.org/?a&amp;b\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">https://example.org/?a&amp;b</a>",
            message.Text, StringComparison.Ordinal);
        Assert.Contains("zoe@example.net", message.Text, StringComparison.Ordinal);
        Assert.Contains("Tuesday, November 24, 2026, 9:00", WebUtility.HtmlDecode(message.Text), StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"unread\"", (await client.OpenAsync("/mail")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", message.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.Contains("no-store", message.Headers["Cache-Control"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hostile_html_is_written_anew_and_can_neither_run_nor_ask()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, $"From: a@example.net\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{Hostile.ReplaceLineEndings("\r\n")}\r\n--b\r\nContent-Type: image/gif\r\nContent-ID: <dot@x>\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lGODlhAQABAAAAACw=\r\n--b--\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = MessageLink(await client.OpenAsync("/mail"));
        WebAnswer page = await client.GetAsync(link);
        Assert.Matches("<iframe[^>]* sandbox=\"allow-popups allow-popups-to-escape-sandbox\"", page.Text);
        Assert.Contains("Pictures from other hosts are not loaded", page.Text, StringComparison.Ordinal);
        WebAnswer html = await client.GetAsync(link + "/html");
        Assert.Contains("Hello <b>there</b>", html.Text, StringComparison.Ordinal);
        Assert.Contains("data:image/gif;base64,R0lGODlhAQABAAAAACw=", html.Text, StringComparison.Ordinal);
        Assert.Matches("<a href=\"https://example.org/x\"[^>]*rel=\"noopener noreferrer nofollow\"", html.Text);
        foreach (string gone in (string[])["<script", "onclick", "onerror", "javascript:", "<form", "<input", "<iframe", "http-equiv", "<base", "<svg", "<math", "<object", "<embed", "@import", "svg+xml"])
        {
            Assert.DoesNotContain(gone, html.Text, StringComparison.OrdinalIgnoreCase);
        }

        string policy = html.Headers["Content-Security-Policy"];
        Assert.StartsWith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("img-src data:;", policy, StringComparison.Ordinal);
        Assert.Contains("img-src data: https: http:;", (await client.GetAsync(link + "/html?pictures=true")).Headers["Content-Security-Policy"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_attachment_comes_as_a_file_with_a_harmless_name()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: a@example.net\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: text/html; name=\"x\"\r\nContent-Disposition: attachment; filename=\"../../etc/pa\\\"ss<wd>.html\"\r\nContent-Transfer-Encoding: base64\r\n\r\nPHNjcmlwdD4=\r\n--b--\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = MessageLink(await client.OpenAsync("/mail"));
        WebAnswer file = await client.GetAsync(link + "/attachments/0");
        Assert.Equal("<script>", file.Text);
        Assert.Equal("application/octet-stream", file.Headers["Content-Type"]);
        Assert.StartsWith("attachment; filename=passwd.html", file.Headers["Content-Disposition"], StringComparison.Ordinal);
        Assert.Equal("nosniff", file.Headers["X-Content-Type-Options"]);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(link + "/attachments/1")).Status);
        Assert.StartsWith("From: a@example.net\r\n", (await client.GetAsync(link + "/source")).Text, StringComparison.Ordinal);
        Assert.Equal("message/rfc822", (await client.GetAsync(link + "/source?save=true")).Headers["Content-Type"]);
    }

    [Theory]
    [InlineData("trash", "Trash")]
    [InlineData("archive", "Archive")]
    [InlineData("junk", "Junk")]
    public async Task What_is_moved_away_can_be_had_back(string action, string folder)
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: a@example.net\r\nSubject: wander\r\n\r\nx\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = MessageLink(await client.OpenAsync("/mail"));
        await client.GetAsync(link);
        WebAnswer moved = await client.PostAsync($"{link}/{action}");
        Assert.Single(await server.MailAsync(TestServer.You, folder));
        WebAnswer list = await client.OpenAsync(moved.Location!);
        Assert.Contains($"Moved to {folder}.", list.Text, StringComparison.Ordinal);
        Match undo = Undo().Match(list.Text);
        await client.PostAsync(undo.Groups[1].Value, ("moved", undo.Groups[2].Value));
        Assert.Single(await server.MailAsync(TestServer.You));
        Assert.Empty(await server.MailAsync(TestServer.You, folder));
    }

    [Fact]
    public async Task A_message_is_flagged_made_unread_and_taken_out_of_the_junk()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: a@example.net\r\nSubject: wander\r\n\r\nx\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = MessageLink(await client.OpenAsync("/mail"));
        await client.GetAsync(link);
        Assert.Equal(link, (await client.PostAsync(link + "/flag")).Location);
        Assert.Equal(MessageFlags.Flagged | MessageFlags.Seen, Assert.Single(await MailFixture.FlagsAsync(server)) & MessageFlags.System);
        await client.PostAsync(link + "/unflag");
        await client.PostAsync(link + "/unread");
        Assert.Equal(MessageFlags.None, Assert.Single(await MailFixture.FlagsAsync(server)) & MessageFlags.System);

        string list = (await client.OpenAsync((await client.PostAsync(link + "/junk")).Location!)).Text;
        string junk = Regex.Match(list, "data-folder=\"([0-9]+)\" data-name=\"Junk\"").Groups[1].Value;
        string there = MessageLink(await client.GetAsync($"/mail/{junk}"));
        Assert.Contains($"{there}/inbox\"", (await client.GetAsync(there)).Text, StringComparison.Ordinal);
        await client.PostAsync(there + "/inbox");
        Assert.Empty(await server.MailAsync(TestServer.You, "Junk"));
        Assert.Single(await server.MailAsync(TestServer.You));
    }

    [Fact]
    public async Task Ticked_messages_are_moved_together_and_come_back_together()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 1; i <= 3; i++)
        {
            await FileAsync(server, $"From: a@example.net\r\nSubject: number {i}.\r\n\r\nx\r\n");
        }

        using WebClient client = await WebClient.SignedInAsync(server);
        string box = MessageLink(await client.OpenAsync("/mail"));
        box = box[..box.LastIndexOf('/')];
        WebAnswer moved = await client.PostAsync(box + "/many", ("do", "trash"), ("uid", "1"), ("uid", "3"), ("uid", "77"));
        Assert.Equal(["number 1.", "number 3."], (await server.MailAsync(TestServer.You, "Trash")).Select(Subject));
        string list = (await client.OpenAsync(moved.Location!)).Text;
        Assert.Contains("2 messages moved to Trash.", list, StringComparison.Ordinal);
        Match undo = Undo().Match(list);
        await client.PostAsync(undo.Groups[1].Value, ("moved", undo.Groups[2].Value));
        Assert.Empty(await server.MailAsync(TestServer.You, "Trash"));
        Assert.Equal(3, (await server.MailAsync(TestServer.You)).Count);
        await client.PostAsync(box + "/many", ("do", "read"), ("uid", "2"));
        Assert.Equal(2, Regex.Count((await client.OpenAsync("/mail")).Text, "class=\"unread\""));
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync(box + "/many", ("do", "explode"), ("uid", "2"))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/mail/back", ("moved", "1.x.2"))).Status);
    }

    [Fact]
    public async Task An_open_page_is_told_of_new_mail()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        using HttpResponseMessage answer = await client.StreamAsync("/mail/events");
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        Assert.Equal("retry: 2000", await events.ReadLineAsync(Cancel));
        Assert.Equal("", await events.ReadLineAsync(Cancel));
        await FileAsync(server, "From: a@example.net\r\n\r\nx\r\n");
        Assert.Equal("event: changed", await events.ReadLineAsync(Cancel));
    }

    [Fact]
    public async Task A_page_is_told_of_what_came_before_it_began_to_listen()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using TestServer server = await TestServer.StartAsync(time: time);
        using WebClient client = await WebClient.SignedInAsync(server);
        string empty = Events(await client.OpenAsync("/mail"));
        await FileAsync(server, "From: a@example.net\r\n\r\nx\r\n");
        Assert.Equal("event: changed", await FirstEventAsync(client, empty, time));
        // Opened, it is read: the page shows that itself and has missed nothing. What comes first is the sign of life.
        string opened = Events(await client.OpenAsync(MessageLink(await client.OpenAsync("/mail"))));
        Assert.Equal(":", await FirstEventAsync(client, opened, time));
    }

    [Fact]
    public async Task A_long_folder_has_pages_and_the_newest_come_first()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 1; i <= 60; i++)
        {
            await FileAsync(server, $"From: a@example.net\r\nSubject: number {i}.\r\n\r\nx\r\n");
        }

        using WebClient client = await WebClient.SignedInAsync(server);
        string first = (await client.OpenAsync("/mail")).Text;
        Assert.Contains("number 60.", first, StringComparison.Ordinal);
        Assert.Contains("number 11.", first, StringComparison.Ordinal);
        Assert.DoesNotContain("number 10.", first, StringComparison.Ordinal);
        string second = (await client.OpenAsync(Older().Match(first).Groups[1].Value)).Text;
        Assert.Contains("number 10.", second, StringComparison.Ordinal);
        Assert.Contains("number 1.", second, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/mail/999999")]
    [InlineData("/mail/1/4000000000")]
    [InlineData("/mail/1/5/html")]
    [InlineData("/mail/x")]
    public async Task What_is_not_there_is_said_to_be_not_there(string path)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(path)).Status);
    }

    private static string Subject(string message) => Regex.Match(message, "Subject: (.*)\r").Groups[1].Value;

    private static string Events(WebAnswer page) => EventsAddress().Match(page.Text).Groups[1].Value;

    /// <summary>The first line that a stream sends of itself.</summary>
    private static async Task<string?> FirstEventAsync(WebClient client, string address, FakeTimeProvider time)
    {
        using HttpResponseMessage answer = await client.StreamAsync(address);
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        Assert.Equal("retry: 2000", await events.ReadLineAsync(Cancel));
        Assert.Equal("", await events.ReadLineAsync(Cancel));
        Task<string?> first = events.ReadLineAsync(Cancel).AsTask();
        while (!first.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(25));
            await Task.WhenAny(first, Task.Delay(50, Cancel));
        }

        return await first;
    }

    private static string MessageLink(WebAnswer list) => Message().Match(list.Text).Groups[1].Value;

    private static async Task FileAsync(TestServer server, string octets)
    {
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        Mailbox inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, account.Id, Mailbox.Inbox, Cancel)).Value;
        Messages messages = server.Services.GetRequiredService<Messages>();
        await using MessageWriter writer = messages.StartMessage();
        await writer.WriteAsync(Encoding.UTF8.GetBytes(octets), Cancel);
        IncomingMessage content = await writer.CompleteAsync(Cancel);
        _ = (await messages.AppendAsync(TestServer.Administrator, account.Id, inbox.Id, [new NewMessage(content, MessageFlags.None, [], null)], Cancel)).Value;
    }

    [GeneratedRegex("<a href=\"(/mail/[0-9]+/[0-9]+)\"")]
    private static partial Regex Message();

    [GeneratedRegex("data-events=\"(/mail/events[^\"]+)\"")]
    private static partial Regex EventsAddress();

    [GeneratedRegex("action=\"(/mail/back)\"[\\s\\S]*?name=\"moved\" value=\"([0-9.:,]+)\"")]
    private static partial Regex Undo();

    [GeneratedRegex("href=\"(/mail/[0-9]+\\?page=1)\"")]
    private static partial Regex Older();
}
