using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Configuration;
using Posthorn.Core.Feedback;

namespace Posthorn.ProtocolTests.Web;

/// <summary>The help centre: every article, its values from the running server, its links, its search.</summary>
public sealed partial class HelpTests
{
    private static readonly string[] Articles =
    [
        "smtp", "imap", "pop", "pop-or-imap", "which-way", "outlook", "apple-mail", "gmail-app", "thunderbird", "k9-fairemail", "mutt", "password", "two-steps", "web", "vacation", "forwarding", "app-says", "returned",
    ];

    [Theory]
    [InlineData("en")]
    [InlineData("de")]
    public async Task Every_article_is_on_the_front_page_has_no_empty_place_and_no_dead_link(string language)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server) { Language = language };
        string front = (await client.GetAsync("/help")).Text;
        Assert.Equal(Articles, Link().Matches(front).Select(static match => match.Groups[1].Value));
        var seen = new HashSet<string>();
        foreach (string article in Articles)
        {
            WebAnswer page = await client.GetAsync("/help/" + article);
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.DoesNotContain("{{", page.Text, StringComparison.Ordinal);
            Assert.DoesNotMatch("<script(?! src=\"/)|<style|style=", page.Text);
            Assert.Contains($"<html lang=\"{language}\"", page.Text, StringComparison.Ordinal);
            foreach (Match link in Regex.Matches(page.Text, "href=\"(/[^\"]*)\""))
            {
                if (seen.Add(link.Groups[1].Value))
                {
                    HttpStatusCode status = (await client.GetAsync(link.Groups[1].Value)).Status;
                    Assert.True(status is HttpStatusCode.OK, $"{article}: {link.Groups[1].Value} gives {status}.");
                }
            }

            // The table of contents leads to what is there.
            Assert.All(
                Regex.Matches(page.Text, "href=\"#([^\"]*)\"").Select(static match => WebUtility.HtmlDecode(match.Groups[1].Value)).Where(static id => id != "main"),
                id => Assert.Contains($"<div id=\"{id}\">", page.Text, StringComparison.Ordinal));
        }

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/help/nothing")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/help/..%2fen")).Status);
    }

    [Theory]
    [InlineData("smtp", "submission", "submissions")]
    [InlineData("imap", "imaps", "imap")]
    [InlineData("pop", "pop3s", "pop3")]
    public async Task An_article_has_the_ports_of_the_running_server(string article, string first, string second)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        string page = (await client.GetAsync("/help/" + article)).Text;
        int[] ports = [.. Regex.Matches(page, "data-label=\"Port\"><code>([0-9]+)</code>").Select(static match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal([server.Port(first), server.Port(second)], ports);
        Assert.Contains("<code>mx.example.test</code>", page, StringComparison.Ordinal);
        Assert.Contains("<code>you@example.org</code>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_listen_is_not_offered()
    {
        await using TestServer server = await TestServer.StartAsync(change: static options => options with
        {
            Listeners = options.Listeners with { Pop3 = null, Pop3s = null },
            Limits = options.Limits with { MaxMessageBytes = 7 * 1024 * 1024 },
        });
        using var client = new WebClient(server);
        Assert.Contains("This server does not offer it.", (await client.GetAsync("/help/pop")).Text, StringComparison.Ordinal);
        Assert.Contains("7 MB, files included", (await client.GetAsync("/help/smtp")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_signed_in_finds_their_own_address()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        WebAnswer page = await client.GetAsync("/help/mutt");
        Assert.Contains("set imap_user = &quot;you@example.test&quot;", page.Text, StringComparison.Ordinal);
        Assert.Contains("no-store", page.Headers["Cache-Control"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("iphone", "apple-mail")]
    [InlineData("550 relay", "app-says")]
    [InlineData("5.4.7", "returned")]
    [InlineData("change PASSWORD", "password")]
    public async Task A_search_finds_the_article(string query, string first)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        string page = (await client.GetAsync("/help?q=" + Uri.EscapeDataString(query))).Text;
        Assert.Equal(first, Link().Match(page).Groups[1].Value);
    }

    [Fact]
    public async Task A_search_for_nothing_says_so_and_runs_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        string page = (await client.GetAsync("/help?q=" + Uri.EscapeDataString("\"><script>alert(1)</script>" + new string('x', 500)))).Text;
        Assert.Contains("Nothing has all of these words", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_leads_to_the_question_itself()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        string page = WebUtility.HtmlDecode((await client.GetAsync("/help?q=too+many+recipients")).Text);
        Assert.Contains("href=\"/help/app-says#too-many-recipients\"", page, StringComparison.Ordinal);
        Assert.Contains("<div id=\"too-many-recipients\">", (await client.GetAsync("/help/app-says")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_changes_in_the_configuration_changes_in_the_articles_and_for_apps()
    {
        int free = FreePort();
        await using TestServer server = await TestServer.StartAsync(change: options => options with
        {
            Listeners = options.Listeners with { Submission = null, Submissions = new ListenerOptions { Address = "127.0.0.1", Port = free } },
        });
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Contains($"<code>{free}</code>", (await client.GetAsync("/help/smtp")).Text, StringComparison.Ordinal);
        Assert.Contains($"port <code>{free}</code>, encryption <strong>SSL/TLS</strong>", (await client.GetAsync("/help/outlook")).Text, StringComparison.Ordinal);
        Assert.Contains($"smtps://you@example.test@mx.example.test:{free}/", (await client.GetAsync("/help/mutt")).Text, StringComparison.Ordinal);
        Assert.Contains($"<port>{free}</port>", (await client.GetAsync("/mail/config-v1.1.xml?emailaddress=you@example.test")).Text, StringComparison.Ordinal);
        Assert.Contains($"<code>{free}</code> SSL/TLS", (await client.GetAsync("/help")).Text, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [Fact]
    public async Task Questions_open_in_place()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        Assert.Contains("<details><summary>Which port?</summary>", (await client.GetAsync("/help/smtp")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_are_kept_as_plain_text_for_administrators_and_limited_by_network()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        await client.GetAsync("/help/imap");
        WebAnswer thanks = await client.PostAsync("/help/imap/answer", ("helpful", "no"), ("comment", $"  <b>Where</b>\u0007 is the port? {new string('x', 2_000)}"));
        Assert.Contains("Thank you.", (await client.GetAsync(thanks.Location!)).Text, StringComparison.Ordinal);
        await client.PostAsync("/help/smtp/answer", ("helpful", "yes"));
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/help/nothing/answer", ("helpful", "yes"))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/help/imap/answer", ("helpful", "perhaps"))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/help/imap/answer", token: "made up", ("helpful", "yes"))).Status);
        var answers = server.Services.GetRequiredService<HelpAnswers>();
        IReadOnlyList<HelpAnswer> kept = (await answers.ListAsync(TestServer.Administrator, TestContext.Current.CancellationToken)).Value;
        Assert.Equal([("smtp", true), ("imap", false)], kept.Select(static answer => (answer.Article, answer.IsHelpful)));
        Assert.StartsWith("<b>Where</b> is the port? xx", kept[1].Comment, StringComparison.Ordinal);
        Assert.Equal(HelpAnswers.MaxComment, kept[1].Comment.Length);
        for (int i = 2; i < HelpAnswers.MaxPerHour; i++)
        {
            Assert.Equal(HttpStatusCode.Redirect, (await client.PostAsync("/help/imap/answer", ("helpful", "yes"))).Status);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await client.PostAsync("/help/imap/answer", ("helpful", "yes"))).Status);
    }

    [GeneratedRegex("<li><a href=\"/help/([a-z0-9-]+)\">")]
    private static partial Regex Link();
}
