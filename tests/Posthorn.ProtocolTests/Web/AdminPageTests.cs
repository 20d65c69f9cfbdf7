using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Delivery;
using Posthorn.Core.Security;
using Posthorn.ProtocolTests.Durability;
using Posthorn.ProtocolTests.History;
using Posthorn.ProtocolTests.Outbound;

namespace Posthorn.ProtocolTests.Web;

/// <summary>What an administrator does in the browser; nobody else finds these pages.</summary>
public sealed class AdminPageTests
{
    private const string Anna = "anna@example.test";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/admin")]
    [InlineData("/admin/accounts")]
    [InlineData("/admin/accounts/friend@example.test")]
    [InlineData("/admin/aliases")]
    [InlineData("/admin/domains")]
    [InlineData("/admin/domains/example.test")]
    [InlineData("/admin/queue")]
    [InlineData("/admin/deliveries")]
    [InlineData("/admin/storage")]
    public async Task Only_administrators_find_the_pages(string path)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var nobody = new WebClient(server);
        Assert.StartsWith("/signin", (await nobody.GetAsync(path)).Location, StringComparison.Ordinal);

        await nobody.GetAsync("/signin");
        await nobody.SignInAsync(TestServer.Friend, TestServer.Password);
        Assert.Equal(HttpStatusCode.NotFound, (await nobody.GetAsync(path)).Status);
        Assert.DoesNotContain("href=\"/admin\"", (await nobody.OpenAsync("/mail")).Text, StringComparison.Ordinal);

