using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Core.Replies;
using Posthorn.ProtocolTests.Replies;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Settings → Vacation reply, and the line above the list that says so.</summary>
public sealed class VacationPageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_set_seen_above_the_list_and_turned_off_there()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 12, 23, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        using WebClient client = await WebClient.SignedInAsync(server);
        client.SetCookie("zone", "Europe/Berlin");
        Assert.DoesNotContain("vacation", (await client.OpenAsync("/mail")).Text, StringComparison.OrdinalIgnoreCase);
        await client.OpenAsync("/settings/vacation");
        Assert.Equal("/settings/vacation?done=saved", (await SaveAsync(client, first: "2026-12-24", last: "2027-01-06", outside: "Other", outsideText: "Away, <stranger>")).Location);
        Vacation saved = await ReadAsync(server);
        Assert.Equal(
            (true, new DateOnly(2026, 12, 24), new DateOnly(2027, 1, 6), "Europe/Berlin", "I am away.\n\nYou", OutsideAnswer.Other, 5),
            (saved.IsOn, saved.First!.Value, saved.Last!.Value, saved.Zone, saved.Text, saved.Outside, saved.Days));
        string page = (await client.OpenAsync("/settings/vacation?done=saved")).Text;
        Assert.Contains("It is on from", page, StringComparison.Ordinal);
        Assert.Contains("Away, &lt;stranger&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Your vacation reply", (await client.OpenAsync("/mail")).Text, StringComparison.Ordinal);

        time.Advance(TimeSpan.FromHours(11));
        string list = (await client.OpenAsync("/mail")).Text;
        Assert.Contains("Your vacation reply is on until", list, StringComparison.Ordinal);
        string here = System.Text.RegularExpressions.Regex.Match(list, "name=\"next\" value=\"(/mail/\\d+)\"").Groups[1].Value;
        Assert.Equal(here, (await client.PostAsync("/settings/vacation/off", ("next", here))).Location);
        Assert.DoesNotContain("Your vacation reply", (await client.OpenAsync(here)).Text, StringComparison.Ordinal);
        Assert.Equal(saved with { IsOn = false }, await ReadAsync(server));
    }

    [Theory]
    [InlineData("first", "24.12.2026", "", "x", "Same", "", "7")]
    [InlineData("last", "", "2026-02-30", "x", "Same", "", "7")]
    [InlineData("last", "2026-12-24", "2026-12-23", "x", "Same", "", "7")]
    [InlineData("text", "", "", " \r\n ", "Same", "", "7")]
    [InlineData("outside", "", "", "typed words", "Sometimes", "", "7")]
    [InlineData("outside", "", "", "typed words", "9", "", "7")]
    [InlineData("outside-text", "", "", "typed words", "Other", "", "7")]
    [InlineData("days", "", "", "typed words", "Same", "", "0")]
    [InlineData("days", "", "", "typed words", "Same", "", "61")]
    [InlineData("days", "", "", "typed words", "Same", "", "many")]
    public async Task A_form_that_is_refused_says_why_and_keeps_what_was_typed(
        string field, string first, string last, string text, string outside, string outsideText, string days)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/settings/vacation");
        WebAnswer answer = await SaveAsync(client, first, last, text, outside, outsideText, days, "A subject <typed>");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Contains($"id=\"{field}-problem\"", answer.Text, StringComparison.Ordinal);
        Assert.Contains("A subject &lt;typed&gt;", answer.Text, StringComparison.Ordinal);
        Assert.Contains(text.Trim(), answer.Text, StringComparison.Ordinal);
        Assert.False((await ReadAsync(server)).IsOn);
    }

    [Fact]
    public async Task What_is_too_long_is_refused_and_a_form_from_elsewhere_changes_nothing()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/settings/vacation");
        Assert.Contains("id=\"text-problem\"", (await SaveAsync(client, text: new string('x', Vacation.MaxText + 1))).Text, StringComparison.Ordinal);
        Assert.Contains("id=\"subject-problem\"", (await SaveAsync(client, subject: new string('x', Vacation.MaxSubject + 1))).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/settings/vacation", token: "none", ("on", "true"), ("text", "x"))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/settings/vacation/off", token: "none")).Status);
        Assert.Equal("/settings/vacation?done=off", (await client.PostAsync("/settings/vacation/off", ("next", "https://elsewhere.test/"))).Location);
        using var stranger = new WebClient(server);
        Assert.StartsWith("/signin", (await stranger.GetAsync("/settings/vacation")).Location, StringComparison.Ordinal);
        Assert.False((await ReadAsync(server)).IsOn);
    }

    [Fact]
    public async Task An_administrator_sees_it_and_turns_it_off()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.AwayAsync(TestServer.Friend, new Vacation { IsOn = true, Text = "x" });
        using WebClient client = await WebClient.SignedInAsync(server);
        string path = $"/admin/accounts/{TestServer.Friend}";
        Assert.Contains("Turn the vacation reply off", (await client.OpenAsync(path)).Text, StringComparison.Ordinal);
        Assert.EndsWith("?did=vacation-off", (await client.PostAsync(path + "/vacation-off")).Location, StringComparison.Ordinal);
        Assert.DoesNotContain("Turn the vacation reply off", (await client.OpenAsync(path)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_speaks_German()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.AwayAsync(TestServer.You, new Vacation { IsOn = true, Text = "x", Last = new DateOnly(2099, 1, 6) });
        using WebClient client = await WebClient.SignedInAsync(server);
        client.Speak("de");
        Assert.Contains("Ihre Abwesenheitsnotiz ist an bis Dienstag, 6. Januar 2099.", (await client.OpenAsync("/mail")).Text, StringComparison.Ordinal);
        Assert.Contains("<h1>Abwesenheitsnotiz</h1>", (await client.OpenAsync("/settings/vacation")).Text, StringComparison.Ordinal);
    }

    private static Task<WebAnswer> SaveAsync(
        WebClient client, string first = "", string last = "", string text = "I am away.\r\n\r\nYou\r\n", string outside = "Same", string outsideText = "", string days = "5",
        string subject = "Away") =>
        client.PostAsync(
            "/settings/vacation", ("on", "true"), ("first", first), ("last", last), ("subject", subject), ("text", text), ("outside", outside), ("outside-text", outsideText),
            ("days", days));

    private static async Task<Vacation> ReadAsync(TestServer server) =>
        (await server.Services.GetRequiredService<Vacations>().GetAsync(TestServer.Administrator, (await server.AccountAsync(TestServer.You)).Id, Cancel)).Value;
}
