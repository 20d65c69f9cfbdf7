using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Name, language, time zone and region: what is chosen counts on every page from the next one on.</summary>
public sealed class GeneralSettingsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 23, 30, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_language_counts_against_the_browser_s_on_every_page_and_for_this_person_alone()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        client.Speak("en");
        Assert.Contains("<html lang=\"en\">", (await client.OpenAsync("/settings")).Text, StringComparison.Ordinal);
        await SaveAsync(client, language: "de");
        foreach (string page in (string[])["/settings", "/mail", "/mail/new", "/account/security", "/help", "/help/test", "/"])
        {
            Assert.Contains("<html lang=\"de\">", (await client.OpenAsync(page)).Text, StringComparison.Ordinal);
        }

        using var stranger = new WebClient(server);
        stranger.Speak("en");
        Assert.Contains("<html lang=\"en\">", (await stranger.OpenAsync("/help")).Text, StringComparison.Ordinal);
        await SaveAsync(client);
        Assert.Contains("<html lang=\"en\">", (await client.OpenAsync("/settings")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_zone_counts_against_the_browser_s_and_a_region_writes_dates_its_own_way()
    {
        await using TestServer server = await TestServer.StartAsync(time: new FakeTimeProvider(Now));
        using WebClient client = await WebClient.SignedInAsync(server);
        client.Speak("en");
        client.SetCookie("zone", "America/New_York");
        Assert.Contains("Tuesday, November 24, 2026", Sentence(await client.OpenAsync("/settings")), StringComparison.Ordinal);
        await SaveAsync(client, zone: "Asia/Tokyo", region: "GB");
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        Assert.Equal("{\"zone\":\"Asia/Tokyo\",\"region\":\"GB\"}", (await server.Services.GetRequiredService<Preferences>().GetAsync(TestServer.Administrator, account.Id, "web.general", Cancel)).Value);
        string saved = Sentence(await client.OpenAsync("/settings"));
        Assert.Contains("25 November 2026, 08:30", saved, StringComparison.Ordinal);
        await SaveAsync(client, zone: "Asia/Tokyo", region: "US");
        Assert.Contains("Wednesday, November 25, 2026, 8:30 AM", Sentence(await client.OpenAsync("/settings")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_the_From_name_of_what_is_written_and_empty_is_none()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/settings");
        Assert.Equal("/settings?done=saved", (await SaveAsync(client, name: " Jörg Ähnlich ")).Location);
        Assert.Contains("Saved.", (await client.OpenAsync("/settings?done=saved")).Text, StringComparison.Ordinal);
        await client.PostAsync("/mail/compose", ("do", "save"), ("to", TestServer.Friend), ("text", "x"));
        Assert.Equal("Jörg Ähnlich", MimeKit.MimeMessage.Load(new MemoryStream(System.Text.Encoding.Latin1.GetBytes(Assert.Single(await server.MailAsync(TestServer.You, "Drafts")))), Cancel).From.Mailboxes.Single().Name);
        await SaveAsync(client);
        var accounts = server.Services.GetRequiredService<Accounts>();
        Assert.Null((await accounts.GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value.Name);
        Assert.IsType<Refusal.Denied>((await accounts.SetNameAsync(new Actor(new AccountId(2), "test", "1", null), TestServer.You, "x", Cancel)).Refusal);
    }

    [Theory]
    [InlineData("a\u0007b", "", "", "", "name")]
    [InlineData("ok", "xx", "", "", "language")]
    [InlineData("ok", "de", "../../etc/passwd", "", "zone")]
    [InlineData("ok", "de", "Nowhere/Atlantis", "", "zone")]
    [InlineData("ok", "de", "Europe/Berlin", "ZZ", "region")]
    [InlineData("ok", "de", "Europe/Berlin", "<script>", "region")]
    public async Task A_form_that_makes_no_sense_says_where_keeps_what_was_typed_and_changes_nothing(string name, string language, string zone, string region, string field)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/settings");
        WebAnswer refused = await SaveAsync(client, name, language, zone, region);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains($"id=\"{field}-problem\"", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", refused.Text, StringComparison.Ordinal);
        if (field == "region")
        {
            Assert.Contains("<option value=\"de\" selected", refused.Text, StringComparison.Ordinal);
            Assert.Contains("<option value=\"Europe/Berlin\" selected", refused.Text, StringComparison.Ordinal);
        }

        Assert.Contains("<html lang=\"en\">", (await client.OpenAsync("/settings")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_are_behind_the_sign_in_and_take_no_form_of_another_site()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var stranger = new WebClient(server);
        Assert.Equal("/signin?to=%2Fsettings", (await stranger.GetAsync("/settings")).Location);
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/settings", "forged", ("name", "Mallory"))).Status);
        Assert.DoesNotContain("Mallory", (await client.OpenAsync("/settings")).Text, StringComparison.Ordinal);
    }

    private static Task<WebAnswer> SaveAsync(WebClient client, string name = "", string language = "", string zone = "", string region = "") =>
        client.PostAsync("/settings", ("name", name), ("language", language), ("zone", zone), ("region", region));

    // CLDR puts narrow spaces before AM and PM.
    private static string Sentence(WebAnswer page) => WebUtility.HtmlDecode(page.Text).Replace('\u202f', ' ').Replace('\u00a0', ' ');
}
