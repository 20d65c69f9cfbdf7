using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Into the web, out of it, and the change of the password.</summary>
public sealed class SignInPageTests
{
    private const string NewPassword = "battery staple 7";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_is_not_signed_in_comes_back_to_where_they_wanted()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        WebAnswer answer = await client.GetAsync("/mail/1?page=2");
        Assert.Equal("/signin?to=%2Fmail%2F1%3Fpage%3D2", answer.Location);
        Assert.Contains("value=\"/mail/1?page=2\"", (await client.GetAsync(answer.Location!)).Text, StringComparison.Ordinal);
        Assert.Equal("/mail/1?page=2", (await client.SignInAsync(TestServer.You, TestServer.Password, "/mail/1?page=2")).Location);
    }

    [Theory]
    [InlineData("https://evil.test/")]
    [InlineData("//evil.test/")]
    [InlineData("/\\evil.test/")]
    [InlineData("javascript:alert(1)")]
    public async Task Nobody_is_sent_to_another_host(string to)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        await client.GetAsync($"/signin?to={Uri.EscapeDataString(to)}");
        Assert.Equal("/mail", (await client.SignInAsync(TestServer.You, TestServer.Password, to)).Location);
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_address_get_the_same_answer_and_keep_what_was_typed()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        await client.GetAsync("/signin");
        WebAnswer wrong = await client.SignInAsync(TestServer.You, "wrong"), unknown = await client.SignInAsync("nobody@example.test", "wrong");
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (wrong.Status, unknown.Status));
        const string Problem = "do not belong together";
        Assert.Contains(Problem, wrong.Text, StringComparison.Ordinal);
        Assert.Contains(Problem, unknown.Text, StringComparison.Ordinal);
        Assert.Contains($"value=\"{TestServer.You}\"", wrong.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong\"", wrong.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(client.Cookies, cookie => cookie.Name == "__Host-posthorn");
    }

    [Fact]
    public async Task Too_many_wrong_passwords_are_told_to_wait()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        await client.GetAsync("/signin");
        WebAnswer answer = await client.SignInAsync(TestServer.You, "wrong 0");
        for (int i = 1; answer.Status == HttpStatusCode.Unauthorized && i < 50; i++)
        {
            answer = await client.SignInAsync(TestServer.You, $"wrong {i}");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.Status);
        Assert.Contains("Try again in", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cookie_is_kept_from_scripts_other_hosts_and_plain_text()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        Cookie cookie = Assert.Single(client.Cookies, cookie => cookie.Name == "__Host-posthorn");
        Assert.True(cookie.HttpOnly && cookie.Secure);
        Assert.Equal("/", cookie.Path);
    }

    [Theory]
    [InlineData("/signin")]
    [InlineData("/signout")]
    [InlineData("/account/security/password")]
    [InlineData("/mail/1/1/trash")]
    public async Task A_form_that_no_page_of_ours_made_is_refused(string path)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync(path, token: "made up")).Status);
    }

    [Fact]
    public async Task After_signing_out_nothing_is_shown()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/mail");
        Assert.Equal("/signin", (await client.PostAsync("/signout")).Location);
        Assert.StartsWith("/signin?to=", (await client.GetAsync("/mail")).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_password_counts_at_once_everywhere_and_ends_every_other_session()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server), other = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/account/security");
        WebAnswer answer = await client.PostAsync("/account/security/password", ("current", TestServer.Password), ("new", NewPassword), ("again", NewPassword));
        Assert.Contains("Your password is changed", (await client.OpenAsync(answer.Location!)).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.OpenAsync("/mail")).Status);
        Assert.StartsWith("/signin", (await other.GetAsync("/mail")).Location, StringComparison.Ordinal);
        var credentials = server.Services.GetRequiredService<Credentials>();
        Assert.IsType<SignIn.Wrong>(await credentials.CheckPasswordAsync(TestServer.You, TestServer.Password, "imap", null, Cancel));
        Assert.IsType<SignIn.Accepted>(await credentials.CheckPasswordAsync(TestServer.You, NewPassword, "imap", null, Cancel));
        using WebClient again = await WebClient.SignedInAsync(server, NewPassword);
    }

    [Theory]
    [InlineData("wrong", NewPassword, NewPassword, "not your present password")]
    [InlineData(TestServer.Password, NewPassword, "another", "differ")]
    [InlineData(TestServer.Password, TestServer.Password, TestServer.Password, "Choose another")]
    [InlineData(TestServer.Password, "", "", "password")]
    public async Task A_refused_change_says_why_at_its_field_and_changes_nothing(string current, string wanted, string again, string says)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/account/security");
        WebAnswer answer = await client.PostAsync("/account/security/password", ("current", current), ("new", wanted), ("again", again));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Matches($"role=\"alert\"[^>]*>[^<]*{says}", answer.Text);
        using WebClient still = await WebClient.SignedInAsync(server);
    }
}
