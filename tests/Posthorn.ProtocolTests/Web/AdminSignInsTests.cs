using System.Net;
using MailKit.Net.Imap;
using MailKit.Security;
using Posthorn.ProtocolTests.History;

namespace Posthorn.ProtocolTests.Web;

/// <summary>The log of sign-ins of all accounts, as an administrator reads it.</summary>
public sealed class AdminSignInsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_came_in_and_who_was_refused_and_why_for_every_protocol()
    {
        await using TestServer server = await TestServer.StartAsync();
        await ImapAsync(server, TestServer.Friend, TestServer.Password);
        await Assert.ThrowsAsync<AuthenticationException>(() => ImapAsync(server, "<b>nobody</b>@example.test", "x"));
        using var stranger = new WebClient(server);
        await stranger.GetAsync("/signin");
        await stranger.SignInAsync(TestServer.Friend, "wrong");
        using WebClient client = await WebClient.SignedInAsync(server);

        string page = (await client.GetAsync("/admin/sign-ins")).Text;
        Assert.Contains("<td data-label=\"Account\">you@example.test</td>", page, StringComparison.Ordinal);
        Assert.Contains("<td data-label=\"Account\">friend@example.test</td>", page, StringComparison.Ordinal);
        Assert.Contains("wrong password", page, StringComparison.Ordinal);
        Assert.Contains("there is no such account", page, StringComparison.Ordinal);
        Assert.Contains("<td data-label=\"From\">127.0.0.1</td>", page.Replace("::1", "127.0.0.1", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("<b>nobody", page, StringComparison.Ordinal);

        string refused = (await client.GetAsync("/admin/sign-ins?account=friend&refused=true")).Text;
        Assert.Contains("wrong password", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("there is no such account", refused, StringComparison.Ordinal);
        Assert.DoesNotContain(">signed in<", refused, StringComparison.Ordinal);
        client.Speak("de");
        Assert.Contains("falsches Passwort", (await client.GetAsync("/admin/sign-ins")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_try_names_the_client_where_it_said_its_name()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var browser = new WebClient(server) { Agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0" };
        await browser.GetAsync("/signin");
        await browser.SignInAsync(TestServer.Friend, "wrong");
        await using (LineTalk smtp = await LineTalk.ConnectAsync(server.Port("submissions"), Cancel))
        {
            await smtp.SayAsync("EHLO <i>laptop.example.net", Cancel);
            Assert.StartsWith("535", await smtp.SayAsync($"AUTH PLAIN {Convert.ToBase64String("\0you@example.test\0wrong"u8)}", Cancel), StringComparison.Ordinal);
        }

        await using (LineTalk imap = await LineTalk.ConnectAsync(server.Port("imaps"), Cancel))
        {
            await imap.ImapAsync("ID (\"name\" \"Postbird\" \"version\" \"9\")", Cancel);
            Assert.StartsWith("NO", (await imap.ImapAsync("LOGIN friend@example.test wrong", Cancel))[^1], StringComparison.Ordinal);
        }

        using WebClient client = await WebClient.SignedInAsync(server);
        string page = (await client.GetAsync("/admin/sign-ins?refused=true")).Text;
        Assert.Matches("<td data-label=\"Client\">Firefox, Windows <", page);
        Assert.Matches("<td data-label=\"Client\">&lt;i&gt;laptop.example.net <", page);
        Assert.Matches("<td data-label=\"Client\">Postbird 9 <", page);
    }

    [Theory]
    [InlineData("?page=-1")]
    [InlineData("?page=99999999999999999999")]
    [InlineData("?page=2147483647&account=%25%27%22%3Cscript%3E")]
    [InlineData("?refused=maybe&page=x")]
    public async Task What_an_address_asks_for_that_is_not_there_is_an_empty_page_or_the_first(string query)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        WebAnswer page = await client.GetAsync("/admin/sign-ins" + query);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.DoesNotContain("<script>", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_but_an_administrator_finds_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var friend = new WebClient(server);
        await friend.GetAsync("/signin");
        await friend.SignInAsync(TestServer.Friend, TestServer.Password);
        Assert.Equal(HttpStatusCode.NotFound, (await friend.GetAsync("/admin/sign-ins")).Status);
    }

    private static async Task ImapAsync(TestServer server, string user, string password)
    {
        using var imap = new ImapClient { ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test" };
        await imap.ConnectAsync("localhost", server.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
        await imap.AuthenticateAsync(new SaslMechanismPlain(user, password), Cancel);
        await imap.DisconnectAsync(true, Cancel);
    }
}
