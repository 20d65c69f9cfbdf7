using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MimeKit;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Queue;
using Posthorn.Core.Scheduling;
using Posthorn.ProtocolTests.Outbound;
using Posthorn.Web.Mail.Writing;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Writing in the browser: sending, taking back, drafts, answers, files, and what is refused.</summary>
public sealed partial class ComposePageTests
{
    private const string WithFile = "From: a@example.net\r\nSubject: Papers\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>See <b>below</b></p><p>Bye</p>\r\n--b\r\nContent-Type: application/pdf; name=p.pdf\r\nContent-Disposition: attachment\r\n\r\n%PDF\r\n--b--\r\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_waits_ten_seconds_then_arrives_without_its_bcc_and_a_copy_stays_with_it()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        WebAnswer sent = await client.PostAsync(
            "/mail/compose", ("do", "send"), ("to", "Friend <friend@example.test>"), ("bcc", TestServer.You), ("subject", "Grüße"), ("text", "Zeile eins\nsecond line"));
        Assert.StartsWith("/mail?sent=", sent.Location, StringComparison.Ordinal);
        Assert.Contains("Sent. It leaves in 10 seconds.", (await client.OpenAsync(sent.Location!)).Text, StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.Friend));
        time.Advance(Composing.UndoTime);
        MimeMessage got = Parse(Assert.Single(await server.MailWhenAsync(TestServer.Friend, 1)));
        Assert.Equal(("Grüße", "Zeile eins\nsecond line", TestServer.You), (got.Subject, got.TextBody?.TrimEnd(), got.From.Mailboxes.Single().Address));
        Assert.False(got.Headers.Contains(HeaderId.Bcc));
        Assert.False(Parse(Assert.Single(await server.MailWhenAsync(TestServer.You, 1))).Headers.Contains(HeaderId.Bcc));
        MimeMessage copy = Parse(Assert.Single(await server.MailAsync(TestServer.You, "Sent")));
        Assert.Equal((TestServer.You, got.MessageId, got.Date), (copy.Bcc.Mailboxes.Single().Address, copy.MessageId, copy.Date));
        Assert.Contains("TooLate", (await client.PostAsync("/mail/unsend", ("sent", sent.Location!.Split('=')[1]))).Location, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("info@bücher.test")]
    [InlineData("info@xn--bcher-kva.test")]
    public async Task A_domain_with_letters_beyond_ascii_is_named_as_the_dns_has_it(string to)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using var sink = new SmtpSink(static _ => null);
        await using TestServer server = await TestServer.StartAsync(
            "xn--bcher-kva.test. MX 10 mx.elsewhere.test.\nmx.elsewhere.test. A 127.0.0.1\n", options => options with { Outbound = options.Outbound with { Port = sink.Port } }, time);
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        await client.PostAsync("/mail/compose", ("do", "send"), ("to", to), ("subject", "x"), ("text", "hello"));
        time.Advance(Composing.UndoTime);
        SunkMessage sunk = await sink.NextAsync(Cancel);
        Assert.Contains("RCPT TO:<info@xn--bcher-kva.test>", sunk.Commands);
        Assert.Contains("To: info@xn--bcher-kva.test\r\n", sunk.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_taken_back_is_a_draft_again_and_reaches_nobody()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        string notice = (await client.PostAsync("/mail/compose", ("do", "send"), ("to", TestServer.Friend), ("text", "Too soon"))).Location!.Split('=')[1];
        WebAnswer back = await client.PostAsync("/mail/unsend", ("sent", notice));
        Assert.Contains("Too soon", (await client.OpenAsync(back.Location!)).Text, StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.You, "Sent"));
        Assert.Empty((await server.Services.GetRequiredService<MailQueue>().ListAsync(TestServer.Administrator, Cancel)).Value);
        // Once is enough, and nobody takes back what is another's.
        Assert.Contains("TooLate", (await client.PostAsync("/mail/unsend", ("sent", notice))).Location, StringComparison.Ordinal);
        WebAnswer again = await client.PostAsync("/mail/compose", ("do", "send"), ("to", TestServer.Friend), ("text", "Now"), ("draft", back.Location!.Split('/')[3]));
        Assert.Empty(await server.MailAsync(TestServer.You, "Drafts"));
        using var other = new WebClient(server);
        await other.GetAsync("/signin");
        await other.SignInAsync(TestServer.Friend, TestServer.Password);
        await other.OpenAsync("/mail");
        Assert.Contains("TooLate", (await other.PostAsync("/mail/unsend", ("sent", again.Location!.Split('=')[1]))).Location, StringComparison.Ordinal);
        time.Advance(Composing.UndoTime);
        Assert.Contains("Now", Assert.Single(await server.MailWhenAsync(TestServer.Friend, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_draft_is_one_message_however_often_it_is_saved_and_keeps_its_files()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        byte[] octets = [.. Enumerable.Range(0, 200_000).Select(static i => (byte)(i * 7))];
        WebAnswer first = await client.PostFilesAsync(
            "/mail/compose", [("do", "save"), ("to", "someone@example.net"), ("text", "one")],
            [("../../a|b.bin", "application/x-thing", octets), ("page.html", "text/html", "<b>x</b>"u8.ToArray())], isScript: true);
        using JsonDocument summary = JsonDocument.Parse(first.Text);
        string draft = summary.RootElement.GetProperty("draft").ToString();
        Assert.Equal(["ab.bin", "page.html"], summary.RootElement.GetProperty("files").EnumerateArray().Select(static file => file.GetProperty("name").GetString()));
        WebAnswer second = await client.PostAsync("/mail/compose", ("do", "save"), ("to", "someone@example.net"), ("text", "two"), ("draft", draft), ("keep", "0"));
        MimeMessage saved = Parse(Assert.Single(await server.MailAsync(TestServer.You, "Drafts")));
        Assert.Equal("two", saved.TextBody?.TrimEnd());
        var file = Assert.IsType<MimePart>(Assert.Single(saved.Attachments));
        using var content = new MemoryStream();
        await file.Content!.DecodeToAsync(content, Cancel);
        Assert.Equal(octets, content.ToArray());
        WebAnswer page = await client.OpenAsync(second.Location!);
        Assert.Contains("Saved in Drafts.", page.Text, StringComparison.Ordinal);
        Assert.Contains("ab.bin", page.Text, StringComparison.Ordinal);
        string list = (await client.OpenAsync($"/mail/{second.Location!.Split('/')[2]}")).Text;
        Assert.Contains("/edit\"", list, StringComparison.Ordinal);
        await client.PostAsync("/mail/compose", ("do", "discard"), ("draft", second.Location!.Split('/')[3]));
        Assert.Empty(await server.MailAsync(TestServer.You, "Drafts"));
        Assert.Single(await server.MailAsync(TestServer.You, "Trash"));
    }

    [Fact]
    public async Task A_reply_quotes_names_its_conversation_and_marks_what_it_answers()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: Zo <zo@example.net>\r\nTo: you@example.test, Third <third@example.net>\r\nCc: fourth@example.net\r\nSubject: Plan\r\nMessage-ID: <b@example.net>\r\nReferences: <a@example.net>\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n\r\nHello\r\n> older\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = Message().Match((await client.OpenAsync("/mail")).Text).Groups[1].Value;
        string page = WebUtility.HtmlDecode((await client.OpenAsync(link + "/reply?all=true")).Text);
        Assert.Contains("name=\"to\" value=\"Zo <zo@example.net>, Third <third@example.net>\"", page, StringComparison.Ordinal);
        Assert.Contains("name=\"cc\" value=\"fourth@example.net\"", page, StringComparison.Ordinal);
        Assert.Contains("name=\"subject\" value=\"Re: Plan\"", page, StringComparison.Ordinal);
        Assert.Contains("On 24 November 2026, 10:00 +01:00, Zo <zo@example.net> wrote:\n> Hello\n>> older", page, StringComparison.Ordinal);
        Assert.Contains("name=\"to\" value=\"Zo <zo@example.net>\"", WebUtility.HtmlDecode((await client.OpenAsync(link + "/reply")).Text), StringComparison.Ordinal);
        WebAnswer sent = await client.PostAsync(
            "/mail/compose", ("do", "send"), ("to", TestServer.Friend), ("subject", "Re: Plan"), ("text", "Yes"), ("kind", "Reply"),
            ("origin", Value(page, "origin")), ("in-reply-to", Value(page, "in-reply-to")), ("references", Value(page, "references")));
        MimeMessage copy = Parse(Assert.Single(await server.MailAsync(TestServer.You, "Sent")));
        Assert.Equal("b@example.net", copy.InReplyTo);
        Assert.Equal(["a@example.net", "b@example.net"], copy.References);
        Assert.Contains("aria-label=\"answered\"", (await client.OpenAsync(sent.Location!)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forwarded_message_takes_its_files_along()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, WithFile);
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = Message().Match((await client.OpenAsync("/mail")).Text).Groups[1].Value;
        string page = WebUtility.HtmlDecode((await client.OpenAsync(link + "/forward")).Text);
        Assert.Contains("value=\"Fwd: Papers\"", page, StringComparison.Ordinal);
        Assert.Contains("See below\nBye", page, StringComparison.Ordinal);
        Assert.Contains("p.pdf", page, StringComparison.Ordinal);
        await client.PostAsync("/mail/compose", ("do", "send"), ("to", TestServer.Friend), ("subject", "Fwd: Papers"), ("text", "fyi"), ("kind", "Forward"), ("origin", Value(page, "origin")), ("keep", "0"));
        MimeMessage copy = Parse(Assert.Single(await server.MailAsync(TestServer.You, "Sent")));
        Assert.Equal("p.pdf", Assert.Single(copy.Attachments).ContentDisposition?.FileName ?? Assert.Single(copy.Attachments).ContentType.Name);
    }

    [Fact]
    public async Task A_forwarded_message_takes_along_what_it_calls_inline_and_does_not_show()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, WithFile.Replace("Content-Disposition: attachment", "Content-ID: <p@example.net>\r\nContent-Disposition: inline", StringComparison.Ordinal).Replace("\r\n--b--", "\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Last words</p>\r\n--b--", StringComparison.Ordinal));
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = Message().Match((await client.OpenAsync("/mail")).Text).Groups[1].Value;
        string page = WebUtility.HtmlDecode((await client.OpenAsync(link + "/forward")).Text);
        Assert.Contains("Bye\n\nLast words", page, StringComparison.Ordinal);
        Assert.Contains("p.pdf", page, StringComparison.Ordinal);
        await client.PostAsync("/mail/compose", ("do", "send"), ("to", TestServer.Friend), ("subject", "Fwd: Papers"), ("text", "fyi"), ("kind", "Forward"), ("origin", Value(page, "origin")), ("keep", "0"));
        MimeMessage copy = Parse(Assert.Single(await server.MailAsync(TestServer.You, "Sent")));
        Assert.Equal("p.pdf", Assert.IsType<MimePart>(Assert.Single(copy.Attachments)).FileName);
    }

    [Theory]
    [InlineData("to", "nobody at all", "is not an address")]
    [InlineData("cc", "nobody@example.test", "There is nobody with the address nobody@example.test")]
    [InlineData("bcc", "a@example.net, b@@example.net", "is not an address")]
    [InlineData("to", "", "at least one address")]
    public async Task A_refused_form_says_why_at_its_field_and_keeps_what_was_typed(string field, string typed, string says)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        WebAnswer answer = await client.PostAsync("/mail/compose", ("do", "send"), (field, typed), ("subject", "kept & <safe>"), ("text", "also kept"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        string page = WebUtility.HtmlDecode(answer.Text);
        Assert.Matches($"role=\"alert\" id=\"{field}-problem\">[^<]*{says}", page);
        Assert.Contains($"name=\"{field}\" value=\"{typed}\"", page, StringComparison.Ordinal);
        Assert.Contains("value=\"kept &amp; &lt;safe&gt;\"", answer.Text, StringComparison.Ordinal);
        Assert.Contains("also kept", page, StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.You, "Sent"));
    }

    [Fact]
    public async Task A_missing_attachment_is_asked_after_once()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        WebAnswer asked = await client.PostAsync("/mail/compose", ("do", "send"), ("to", TestServer.Friend), ("text", "The plan is attached."));
        Assert.Contains("mentions an attachment", asked.Text, StringComparison.Ordinal);
        WebAnswer sent = await client.PostAsync("/mail/compose", ("do", "send"), ("to", TestServer.Friend), ("text", "The plan is attached."), ("confirmed", "true"), ("draft", Value(asked.Text, "draft")));
        Assert.StartsWith("/mail?sent=", sent.Location, StringComparison.Ordinal);
        await client.OpenAsync("/mail/new");
        Assert.StartsWith("/mail?sent=", (await client.PostAsync("/mail/compose", ("do", "send"), ("to", TestServer.Friend), ("text", "Thanks\n> it is attached"))).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_own_addresses_stand_in_from_and_line_ends_smuggle_no_field()
    {
        await using TestServer server = await TestServer.StartAsync();
        var aliases = server.Services.GetRequiredService<Aliases>();
        _ = (await aliases.AddAsync(TestServer.Administrator, "info@example.test", [TestServer.You], Cancel)).Value;
        _ = (await aliases.AddAsync(TestServer.Administrator, "all@example.test", [TestServer.You, TestServer.Friend], Cancel)).Value;
        using WebClient client = await WebClient.SignedInAsync(server);
        string page = (await client.OpenAsync("/mail/new")).Text;
        Assert.Equal([TestServer.You, "info@example.test"], Regex.Matches(page, "<option value=\"([^\"]+)\"").Select(static match => match.Groups[1].Value));
        WebAnswer refused = await client.PostAsync("/mail/compose", ("do", "send"), ("from", "all@example.test"), ("to", TestServer.Friend), ("text", "x"));
        Assert.Contains("none of your addresses", refused.Text, StringComparison.Ordinal);
        await client.PostAsync(
            "/mail/compose", ("do", "send"), ("from", "info@example.test"), ("to", TestServer.Friend), ("subject", "a\r\nX-Evil: 1\r\n\r\nbody"), ("text", "x"), ("in-reply-to", "a@b\r\nX-Evil: 2"));
        string octets = Assert.Single(await server.MailAsync(TestServer.You, "Sent"));
        Assert.DoesNotContain("\nX-Evil", octets, StringComparison.Ordinal);
        Assert.Equal("info@example.test", Parse(octets).From.Mailboxes.Single().Address);
    }

    [Fact]
    public async Task A_list_with_members_elsewhere_gets_what_was_held()
    {
        // Each member waits on its own, those here too: nobody of the list may be forgotten when the time has come.
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        var aliases = server.Services.GetRequiredService<Aliases>();
        _ = (await aliases.AddAsync(TestServer.Administrator, "team@example.test", [TestServer.Friend, "far@example.net"], Cancel)).Value;
        _ = (await aliases.AddAsync(TestServer.Administrator, "away@example.test", ["away@example.org"], Cancel)).Value;
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        await client.PostAsync("/mail/compose", ("do", "send"), ("to", "team@example.test, away@example.test"), ("text", "x"));
        var queue = server.Services.GetRequiredService<MailQueue>();
        Core.Queue.QueueEntry entry = Assert.Single((await queue.ListAsync(TestServer.Administrator, Cancel)).Value);
        Assert.Equal(["away@example.org", "far@example.net", TestServer.Friend], entry.Recipients.Select(static recipient => recipient.Address).Order(StringComparer.Ordinal));
        time.Advance(Composing.UndoTime);
        Assert.Single(await server.MailWhenAsync(TestServer.Friend, 1));
    }

    [Fact]
    public async Task A_message_over_the_limit_is_refused_and_the_page_says_how_large_it_may_be()
    {
        await using TestServer server = await TestServer.StartAsync(change: static options => options with { Limits = options.Limits with { MaxMessageBytes = 100_000 } });
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        WebAnswer answer = await client.PostFilesAsync("/mail/compose", [("do", "send"), ("to", TestServer.Friend), ("text", "x")], [("big", "x/y", new byte[200_000])]);
        Assert.Contains("can be sent", answer.Text, StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.You, "Sent"));
        WebAnswer huge = await client.PostFilesAsync("/mail/compose", [("do", "save")], [("big", "x/y", new byte[2_000_000])], isScript: true);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, huge.Status);
    }

    [Fact]
    public async Task Files_that_were_there_before_stay_in_the_form_of_a_message_over_the_limit()
    {
        await using TestServer server = await TestServer.StartAsync(change: static options => options with { Limits = options.Limits with { MaxMessageBytes = 100_000 } });
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        WebAnswer draft = await client.PostFilesAsync("/mail/compose", [("do", "save"), ("to", TestServer.Friend), ("text", "x")], [("contract.pdf", "application/pdf", new byte[50_000])]);
        string page = (await client.OpenAsync(draft.Location!)).Text;
        (string, string)[] fields = [("do", "send"), ("to", TestServer.Friend), ("text", "x")];
        WebAnswer refused = await client.PostFilesAsync("/mail/compose", [.. fields, ("draft", Value(page, "draft")), ("keep", "0")], [("big", "x/y", new byte[200_000])]);
        Assert.Contains("can be sent", refused.Text, StringComparison.Ordinal);
        Assert.Contains("contract.pdf", refused.Text, StringComparison.Ordinal);
        await client.PostAsync("/mail/compose", [.. fields, ("draft", Value(refused.Text, "draft")), .. Kept(refused.Text)]);
        Assert.Equal("contract.pdf", Assert.Single(Parse(Assert.Single(await server.MailAsync(TestServer.You, "Sent"))).Attachments).ContentDisposition?.FileName);

        // A message that goes along whole is such a file, too.
        await FileAsync(server, WithFile);
        string link = Message().Match((await client.OpenAsync("/mail")).Text).Groups[1].Value;
        page = (await client.OpenAsync(link + "/forward?as=file")).Text;
        (string, string)[] forward = [.. fields, ("kind", "ForwardAsFile"), ("origin", Value(page, "origin"))];
        refused = await client.PostFilesAsync("/mail/compose", [.. forward, .. Kept(page)], [("big", "x/y", new byte[200_000])]);
        await client.PostAsync("/mail/compose", [.. forward, .. Kept(refused.Text)]);
        Assert.Contains(await server.MailAsync(TestServer.You, "Sent"), static sent => Parse(sent).Attachments.Any(static file => file is MessagePart));
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"do\"\r\n\r\nsa")]
    [InlineData("multipart/form-data; boundary=x", "")]
    [InlineData("multipart/form-data", "--x--")]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nno field\r\n\r\n\r\n--x--\r\n")]
    public async Task A_form_that_is_cut_off_or_broken_is_refused_as_one_and_nothing_is_saved(string type, string body)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        WebAnswer answer = await client.PostAsItIsAsync("/mail/compose", type, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("Go back", answer.Text, StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.You, "Drafts"));
    }

    [Fact]
    public async Task A_form_that_does_not_say_how_long_it_is_is_not_read_beyond_its_limit()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        WebAnswer answer = await client.PostAsItIsAsync("/signin", "application/x-www-form-urlencoded", "address=" + new string('x', 66_000), isChunked: true);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
    }

    [Fact]
    public async Task Addresses_of_earlier_mail_are_offered_those_written_to_first()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: =?utf-8?q?Fr=C3=A4nzi?= Wald <wald@example.net>\r\nSubject: a\r\n\r\nx\r\n");
        await FileAsync(server, "From: \"Doe, Fred\" <fred@example.net>\r\nSubject: b\r\n\r\nx\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        await client.PostAsync("/mail/compose", ("do", "send"), ("to", "Freddy <friend@example.test>"), ("text", "x"));
        async Task<string[]> OfferedAsync(string typed)
        {
            using JsonDocument answer = JsonDocument.Parse((await client.GetAsync("/mail/addresses?q=" + Uri.EscapeDataString(typed))).Text);
            return [.. answer.RootElement.EnumerateArray().Select(static one => one.GetProperty("shown").GetString()!)];
        }

        Assert.Equal(["Freddy <friend@example.test>", "\"Doe, Fred\" <fred@example.net>"], await OfferedAsync("fre"));
        Assert.Equal(["Fränzi Wald <wald@example.net>"], await OfferedAsync("wal"));
        Assert.Empty(await OfferedAsync("example"));
        Assert.Empty(await OfferedAsync(""));
        Assert.Empty(await OfferedAsync(new string('f', 5_000)));
    }

    [Fact]
    public async Task Text_with_looks_goes_as_both_and_what_is_not_harmless_stays_behind()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        const string Html = "<div>Hello <b>bold</b> <script>alert(1)</script><a href=\"javascript:alert(1)\">bad</a> <a href=\"https://example.org/x\">good</a></div>"
            + "<ul><li onclick=\"alert(1)\">one</li></ul><img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\"><img src=\"data:image/svg+xml;base64,PHN2Zz4=\">";
        WebAnswer saved = await client.PostAsync("/mail/compose", ("do", "save"), ("to", TestServer.Friend), ("format", "rich"), ("html", Html), ("text", "ignored"));
        MimeMessage draft = Parse(Assert.Single(await server.MailAsync(TestServer.You, "Drafts")));
        Assert.Equal("multipart/alternative", draft.Body!.ContentType.MimeType);
        Assert.Contains("Hello bold", draft.TextBody, StringComparison.Ordinal);
        Assert.Contains("<b>bold</b>", draft.HtmlBody, StringComparison.Ordinal);
        Assert.Contains("href=\"https://example.org/x\"", draft.HtmlBody, StringComparison.Ordinal);
        foreach (string gone in (string[])["<script", "javascript:", "onclick", "svg", "data:"])
        {
            Assert.DoesNotContain(gone, draft.HtmlBody, StringComparison.OrdinalIgnoreCase);
        }

        MimePart picture = Assert.Single(draft.BodyParts.OfType<MimePart>(), static part => part.ContentType.IsMimeType("image", "gif"));
        Assert.Contains($"src=\"cid:{picture.ContentId}\"", draft.HtmlBody, StringComparison.Ordinal);
        string page = WebUtility.HtmlDecode((await client.OpenAsync(saved.Location!)).Text);
        Assert.Contains("data-rich=\"true\"", page, StringComparison.Ordinal);
        Assert.Contains("data:image/gif;base64,R0lGODlhAQABAAAAACw=", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_script_a_text_keeps_its_looks_until_its_words_are_changed()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        WebAnswer draft = await client.PostAsync("/mail/compose", ("do", "save"), ("format", "rich"), ("html", "<div>We meet</div><div>at <b>10</b></div>"), ("text", ""));
        foreach ((string from, string to, string? looks) in ((string, string, string?)[])[("", "", "at <b>10</b>"), ("at 10", "at 11", null)])
        {
            string page = (await client.OpenAsync(draft.Location!)).Text;
            string text = Area(page, "text");
            Assert.Equal("We meet\nat 10", text);
            draft = await client.PostAsync(
                "/mail/compose", ("do", "save"), ("draft", Value(page, "draft")), ("format", Value(page, "format")), ("looks", Value(page, "looks")), ("html", Area(page, "html")),
                ("text", (from.Length > 0 ? text.Replace(from, to, StringComparison.Ordinal) : text).ReplaceLineEndings("\r\n")));
            MimeMessage saved = Parse(Assert.Single(await server.MailAsync(TestServer.You, "Drafts")));
            Assert.Equal(looks is not null, saved.HtmlBody?.Contains(looks ?? "", StringComparison.Ordinal) ?? false);
            Assert.Equal(looks is null ? "We meet\nat 11" : "We meet\nat 10", saved.TextBody?.ReplaceLineEndings("\n").TrimEnd());
        }
    }

    [Fact]
    public async Task A_long_draft_is_opened_whole_and_what_is_quoted_of_a_long_message_says_where_it_is_cut()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        string text = string.Concat(Enumerable.Range(0, 12_000).Select(static number => $"line {number} of a long text\r\n")) + "END";
        await client.OpenAsync("/mail/new");
        WebAnswer draft = await client.PostAsync("/mail/compose", ("do", "save"), ("to", TestServer.You), ("format", "plain"), ("text", text));
        string page = (await client.OpenAsync(draft.Location!)).Text;
        Assert.EndsWith("\nEND", Area(page, "text").TrimEnd(), StringComparison.Ordinal);

        await FileAsync(server, $"From: zo@example.net\r\nTo: you@example.test\r\nSubject: long\r\n\r\n{text}\r\n");
        string link = Message().Match((await client.OpenAsync("/mail")).Text).Groups[1].Value;
        string quoted = Area((await client.OpenAsync(link + "/reply")).Text, "text").TrimEnd();
        Assert.EndsWith("\n> […]", quoted, StringComparison.Ordinal);
        Assert.InRange(quoted.Length, 256 * 1024, 300 * 1024);
    }

    [Fact]
    public async Task Pictures_that_the_editor_takes_are_there_when_the_draft_is_opened_again()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        byte[][] pictures = [.. Enumerable.Range(1, 4).Select(static number => Enumerable.Repeat((byte)number, 3_500_000).ToArray())];
        string html = string.Concat(pictures.Select(static octets => $"<img src=\"data:image/png;base64,{Convert.ToBase64String(octets)}\">")) + "<div>END</div>";
        WebAnswer saved = await client.PostFilesAsync("/mail/compose", [("do", "save"), ("to", TestServer.Friend), ("format", "rich"), ("html", html)], []);
        string page = (await client.OpenAsync(saved.Location!)).Text;
        Assert.DoesNotContain("name=\"keep\"", page, StringComparison.Ordinal);
        string again = WebUtility.HtmlDecode(Regex.Match(page, "<textarea name=\"html\"[^>]*>([^<]*)</textarea>").Groups[1].Value);
        await client.PostFilesAsync("/mail/compose", [("do", "send"), ("to", TestServer.Friend), ("format", "rich"), ("html", again), ("draft", Value(page, "draft"))], []);
        MimeMessage sent = Parse(Assert.Single(await server.MailAsync(TestServer.You, "Sent")));
        Assert.Contains("END", sent.HtmlBody, StringComparison.Ordinal);
        MimePart[] parts = [.. sent.BodyParts.OfType<MimePart>().Where(static part => part.ContentType.IsMimeType("image", "png"))];
        Assert.Equal(pictures.Length, parts.Length);
        foreach ((MimePart part, byte[] octets) in parts.Zip(pictures))
        {
            using var content = new MemoryStream();
            await part.Content!.DecodeToAsync(content, Cancel);
            Assert.True(content.ToArray().AsSpan().SequenceEqual(octets));
            Assert.Contains($"cid:{part.ContentId}", sent.HtmlBody, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1, 21 << 20)]
    [InlineData(51, 8)]
    public async Task Text_with_more_pictures_than_can_be_kept_is_refused_and_never_cut(int pictures, int letters)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        string html = string.Concat(Enumerable.Repeat($"<img src=\"data:image/png;base64,{new string('A', letters)}\">", pictures)) + "<div>END</div>";
        foreach (string what in (string[])["save", "send"])
        {
            WebAnswer answer = await client.PostFilesAsync("/mail/compose", [("do", what), ("to", TestServer.Friend), ("format", "rich"), ("html", html)], []);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
            Assert.Contains("too long to be kept", answer.Text, StringComparison.Ordinal);
            Assert.Contains("END", answer.Text, StringComparison.Ordinal);
        }

        Assert.Empty(await server.MailAsync(TestServer.You, "Drafts"));
        Assert.Empty(await server.MailAsync(TestServer.You, "Sent"));
    }

    [Fact]
    public async Task What_is_sent_later_waits_in_a_folder_leaves_at_its_time_and_can_be_taken_back()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        WebAnswer first = await client.PostAsync("/mail/compose", ("later", "2026-11-25T08:00"), ("to", TestServer.Friend), ("subject", "Early"), ("text", "x"));
        Assert.Contains("Wednesday, November 25, 2026, 8:00", WebUtility.HtmlDecode((await client.OpenAsync(first.Location!)).Text), StringComparison.Ordinal);
        Assert.Single(await server.MailAsync(TestServer.You, "Scheduled"));
        Assert.Empty(await server.MailAsync(TestServer.You, "Sent"));
        await client.OpenAsync("/mail/new");
        WebAnswer second = await client.PostAsync("/mail/compose", ("do", "later"), ("until", "2026-11-26T08:00"), ("to", TestServer.Friend), ("subject", "Never"), ("text", "x"));
        string notice = Uri.UnescapeDataString(second.Location!.Split("later=")[1]);
        WebAnswer back = await client.PostAsync("/mail/unsend", ("sent", notice[..notice.LastIndexOf('.')]));
        Assert.EndsWith("/edit", back.Location, StringComparison.Ordinal);
        Assert.Single(await server.MailAsync(TestServer.You, "Drafts"));
        time.Advance(TimeSpan.FromHours(19));
        Assert.Empty(await server.MailAsync(TestServer.Friend));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Contains("Subject: Early", Assert.Single(await server.MailWhenAsync(TestServer.Friend, 1)), StringComparison.Ordinal);
        await server.Services.GetRequiredService<Scheduler>().RunDueAsync(Cancel);
        Assert.Single(await server.MailAsync(TestServer.You, "Sent"));
        Assert.Empty(await server.MailAsync(TestServer.You, "Scheduled"));
        WebAnswer late = await client.PostAsync("/mail/compose", ("do", "later"), ("until", "2020-01-01T08:00"), ("to", TestServer.Friend), ("text", "x"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, late.Status);
        Assert.Contains("Choose a time that is to come", late.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_that_is_posted_twice_is_one_message()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        string page = (await client.OpenAsync("/mail/new")).Text;
        (string, string)[] form = [("do", "send"), ("once", Value(page, "once")), ("to", TestServer.Friend), ("subject", "Once"), ("text", "x")];
        WebAnswer[] answers = await Task.WhenAll(client.PostAsync("/mail/compose", form), client.PostAsync("/mail/compose", form));
        Assert.Equal(answers[0].Location, answers[1].Location);
        Assert.Single(await server.MailAsync(TestServer.You, "Sent"));
        Assert.Single((await server.Services.GetRequiredService<MailQueue>().ListAsync(TestServer.Administrator, Cancel)).Value);

        // Another text is another message, and what was taken back may go again.
        await client.PostAsync("/mail/compose", [.. form[..^1], ("text", "y")]);
        Assert.Equal(2, (await server.MailAsync(TestServer.You, "Sent")).Count);
        await client.PostAsync("/mail/unsend", ("sent", Uri.UnescapeDataString(answers[0].Location!.Split("sent=")[1])));
        await client.PostAsync("/mail/compose", form);
        Assert.Equal(2, (await server.MailAsync(TestServer.You, "Sent")).Count);
    }

    [Fact]
    public async Task A_form_whose_files_are_gone_says_so_before_it_is_sent()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, WithFile);
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = Message().Match((await client.OpenAsync("/mail")).Text).Groups[1].Value;
        string page = (await client.OpenAsync(link + "/forward")).Text;
        await client.PostAsync(link + "/archive");
        (string, string)[] form = [("do", "send"), ("to", TestServer.Friend), ("subject", "Fwd"), ("text", "x"), ("kind", "Forward"), ("origin", WebUtility.HtmlDecode(Value(page, "origin")))];
        WebAnswer refused = await client.PostAsync("/mail/compose", [.. form, ("keep", "0"), ("confirmed", "true")]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("is not there any more", refused.Text, StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.You, "Sent"));

        // The page that says so remembers it, until the writer says that the message goes without.
        (string, string)[] again = [.. form, ("draft", Value(refused.Text, "draft")), ("lacks", Value(refused.Text, "lacks"))];
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.PostAsync("/mail/compose", again)).Status);
        Assert.NotEqual(HttpStatusCode.UnprocessableEntity, (await client.PostAsync("/mail/compose", [.. again, ("confirmed", "true")])).Status);
        Assert.Single(await server.MailAsync(TestServer.You, "Sent"));
    }

    [Fact]
    public async Task What_waits_to_be_sent_is_not_sent_when_it_is_deleted_and_undo_makes_it_a_draft()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail/new");
        (string, string)[] Form(string subject) => [("once", subject), ("later", "2026-11-25T08:00"), ("to", TestServer.Friend), ("subject", subject), ("text", "x")];
        await client.PostAsync("/mail/compose", Form("By page"));
        await client.PostAsync("/mail/compose", Form("By app"));

        (AccountId you, MailboxId waiting) = await FolderAsync(server, "Scheduled");
        WebAnswer deleted = await client.PostAsync($"/mail/{waiting}/1/trash");
        Assert.Contains("will not be sent", WebUtility.HtmlDecode((await client.OpenAsync(deleted.Location!)).Text), StringComparison.Ordinal);
        Assert.Single(await server.MailAsync(TestServer.You, "Trash"));
        await client.PostAsync("/mail/back", ("moved", Uri.UnescapeDataString(deleted.Location!.Split("withdrawn=")[1])));
        Assert.Contains("Subject: By page", Assert.Single(await server.MailAsync(TestServer.You, "Drafts")), StringComparison.Ordinal);

        // The form of what was taken back is no form that was sent already.
        await client.PostAsync("/mail/compose", Form("By page"));
        Assert.Equal(2, (await server.MailAsync(TestServer.You, "Scheduled")).Count);
        await client.PostAsync($"/mail/{waiting}/3/trash");

        // As an app of IMAP does it.
        await server.Services.GetRequiredService<Messages>().DeleteAsync(TestServer.Administrator, you, waiting, UidSet.Of(2), Cancel);
        Assert.Empty((await server.Services.GetRequiredService<MailQueue>().ListAsync(TestServer.Administrator, Cancel)).Value);
        time.Advance(TimeSpan.FromHours(20));
        await server.Services.GetRequiredService<Scheduler>().RunDueAsync(Cancel);
        Assert.Empty(await server.MailAsync(TestServer.You, "Sent"));
        Assert.Empty(await server.MailAsync(TestServer.Friend));
    }

    [Fact]
    public async Task What_was_put_off_is_put_off_again_when_its_move_is_undone()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        await FileAsync(server, "From: friend@example.test\r\nSubject: Plan\r\n\r\nHello\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string place = Message().Match((await client.OpenAsync("/mail")).Text).Groups[1].Value;
        string[] parts = place.Split('/');
        await client.PostAsync($"/mail/{parts[2]}/many", ("uid", parts[3]), ("snooze", "2026-11-25T08:00"));
        (_, MailboxId snoozed) = await FolderAsync(server, Snoozing.MailboxName);
        WebAnswer archived = await client.PostAsync($"/mail/{snoozed}/1/archive");
        Assert.Single(await server.MailAsync(TestServer.You, "Archive"));
        await client.PostAsync("/mail/back", ("moved", Uri.UnescapeDataString(archived.Location!.Split("moved=")[1])));
        Assert.Single(await server.MailAsync(TestServer.You, "Snoozed"));
        time.Advance(TimeSpan.FromHours(20));
        await server.Services.GetRequiredService<Scheduler>().RunDueAsync(Cancel);
        Assert.Single(await server.MailAsync(TestServer.You));
    }

    [Fact]
    public async Task An_answer_is_written_below_the_message_and_quotes_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: friend@example.test\r\nSubject: Plan\r\nMessage-ID: <b@example.net>\r\n\r\nHello\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string page = WebUtility.HtmlDecode((await client.OpenAsync(Message().Match((await client.OpenAsync("/mail")).Text).Groups[1].Value)).Text);
        Assert.Contains("type=\"hidden\" name=\"to\" value=\"friend@example.test\"", page, StringComparison.Ordinal);
        Assert.Contains("Reply to friend@example.test here", page, StringComparison.Ordinal);
        await client.PostAsync(
            "/mail/compose", ("do", "send"), ("quote", "true"), ("kind", "Reply"), ("text", "Yes"), ("to", TestServer.Friend), ("subject", Value(page, "subject")),
            ("origin", Value(page, "origin")), ("in-reply-to", Value(page, "in-reply-to")), ("references", Value(page, "references")));
        MimeMessage copy = Parse(Assert.Single(await server.MailAsync(TestServer.You, "Sent")));
        Assert.Equal(("b@example.net", "Re: Plan"), (copy.InReplyTo, copy.Subject));
        Assert.StartsWith("Yes\n\nOn ", copy.TextBody, StringComparison.Ordinal);
        Assert.Contains("> Hello", copy.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_is_forwarded_whole_as_a_file()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: a@example.net\r\nSubject: Papers\r\n\r\noriginal text\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = Message().Match((await client.OpenAsync("/mail")).Text).Groups[1].Value;
        string page = WebUtility.HtmlDecode((await client.OpenAsync(link + "/forward?as=file")).Text);
        Assert.Contains("Papers.eml", page, StringComparison.Ordinal);
        await client.PostAsync("/mail/compose", ("do", "send"), ("to", TestServer.Friend), ("text", "see it"), ("kind", "ForwardAsFile"), ("origin", Value(page, "origin")), ("keep", "0"));
        MimeMessage copy = Parse(Assert.Single(await server.MailAsync(TestServer.You, "Sent")));
        var whole = Assert.IsType<MessagePart>(Assert.Single(copy.Attachments));
        Assert.Equal(("Papers", "original text"), (whole.Message?.Subject, whole.Message?.TextBody?.TrimEnd()));
    }

    [Fact]
    public async Task The_signature_of_the_address_stands_above_what_is_quoted()
    {
        await using TestServer server = await TestServer.StartAsync();
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        await server.Services.GetRequiredService<Preferences>().SetAsync(TestServer.Administrator, account.Id, "mail.signature." + TestServer.You, "\"You\\nExample Ltd\"", Cancel);
        await FileAsync(server, "From: a@example.net\r\nSubject: Hi\r\n\r\nolder\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Contains("-- \nYou\nExample Ltd", WebUtility.HtmlDecode((await client.OpenAsync("/mail/new")).Text), StringComparison.Ordinal);
        string link = Message().Match((await client.OpenAsync("/mail")).Text).Groups[1].Value;
        string reply = WebUtility.HtmlDecode((await client.OpenAsync(link + "/reply")).Text);
        Assert.True(reply.IndexOf("-- \nYou", StringComparison.Ordinal) < reply.IndexOf("> older", StringComparison.Ordinal));
    }

    private static MimeMessage Parse(string octets)
    {
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(octets));
        return MimeMessage.Load(stream, Cancel);
    }

    /// <summary>Files that the form has ticked.</summary>
    private static IEnumerable<(string, string)> Kept(string page) => Regex.Matches(page, "name=\"keep\" value=\"([^\"]*)\" checked").Select(static match => ("keep", match.Groups[1].Value));

    /// <summary>What a field of lines holds; a line end right behind its tag is none of it.</summary>
    private static string Area(string page, string name)
    {
        string held = WebUtility.HtmlDecode(Regex.Match(page, $"<textarea[^>]* name=\"{name}\"[^>]*>(.*?)</textarea>", RegexOptions.Singleline).Groups[1].Value);
        return held.StartsWith('\n') ? held[1..] : held;
    }

    private static string Value(string page, string name) => Regex.Match(page, $"name=\"{name}\" value=\"([^\"]*)\"").Groups[1].Value;

    private static async Task<(AccountId Account, MailboxId Mailbox)> FolderAsync(TestServer server, string name)
    {
        Account you = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        return (you.Id, (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, you.Id, name, Cancel)).Value.Id);
    }

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
}
