using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Forwarding;
using Posthorn.ProtocolTests.Replies;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Settings → Forwarding: an address is added by password and code, and ended at once.</summary>
public sealed partial class ForwardingPageTests
{
    private const string Page = "/settings/forwarding";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_is_added_confirmed_by_the_link_of_the_message_and_removed()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync(Page);
        Assert.Equal(Page + "?done=sent", (await AddAsync(client, TestServer.Friend)).Location);
        Assert.Contains("not confirmed yet", (await client.OpenAsync(Page)).Text, StringComparison.Ordinal);
        string message = Assert.Single(await server.MailWhenAsync(TestServer.Friend, 1)).Replace("=\r\n", "", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
        Assert.Contains("Auto-Submitted: auto-generated", message, StringComparison.Ordinal);
        Assert.StartsWith("Return-Path: <>", message, StringComparison.Ordinal);
        string link = Link().Match(message).Groups[1].Value;

        // The link only fills the form in: what looks at links ahead of their reader confirms nothing.
        WebAnswer filled = await client.GetAsync(link);
        Match code = Code().Match(filled.Text);
        Assert.True(code.Success, filled.Text);
        Assert.False((await StateAsync(server)).IsOn);
        Assert.Equal(Page + "?done=confirmed", (await client.PostAsync(Page + "/confirm", ("address", TestServer.Friend), ("code", code.Groups[1].Value))).Location);
        Assert.True((await StateAsync(server)).IsOn);
        Assert.Contains($"Your mail is forwarded to {TestServer.Friend}.", (await client.OpenAsync("/mail")).Text, StringComparison.Ordinal);
        Assert.Contains(await server.MailAsync(TestServer.You), static mail => mail.Contains("Subject: Your mail is forwarded to friend@example.test", StringComparison.Ordinal));
        // Once.
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.PostAsync(Page + "/confirm", ("address", TestServer.Friend), ("code", code.Groups[1].Value))).Status);

        Assert.Equal(Page + "?done=saved", (await client.PostAsync(Page + "/copy")).Location);
        Assert.False((await StateAsync(server)).KeepsCopy);
        Assert.Equal(Page + "?done=removed", (await client.PostAsync(Page + "/remove", ("address", TestServer.Friend))).Location);
        Assert.Empty((await StateAsync(server)).Addresses);
        Assert.DoesNotContain("class=\"automatic\"", (await client.OpenAsync("/mail")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("friend@example.test", "wrong password", "current-problem")]
    [InlineData("friend@example.test", "", "current-problem")]
    [InlineData("nowhere", TestServer.Password, "new-problem")]
    [InlineData("nobody@example.test", TestServer.Password, "new-problem")]
    [InlineData("you@example.test", TestServer.Password, "new-problem")]
    public async Task A_form_that_is_refused_says_why_and_keeps_what_was_typed(string address, string password, string problem)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync(Page);
        WebAnswer answer = await AddAsync(client, address, password);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Contains($"id=\"{problem}\"", answer.Text, StringComparison.Ordinal);
        Assert.Contains($"value=\"{address}\"", answer.Text, StringComparison.Ordinal);
        Assert.Empty((await StateAsync(server)).Addresses);
    }

    [Fact]
    public async Task A_wrong_code_says_so_beside_it_and_a_new_one_is_sent_only_for_an_address_that_was_added()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync(Page);
        await AddAsync(client, TestServer.Friend);
        WebAnswer wrong = await client.PostAsync(Page + "/confirm", ("address", TestServer.Friend), ("code", "aaaa-<b>"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.Status);
        Assert.Contains("That is not the code", wrong.Text, StringComparison.Ordinal);
        Assert.Contains("value=\"aaaa-&lt;b&gt;\"", wrong.Text, StringComparison.Ordinal);
        Assert.Equal(Page + "?done=sent", (await client.PostAsync(Page + "/again", ("address", TestServer.Friend))).Location);
        Assert.Equal(2, (await server.MailWhenAsync(TestServer.Friend, 2)).Count);
        WebAnswer other = await client.PostAsync(Page + "/again", ("address", "victim@elsewhere.test"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.Status);
        Assert.Contains("role=\"alert\"", other.Text, StringComparison.Ordinal);
        Assert.Single((await StateAsync(server)).Addresses);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync(Page + "/remove", token: "none", ("address", TestServer.Friend))).Status);
        Assert.Single((await StateAsync(server)).Addresses);
    }

    [Fact]
    public async Task An_administrator_sees_it_ends_it_and_allows_it_again()
    {
        await using TestServer server = await TestServer.StartAsync();
        await server.ForwardAsync(TestServer.Friend, TestServer.You);
        using WebClient administrator = await WebClient.SignedInAsync(server);
        string path = $"/admin/accounts/{TestServer.Friend}";
        Assert.Contains("Forwarding to", (await administrator.OpenAsync(path)).Text, StringComparison.Ordinal);
        Assert.EndsWith("?did=forwarding-off", (await administrator.PostAsync(path + "/forwarding-off")).Location, StringComparison.Ordinal);
        using var friend = new WebClient(server);
        await friend.GetAsync("/signin");
        await friend.SignInAsync(TestServer.Friend, TestServer.Password);
        string page = (await friend.OpenAsync(Page)).Text;
        Assert.Contains("An administrator has turned forwarding off", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Add an address", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await AddAsync(friend, "x@elsewhere.test")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await friend.PostAsync(path + "/forwarding-allow")).Status);
        await administrator.OpenAsync(path);
        Assert.EndsWith("?did=forwarding-allow", (await administrator.PostAsync(path + "/forwarding-allow")).Location, StringComparison.Ordinal);
        Assert.Contains("Add an address", (await friend.OpenAsync(Page)).Text, StringComparison.Ordinal);
    }

    private static Task<WebAnswer> AddAsync(WebClient client, string address, string password = TestServer.Password) =>
        client.PostAsync(Page + "/add", ("new", address), ("current", password));

    private static async Task<ForwardingState> StateAsync(TestServer server) =>
        (await server.Services.GetRequiredService<Forwards>().GetAsync(TestServer.Administrator, (await server.AccountAsync(TestServer.You)).Id, Cancel)).Value;

    [GeneratedRegex("https://localhost:\\d+(/settings/forwarding\\S*)")]
    private static partial Regex Link();

    [GeneratedRegex("name=\"code\"[^>]*value=\"([a-z0-9-]{14})\"")]
    private static partial Regex Code();
}
