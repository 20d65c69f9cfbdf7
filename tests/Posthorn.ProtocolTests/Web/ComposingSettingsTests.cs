using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MimeKit;
using Posthorn.Core.Accounts;
using Posthorn.Web.Settings;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Settings of writing, signatures and addresses: each does in Mail what it says.</summary>
public sealed class ComposingSettingsTests
{
    private const string Alias = "info@example.test";

    private const string ToMany = "From: Ann <ann@example.net>\nTo: you@example.test, bob@example.net\nCc: carl@example.net\nSubject: All\nMessage-ID: <1@example.net>\n\nHello\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_sent_waits_as_long_as_its_writer_chose()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        using WebClient client = await WebClient.SignedInAsync(server);
        await SaveAsync(client, ("undo", "30"));
        string sent = (await SendAsync(client, "slow")).Location!;
        string page = (await client.OpenAsync(sent)).Text;
        Assert.Contains("It leaves in 30 seconds.", page, StringComparison.Ordinal);
        Assert.Contains("passing after-30", page, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.Empty(await server.MailAsync(TestServer.Friend));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(await server.MailWhenAsync(TestServer.Friend, 1));
        await SaveAsync(client, ("undo", "0"));
        Assert.Equal("/mail?said=Sent", (await SendAsync(client, "fast")).Location);
        Assert.Equal(2, (await server.MailAsync(TestServer.Friend)).Count);
        Assert.Contains("Sent.", (await client.OpenAsync("/mail?said=Sent")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("-5")]
    [InlineData("99999999999999999999")]
    public async Task A_time_that_is_not_offered_is_refused_and_the_rest_is_kept(string undo)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/settings/composing");
        WebAnswer refused = await client.PostAsync("/settings/composing", ("undo", undo), ("format", "plain"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("id=\"undo-problem\"", refused.Text, StringComparison.Ordinal);
        Assert.Contains("<option value=\"plain\" selected", refused.Text, StringComparison.Ordinal);
        Assert.Contains("<option value=\"10\" selected", (await client.OpenAsync("/settings/composing")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_asked_about_a_missing_attachment_who_does_not_wish_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await SendAsync(client, "It is attached")).Status);
        await SaveAsync(client, ("warn", ""));
        Assert.StartsWith("/mail?sent=", (await SendAsync(client, "It is attached")).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_message_begins_as_plain_text_where_its_writer_likes_that()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Contains("data-starts-rich", (await client.OpenAsync("/mail/new")).Text, StringComparison.Ordinal);
        await SaveAsync(client, ("format", "plain"));
        Assert.DoesNotContain("data-starts-rich", (await client.OpenAsync("/mail/new")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reply_means_everybody_where_its_writer_says_so_and_the_other_way_stays()
    {
        await using TestServer server = await TestServer.StartAsync();
        await MailFixture.DeliverAsync(server, ToMany);
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = await MailFixture.FirstAsync(client);
        Assert.Contains($"href=\"{link}/reply\" data-key=\"r\"", (await client.GetAsync(link)).Text, StringComparison.Ordinal);
        await SaveAsync(client, ("answers", "all"));
        string page = WebUtility.HtmlDecode((await client.GetAsync(link)).Text);
        Assert.Contains($"href=\"{link}/reply?all=true\" data-key=\"r a\"", page, StringComparison.Ordinal);
        Assert.Contains("Reply to Ann alone", page, StringComparison.Ordinal);
        Assert.Contains("name=\"to\" value=\"Ann <ann@example.net>, bob@example.net\"", page, StringComparison.Ordinal);
        Assert.Contains("name=\"cc\" value=\"carl@example.net\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signature_stands_where_its_writer_wishes_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        await MailFixture.DeliverAsync(server, ToMany);
        using WebClient client = await WebClient.SignedInAsync(server);
        string link = await MailFixture.FirstAsync(client);
        await SignAsync(client, ("text", "Ann <Pri> & Co"), ("new", "true"), ("answers", "true"));
        Assert.Contains("-- \nAnn <Pri> & Co", await TextAsync(client, "/mail/new"), StringComparison.Ordinal);
        string above = await TextAsync(client, link + "/reply");
        Assert.True(above.IndexOf("-- \n", StringComparison.Ordinal) < above.IndexOf("> Hello", StringComparison.Ordinal), above);
        await SaveAsync(client, ("signature", "BelowQuote"));
        string below = await TextAsync(client, link + "/reply");
        Assert.True(below.IndexOf("-- \n", StringComparison.Ordinal) > below.IndexOf("> Hello", StringComparison.Ordinal), below);
        await SignAsync(client, ("text", "Ann"), ("new", "true"));
        Assert.Contains("-- \nAnn", await TextAsync(client, "/mail/new"), StringComparison.Ordinal);
        Assert.DoesNotContain("-- \n", await TextAsync(client, link + "/reply"), StringComparison.Ordinal);
        await SignAsync(client, ("text", "  "));
        Assert.DoesNotContain("-- \n", await TextAsync(client, "/mail/new"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signature_with_looks_is_harmless_and_is_seen_in_a_frame_that_can_do_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await SignAsync(client, ("format", "rich"), ("html", "<div><b>Ann</b> <a href=\"javascript:alert(1)\">x</a><script>alert(1)</script></div>"), ("text", "ignored"), ("new", "true"));
        WebAnswer view = await client.GetAsync("/settings/signatures/view?address=" + TestServer.You);
        Assert.StartsWith("sandbox", view.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.Contains("<b>Ann</b>", view.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("javascript:", view.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", view.Text, StringComparison.Ordinal);
        string page = (await client.OpenAsync("/mail/new")).Text;
        Assert.Contains("&lt;b&gt;Ann&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.Contains("-- \nAnn x", await TextAsync(client, "/mail/new"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/settings/signatures/view?address=friend@example.test")).Status);
    }

    [Fact]
    public async Task A_signature_that_is_too_long_says_so_and_keeps_what_was_typed_and_one_of_another_s_address_is_refused()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/settings/signatures");
        WebAnswer refused = await client.PostAsync("/settings/signatures", ("address", TestServer.You), ("text", new string('x', 4_001)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("at most 4,000 characters", refused.Text.Replace("4000", "4,000", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(new string('x', 4_001), refused.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/settings/signatures", ("address", TestServer.Friend), ("text", "x"))).Status);
    }

    [Fact]
    public async Task New_mail_is_from_the_usual_address_with_its_name_and_an_answer_from_the_one_that_was_written_to()
    {
        await using TestServer server = await TestServer.StartAsync();
        _ = (await server.Services.GetRequiredService<Aliases>().AddAsync(TestServer.Administrator, Alias, [TestServer.You], Cancel)).Value;
        await MailFixture.DeliverAsync(server, ToMany);
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/settings/addresses");
        Assert.Equal("/settings/addresses?done=saved", (await client.PostAsync("/settings/addresses", ("usual", Alias), ("name-" + Alias, "Info & Desk"))).Location);
        string page = WebUtility.HtmlDecode((await client.OpenAsync("/mail/new")).Text);
        Assert.Contains($"<option value=\"{Alias}\" selected>Info & Desk <{Alias}></option>", page, StringComparison.Ordinal);
        Assert.Contains($"<option value=\"{TestServer.You}\" selected", (await client.OpenAsync(await MailFixture.FirstAsync(client) + "/reply")).Text, StringComparison.Ordinal);
        await client.PostAsync("/mail/compose", ("do", "save"), ("from", Alias), ("to", TestServer.Friend), ("text", "x"));
        using var draft = new MemoryStream(Encoding.Latin1.GetBytes(Assert.Single(await server.MailAsync(TestServer.You, "Drafts"))));
        Assert.Equal(("Info & Desk", Alias), MimeMessage.Load(draft, Cancel).From.Mailboxes.Select(static from => (from.Name, from.Address)).Single());
        _ = (await server.Services.GetRequiredService<Aliases>().RemoveAsync(TestServer.Administrator, Alias, Cancel)).Value;
        Assert.DoesNotContain(Alias, (await client.OpenAsync("/mail/new")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TestServer.Friend, "ok", "usual-problem")]
    [InlineData("", "ok", "usual-problem")]
    [InlineData(TestServer.You, "a\u0001b", "name-you@example.test-problem")]
    public async Task A_form_of_addresses_that_makes_no_sense_says_where(string usual, string name, string problem)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/settings/addresses");
        WebAnswer refused = await client.PostAsync("/settings/addresses", ("usual", usual), ("name-" + TestServer.You, name));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains($"id=\"{problem}\"", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_version_wrote_and_nobody_can_read_breaks_no_page()
    {
        await using TestServer server = await TestServer.StartAsync();
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        var preferences = server.Services.GetRequiredService<Preferences>();
        foreach ((string key, string value) in ((string, string)[])[("web.general", "{\"zone\":7}"), ("web.reading", "[]"), ("web.composing", "{\"undoSeconds\":7}"), ("web.senders", "{\"names\":null}"), ("mail.signature.you@example.test", "{\"html\":1}")])
        {
            _ = (await preferences.SetAsync(TestServer.Administrator, account.Id, key, value, Cancel)).Value;
        }

        using WebClient client = await WebClient.SignedInAsync(server);
        foreach (string page in (string[])["/settings", "/settings/reading", "/settings/composing", "/settings/signatures", "/settings/addresses", "/mail/new"])
        {
            Assert.Equal(HttpStatusCode.OK, (await client.OpenAsync(page)).Status);
        }

        Assert.Contains("<option value=\"10\" selected", (await client.OpenAsync("/settings/composing")).Text, StringComparison.Ordinal);
    }

    private static async Task SaveAsync(WebClient client, params (string Name, string Value)[] fields)
    {
        await client.OpenAsync("/settings/composing");
        (string Name, string Value)[] others = [("undo", "10"), ("format", "rich"), ("answers", "one"), ("warn", "true"), ("signature", nameof(SignaturePlace.AboveQuote))];
        Assert.Equal(
            "/settings/composing?done=saved",
            (await client.PostAsync("/settings/composing", [.. others.Where(other => fields.All(field => field.Name != other.Name)), .. fields])).Location);
    }

    private static async Task<WebAnswer> SendAsync(WebClient client, string text)
    {
        await client.OpenAsync("/mail/new");
        return await client.PostAsync("/mail/compose", ("do", "send"), ("to", TestServer.Friend), ("text", text));
    }

    private static async Task SignAsync(WebClient client, params (string, string)[] fields)
    {
        await client.OpenAsync("/settings/signatures");
        Assert.Equal("/settings/signatures?done=saved", (await client.PostAsync("/settings/signatures", [("address", TestServer.You), .. fields])).Location);
    }

    /// <summary>What the plain text of the form begins with.</summary>
    private static async Task<string> TextAsync(WebClient client, string address)
    {
        string page = (await client.OpenAsync(address)).Text;
        int start = page.IndexOf("<textarea id=\"text\"", StringComparison.Ordinal), from = page.IndexOf('>', start) + 1;
        return WebUtility.HtmlDecode(page[from..page.IndexOf("</textarea>", from, StringComparison.Ordinal)]).ReplaceLineEndings("\n");
    }
}
