using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Reading in the browser: other views of a message, previews of its files, pictures of a sender, leaving a list.</summary>
public sealed class ReadingPageTests
{
    private const string Files = """
        From: a@example.net
        Subject: Papers & <more>
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary=b

        --b
        Content-Type: text/html

        <p>Look</p><script>alert(1)</script>
        --b
        Content-Type: image/png; name=dot.png
        Content-Disposition: attachment
        Content-Transfer-Encoding: base64

        iVBORw0KGgo=
        --b
        Content-Type: text/html; name=page.html
        Content-Disposition: attachment

        <script>alert(1)</script>
        --b
        Content-Type: image/svg+xml; name=dot.svg
        Content-Disposition: attachment

        <svg onload="alert(1)"/>
        --b
        Content-Type: text/plain; charset=utf-8; name=notes.txt
        Content-Disposition: attachment

        <b>notes</b>
        --b
        Content-Type: application/pdf; name=../../p.pdf
        Content-Disposition: attachment

        %PDF
        --b
        Content-Type: application/pdf; name=p.pdf
        Content-Disposition: attachment

        %PDF2
        --b--
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_is_shown_as_text_with_its_header_and_to_print()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, Files);
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = await LinkAsync(client);
        Assert.Contains("<iframe title=\"Text of the message\"", (await client.GetAsync(link)).Text, StringComparison.Ordinal);
        string text = (await client.GetAsync(link + "?view=text")).Text;
        Assert.DoesNotContain("<iframe title=\"Text of the message\"", text, StringComparison.Ordinal);
        Assert.Contains("class=\"text\">Look", text, StringComparison.Ordinal);
        Assert.Contains("<dt>MIME-Version</dt><dd>1.0</dd>", (await client.GetAsync(link + "?view=headers")).Text, StringComparison.Ordinal);
        WebAnswer print = await client.GetAsync(link + "/print");
        Assert.Contains("Papers &amp; &lt;more&gt;", print.Text, StringComparison.Ordinal);
        Assert.Contains("<p>Look</p>", print.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", print.Text, StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith("sandbox", print.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        WebAnswer pane = await client.GetAsync(link + "/pane");
        Assert.StartsWith("<section class=\"message\"", pane.Text.Trim(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "image/png")]
    [InlineData(3, "text/plain; charset=utf-8")]
    [InlineData(4, "application/pdf")]
    public async Task Pictures_texts_and_pdf_are_shown_by_the_browser_in_a_cage(int index, string type)
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, Files);
        using WebClient client = await WebClient.SignedInAsync(server);
        WebAnswer view = await client.GetAsync(await LinkAsync(client) + $"/attachments/{index}/view");
        Assert.Equal((HttpStatusCode.OK, type, "nosniff", "inline"), (view.Status, view.Headers["Content-Type"], view.Headers["X-Content-Type-Options"], view.Headers["Content-Disposition"]));
        Assert.Contains("default-src 'none'", view.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.DoesNotContain("script-src", view.Headers["Content-Security-Policy"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(99)]
    [InlineData(-1)]
    public async Task What_could_run_is_never_shown(int index)
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, Files);
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(await LinkAsync(client) + $"/attachments/{index}/view")).Status);
    }

    [Fact]
    public async Task All_files_come_in_one_archive_with_harmless_distinct_names()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, Files);
        using WebClient client = await WebClient.SignedInAsync(server);
        using HttpResponseMessage answer = await client.StreamAsync(await LinkAsync(client) + "/attachments.zip");
        using var octets = new MemoryStream(await answer.Content.ReadAsByteArrayAsync(Cancel));
        await using ZipArchive zip = await ZipArchive.CreateAsync(octets, ZipArchiveMode.Read, leaveOpen: true, null, Cancel);
        Assert.Equal(["dot.png", "page.html", "dot.svg", "notes.txt", "p.pdf", "p (2).pdf"], zip.Entries.Select(static entry => entry.FullName));
        using var reader = new StreamReader(await zip.Entries[3].OpenAsync(Cancel));
        Assert.Equal("<b>notes</b>", (await reader.ReadToEndAsync(Cancel)).TrimEnd());
    }

    [Theory]
    [InlineData("Authentication-Results: mx.example.test;\r\n dmarc=pass header.from=example.net\r\n", true)]
    [InlineData("Authentication-Results: mx.example.test; dmarc=fail\r\n", false)]
    [InlineData("Authentication-Results: mx.example.test;\r\n\tspf=none smtp.mailfrom=\"x dmarc=pass\"@evil.example;\r\n\tdmarc=fail header.from=example.net\r\n", false)]
    [InlineData("Authentication-Results: mx.example.test;\r\n\tspf=none smtp.mailfrom=\"x; dmarc=pass\"@evil.example;\r\n\tdmarc=fail header.from=example.net\r\n", false)]
    [InlineData("", false)]
    public async Task Pictures_of_a_sender_are_loaded_always_only_where_the_sender_is_proved(string trace, bool isProved)
    {
        await using TestServer server = await TestServer.StartAsync();
        // What a sender writes into the message itself proves nothing.
        await DeliverAsync(server, trace, "Authentication-Results: mx.example.test; dmarc=pass\r\nFrom: News <News@example.net>\r\nContent-Type: text/html\r\n\r\n<img src=\"https://pictures.example.net/1.png\">\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = await LinkAsync(client);
        string page = (await client.GetAsync(link)).Text;
        Assert.Equal(isProved, page.Contains("Always for this sender", StringComparison.Ordinal));
        Assert.DoesNotContain("https:", (await client.GetAsync(link + "/html")).Headers["Content-Security-Policy"], StringComparison.Ordinal);
        await client.PostAsync(link + "/pictures");
        Assert.Equal(isProved, (await client.GetAsync(link + "/html")).Headers["Content-Security-Policy"].Contains("https:", StringComparison.Ordinal));
        await client.PostAsync(link + "/pictures", ("allow", "false"));
        Assert.DoesNotContain("https:", (await client.GetAsync(link + "/html")).Headers["Content-Security-Policy"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_is_not_asked_for_a_message_that_proves_nothing()
    {
        await using TestServer server = await TestServer.StartAsync("lists.example.net. A 127.0.0.1\n");
        await FileAsync(server, "From: news@example.net\r\nList-Unsubscribe: <mailto:leave@example.net?subject=out&bcc=x@evil.test>, <https://lists.example.net/u?1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nx\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = await LinkAsync(client);
        Assert.Contains($"action=\"{link}/unsubscribe\"", (await client.GetAsync(link)).Text, StringComparison.Ordinal);
        WebAnswer asked = await client.PostAsync(link + "/unsubscribe");
        string page = WebUtility.HtmlDecode((await client.OpenAsync(asked.Location!)).Text);
        Assert.Contains("That did not work", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/mail/new?to=leave%40example.net&subject=out\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_of_a_hundred_thousand_parts_opens_as_its_first_ones_and_the_page_says_so()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "Subject: many\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst words\n" + string.Concat(Enumerable.Repeat("--b\nContent-Type: image/png\n\nx\n", 100_000)));
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = await LinkAsync(client), page = (await client.GetAsync(link)).Text;
        Assert.Contains("first words", page, StringComparison.Ordinal);
        Assert.Contains("This message has more parts", page, StringComparison.Ordinal);
        Assert.InRange(page.Split("/attachments/").Length, 1_000, 10_000);
        // What a forward could not take along is asked after before it is sent.
        Assert.Contains("name=\"lacks\" value=\"true\"", (await client.GetAsync(link + "/forward")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_that_is_shown_whole_says_nothing_of_limits()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, Files);
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = await LinkAsync(client);
        Assert.DoesNotContain("This message has more parts", (await client.GetAsync(link)).Text, StringComparison.Ordinal);
        Assert.Contains("name=\"lacks\" value=\"\"", (await client.GetAsync(link + "/forward")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_behind_a_picture_is_text_and_what_is_not_shown_is_a_file()
    {
        await using TestServer server = await TestServer.StartAsync();
        const string Apple = """
            Subject: order
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: text/plain