        using WebClient administrator = await WebClient.SignedInAsync(server);
        WebAnswer page = await administrator.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("href=\"/admin\"", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_of_somebody_else_changes_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient friend = new(server);
        await friend.GetAsync("/signin");
        await friend.SignInAsync(TestServer.Friend, TestServer.Password);
        await friend.OpenAsync("/mail");

        Assert.Equal(HttpStatusCode.NotFound, (await friend.PostAsync("/admin/accounts", ("address", Anna), ("password", "quite long enough 7"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await friend.PostAsync($"/admin/accounts/{TestServer.You}/password", ("password", "quite long enough 7"))).Status);
        Assert.False((await Accounts(server).GetAsync(Actor.System("test"), Anna, Cancel)).IsOk);
    }

    [Fact]
    public async Task An_account_is_added_limited_disabled_removed_and_brought_back()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/admin/accounts");

        WebAnswer added = await client.PostAsync("/admin/accounts", ("address", Anna), ("name", "Anna"), ("password", "quite long enough 7"));
        Assert.Contains("The account is there.", (await client.OpenAsync(added.Location!)).Text, StringComparison.Ordinal);

        await client.PostAsync($"/admin/accounts/{Anna}/name", ("name", "Anna Wald"));
        WebAnswer refused = await client.PostAsync($"/admin/accounts/{Anna}/name", ("name", "Anna\u0007"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("all of them visible", refused.Text, StringComparison.Ordinal);
        await client.PostAsync($"/admin/accounts/{Anna}/quota", ("megabytes", "1.5"), ("messages", "100"));
        Account account = await AccountAsync(server);
        Assert.Equal("Anna Wald", account.Name);
        Assert.Equal((1_572_864, 100), (account.QuotaBytes, account.QuotaMessages));

        await client.PostAsync($"/admin/accounts/{Anna}/password", ("password", "another long one 8"));
        Assert.True((await AccountAsync(server)).CredentialVersion > account.CredentialVersion);

        await client.PostAsync($"/admin/accounts/{Anna}/disable");
        Assert.True((await AccountAsync(server)).IsDisabled);
        await client.PostAsync($"/admin/accounts/{Anna}/enable");
        Assert.False((await AccountAsync(server)).IsDisabled);

        WebAnswer removed = await client.PostAsync($"/admin/accounts/{Anna}/remove");
        Assert.Contains("Bring anna@example.test back", (await client.OpenAsync(removed.Location!)).Text, StringComparison.Ordinal);
        Assert.False((await Accounts(server).GetAsync(Actor.System("test"), Anna, Cancel)).IsOk);

        await client.PostAsync("/admin/accounts/restore", ("address", Anna));
        Assert.Equal("Anna Wald", (await AccountAsync(server)).Name);
    }

    [Theory]
    [InlineData("address=nobody", "is not an address")]
    [InlineData("address=anna@elsewhere.test", "domain elsewhere.test")]
    [InlineData("address=friend@example.test", "exists already")]
    public async Task A_refused_account_says_why_and_keeps_what_was_typed(string typed, string reason)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/admin/accounts");
        string address = typed.Split('=')[1];

        WebAnswer refused = await client.PostAsync("/admin/accounts", ("address", address), ("name", "Keep me"), ("password", "quite long enough 7"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains(reason, WebUtility.HtmlDecode(refused.Text), StringComparison.Ordinal);
        Assert.Contains("value=\"Keep me\"", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("quite long enough", refused.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("disable")]
    [InlineData("remove")]
    public async Task Nobody_locks_themselves_out(string act)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/admin/accounts");

        WebAnswer answer = await client.PostAsync($"/admin/accounts/{TestServer.You}/{act}");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Contains("That is your own account.", answer.Text, StringComparison.Ordinal);
        Assert.False((await AccountAsync(server, TestServer.You)).IsDisabled);
    }

    [Fact]
    public async Task A_group_is_made_and_its_removal_undone_from_the_form()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/admin/aliases");

        await client.PostAsync("/admin/aliases", ("address", "team@example.test"), ("targets", "you@example.test\r\nfriend@example.test"));
        Assert.Contains("you@example.test, friend@example.test", (await client.GetAsync("/admin/aliases")).Text, StringComparison.Ordinal);

        WebAnswer removed = await client.PostAsync("/admin/aliases/remove", ("address", "team@example.test"));
        Assert.Contains("value=\"team@example.test\"", removed.Text, StringComparison.Ordinal);
        Assert.Contains("you@example.test\nfriend@example.test</textarea>", WebUtility.HtmlDecode(removed.Text).ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.DoesNotContain("<th scope=\"row\">team", removed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_step_is_turned_off_for_who_lost_the_app_and_offered_to_nobody_else()
    {
        await using TestServer server = await TestServer.StartAsync();
        Account friend = await AccountAsync(server, TestServer.Friend);
        byte[] secret = TotpCode.NewSecret();
        var twoStep = server.Services.GetRequiredService<TwoStep>();
        Assert.True((await twoStep.TurnOnAsync(new Actor(friend.Id, "test", "1", null), secret, new OtpNet.Totp(secret).ComputeTotp(), Cancel)).IsOk);
        using WebClient client = await WebClient.SignedInAsync(server);
        const string page = $"/admin/accounts/{TestServer.Friend}";
        Assert.Contains($"action=\"{page}/two-step-off\"", (await client.GetAsync(page)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("two-step-off", (await client.GetAsync($"/admin/accounts/{TestServer.You}")).Text, StringComparison.Ordinal);

        WebAnswer off = await client.PostAsync(page + "/two-step-off");
        string after = (await client.OpenAsync(off.Location!)).Text;
        Assert.Contains("the password alone is enough again", after, StringComparison.Ordinal);
        Assert.DoesNotContain("/two-step-off\"", after, StringComparison.Ordinal);
        Assert.False((await twoStep.StateAsync(Actor.System("test"), friend.Id, Cancel)).Value.IsOn);
    }

    [Fact]
    public async Task A_domain_gets_a_quota_and_loses_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/admin/domains/example.test");
        WebAnswer refused = await client.PostAsync("/admin/domains/example.test/quota", ("megabytes", "<much>"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("Write a number", refused.Text, StringComparison.Ordinal);
        Assert.Contains("value=\"&lt;much&gt;\"", refused.Text, StringComparison.Ordinal);
        Assert.Equal("/admin/domains/example.test?did=quota", (await client.PostAsync("/admin/domains/example.test/quota", ("megabytes", "12.5"))).Location);
        string page = (await client.GetAsync("/admin/domains/example.test")).Text;
        Assert.Contains("value=\"12.5\"", page, StringComparison.Ordinal);
        Assert.Matches("They hold .* of 13 MB", page);
        await client.PostAsync("/admin/domains/example.test/quota", ("megabytes", ""));
        Assert.Null((await server.Services.GetRequiredService<Domains>().FindAsync("example.test", Cancel))!.QuotaBytes);
        Assert.Equal("/admin/domains", (await client.GetAsync("/admin/domains/nowhere.test")).Location);
    }

    [Theory]
    [InlineData(TestServer.You, true)]
    [InlineData(TestServer.Friend, false)]
    public async Task The_launcher_has_what_its_viewer_may_open_and_nothing_that_is_not_there(string address, bool isAdministrator)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        await client.GetAsync("/signin");
        await client.SignInAsync(address, TestServer.Password);
        string page = (await client.OpenAsync("/mail")).Text;
        string[] tiles = [.. Regex.Matches(Regex.Match(page, "<details class=\"menu launcher\">.*?</details>", RegexOptions.Singleline).Value, "href=\"([^\"]+)\"").Select(static match => match.Groups[1].Value)];
        Assert.Equal(isAdministrator ? ["/mail", "/settings", "/account/security", "/admin", "/help"] : ["/mail", "/settings", "/account/security", "/help"], tiles);
        foreach (string tile in tiles)
        {
            Assert.Equal(HttpStatusCode.OK, (await client.OpenAsync(tile)).Status);
        }
    }

    [Fact]
    public async Task A_domain_shows_what_the_dns_has_of_its_records()
    {
        await using TestServer server = await TestServer.StartAsync("""
            new.test.                 MX 5 mx.example.test.
            new.test.                 TXT "v=spf1 ip4:192.0.2.1 -all"
            new.test.                 TXT "something else"
            _dmarc.new.test.          TXT "v=DMARC1; p=reject"
            _imaps._tcp.new.test.     SRV 0 1 993 mx.example.test.
            """);
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/admin/domains");

        WebAnswer added = await client.PostAsync("/admin/domains", ("name", "New.Test"));
        Assert.Equal("/admin/domains/new.test?did=add", added.Location);
        string page = WebUtility.HtmlDecode((await client.OpenAsync(added.Location!)).Text);

        Assert.Equal(["Right", "Different", "Right", "Missing", "Missing", "Missing", "Missing", "Different", "Missing", "Missing", "Missing"], States(page));
        Assert.Contains("v=spf1 ip4:192.0.2.1 -all", page, StringComparison.Ordinal);
        Assert.DoesNotContain("something else", page, StringComparison.Ordinal);
        Assert.Contains("new.test. MX 10 mx.example.test.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", page, StringComparison.Ordinal);

        WebAnswer kept = await client.PostAsync("/admin/domains/remove", ("name", "example.test"));
        Assert.Contains("still has 2 accounts", kept.Text, StringComparison.Ordinal);
        Assert.Equal("/admin/domains?did=remove", (await client.PostAsync("/admin/domains/remove", ("name", "new.test"))).Location);
    }

    [Fact]
    public async Task Deliveries_say_what_became_of_each_recipient_and_why()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using (SmtpTalk smtp = await SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel))
        {
            Assert.StartsWith("550 5.1.1", await smtp.DeliverAsync("nobody@example.test", "1", "text", Cancel), StringComparison.Ordinal);
            await smtp.SayAsync("RSET", Cancel);
            Assert.StartsWith("250", await smtp.DeliverAsync(TestServer.Friend, "2", "text", Cancel), StringComparison.Ordinal);
        }

        await server.Services.GetRequiredService<DeliveryLog>().FlushAsync(Cancel);
        using WebClient client = await WebClient.SignedInAsync(server);

        string all = WebUtility.HtmlDecode((await client.GetAsync("/admin/deliveries?address=FRIEND%40example")).Text);
        Assert.Contains(">Delivered<", all, StringComparison.Ordinal);
        Assert.Contains("sender@example.net", all, StringComparison.Ordinal);
        Assert.DoesNotContain("nobody@example.test", all, StringComparison.Ordinal);

        string trouble = WebUtility.HtmlDecode((await client.GetAsync("/admin/deliveries?trouble=true")).Text);
        Assert.Contains(">Refused<", trouble, StringComparison.Ordinal);
        Assert.Contains("550 5.1.1", trouble, StringComparison.Ordinal);
        Assert.DoesNotContain(">Delivered<", trouble, StringComparison.Ordinal);
        Assert.Contains("550 5.1.1", WebUtility.HtmlDecode((await client.GetAsync("/admin")).Text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_waits_is_seen_with_its_reason_tried_and_dropped()
    {
        await using var sink = new SmtpSink(static line => line.StartsWith("RCPT", StringComparison.Ordinal) ? "450 4.2.0 not now" : null);
        await using TestServer server = await TestServer.StartAsync(
            "elsewhere.test. MX 10 mx.elsewhere.test.\nmx.elsewhere.test. A 127.0.0.1", options => options with { Outbound = options.Outbound with { Port = sink.Port } });
        await SubmitAsync(server, "ann@elsewhere.test");
        using WebClient client = await WebClient.SignedInAsync(server);

        string page;
        do
        {
            page = WebUtility.HtmlDecode((await client.GetAsync("/admin/queue")).Text);
        }
        while (!page.Contains("450 4.2.0 not now", StringComparison.Ordinal));
        Assert.Contains("ann@elsewhere.test", page, StringComparison.Ordinal);
        string drop = Regex.Match(page, "/admin/queue/[0-9]+/drop").Value;

        Assert.Equal("/admin/queue?did=retry", (await client.PostAsync(drop.Replace("drop", "retry", StringComparison.Ordinal))).Location);
        Assert.Equal("/admin/queue?did=drop", (await client.PostAsync(drop)).Location);
        Assert.Contains("Nothing waits.", (await client.GetAsync("/admin/queue")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_pages_speak_german_to_a_german_browser()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        client.Languages = "de-DE,de;q=0.9";

        string page = WebUtility.HtmlDecode((await client.GetAsync("/admin")).Text);

        Assert.Contains("<html lang=\"de\">", page, StringComparison.Ordinal);
        Assert.Contains("Nachrichten in der Warteschlange", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Messages waiting to leave", page, StringComparison.Ordinal);
    }

    private static async Task SubmitAsync(TestServer server, string to)
    {
        await using LineTalk smtp = await LineTalk.ConnectAsync(server.Port("submissions"), Cancel);
        await smtp.SayAsync("EHLO client.example.test", Cancel);
        string secret = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{TestServer.You}\0{TestServer.Password}"));
        Assert.StartsWith("235", await smtp.SayAsync($"AUTH PLAIN {secret}", Cancel), StringComparison.Ordinal);
        await smtp.SayAsync($"MAIL FROM:<{TestServer.You}>", Cancel);
        await smtp.SayAsync($"RCPT TO:<{to}>", Cancel);
        await smtp.SayAsync("DATA", Cancel);
        Assert.StartsWith("250", await smtp.SayAsync($"From: {TestServer.You}\r\nSubject: x\r\n\r\ntext\r\n.", Cancel), StringComparison.Ordinal);
    }

    private static Accounts Accounts(TestServer server) => server.Services.GetRequiredService<Accounts>();

    private static async Task<Account> AccountAsync(TestServer server, string address = Anna) =>
        (await Accounts(server).GetAsync(Actor.System("test"), address, Cancel)).Value;

    private static IEnumerable<string> States(string page) =>
        Regex.Matches(page, "<span class=\"state[^\"]*\">([^<]+)</span>").Select(static match => match.Groups[1].Value);
}