            see here:
            --b
            Content-Type: image/jpeg; name=photo.jpg
            Content-Disposition: inline

            x
            --b
            Content-Type: text/plain

            so please cancel the order
            --b
            Content-Type: text/csv; name=prices.csv

            1,2
            --b--
            """;
        const string Named = """
            Subject: looks
            MIME-Version: 1.0
            Content-Type: multipart/related; boundary=b

            --b
            Content-Type: text/html

            <p>see <img src="cid:shown@x"><img src="cid:bitmap@x"></p>
            --b
            Content-Type: image/png; name=shown.png
            Content-ID: <shown@x>

            x
            --b
            Content-Type: image/bmp; name=bitmap.bmp
            Content-ID: <bitmap@x>

            x
            --b
            Content-Type: application/pdf; name=paper.pdf
            Content-ID: <paper@x>
            Content-Disposition: inline

            %PDF
            --b--
            """;
        await FileAsync(server, Apple);
        await FileAsync(server, Named);
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = await LinkAsync(client), page = (await client.GetAsync(link)).Text, print = (await client.GetAsync(link + "/print")).Text;
        foreach (string there in (string[])["see here:", "so please cancel the order", "photo.jpg", "prices.csv"])
        {
            Assert.Contains(there, page, StringComparison.Ordinal);
            Assert.Contains(there, print, StringComparison.Ordinal);
        }

        string other = link[..^1] + "2", files = (await client.GetAsync(other)).Text;
        Assert.Contains("bitmap.bmp", files, StringComparison.Ordinal);
        Assert.Contains("paper.pdf", files, StringComparison.Ordinal);
        Assert.DoesNotContain("shown.png", files, StringComparison.Ordinal);
        Assert.Contains("data:image/png;base64,", (await client.GetAsync(other + "/html")).Text, StringComparison.Ordinal);
        using HttpResponseMessage paper = await client.StreamAsync(other + "/attachments/1");
        Assert.Equal("%PDF", await paper.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task<string> LinkAsync(WebClient client)
    {
        string box = (await client.GetAsync("/mail")).Location!;
        await client.GetAsync(box);
        return box + "/1";
    }

    private static async Task FileAsync(TestServer server, string octets)
    {
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        Mailbox inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, account.Id, Mailbox.Inbox, Cancel)).Value;
        Messages messages = server.Services.GetRequiredService<Messages>();
        IncomingMessage content = await WriteAsync(messages, octets);
        _ = (await messages.AppendAsync(TestServer.Administrator, account.Id, inbox.Id, [new NewMessage(content, MessageFlags.None, [], null)], Cancel)).Value;
    }

    /// <summary>As mail from elsewhere comes: with the lines of this server before it.</summary>
    private static async Task DeliverAsync(TestServer server, string trace, string octets)
    {
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        IncomingMessage content = await WriteAsync(server.Services.GetRequiredService<Messages>(), octets);
        var envelope = new Envelope("news@example.net", [new EnvelopeRecipient(TestServer.You, new Recipient.Local([account], []), DsnNotify.Default, null)], Encoding.ASCII.GetBytes(trace), DateTimeOffset.UtcNow);
        await server.Services.GetRequiredService<Deliveries>().AcceptAsync(envelope, content, Cancel);
    }

    private static async Task<IncomingMessage> WriteAsync(Messages messages, string octets)
    {
        await using MessageWriter writer = messages.StartMessage();
        await writer.WriteAsync(Encoding.UTF8.GetBytes(octets.ReplaceLineEndings("\r\n")), Cancel);
        return await writer.CompleteAsync(Cancel);
    }
}
