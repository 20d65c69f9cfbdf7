using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using MailKit.Net.Imap;
using MailKit.Net.Pop3;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OtpNet;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Replies;
using Posthorn.Core.Undelete;
using Posthorn.ProtocolTests.Replies;

namespace Posthorn.ProtocolTests.Web;

/// <summary>The account security pages, and what they do to the protocols.</summary>
public sealed partial class AccountSecurityTests
{
    private const string AppPage = "/account/security/app-passwords";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_app_password_works_in_apps_of_its_scope_and_is_shown_once()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        string secret = await AppPasswordAsync(client, "My phone", "imap", "smtp");
        await ImapAsync(server, new SaslMechanismPlain(TestServer.You, secret));
        await ImapAsync(server, new SaslMechanismScramSha256(TestServer.You, secret));
        await ImapAsync(server, new SaslMechanismScramSha256(TestServer.You, TestServer.Password));
        using (var smtp = new SmtpClient { ServerCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test" })
        {
            await smtp.ConnectAsync("localhost", server.Port("submissions"), SecureSocketOptions.SslOnConnect, Cancel);
            await smtp.AuthenticateAsync(new SaslMechanismScramSha256(TestServer.You, secret), Cancel);
            await smtp.DisconnectAsync(true, Cancel);
        }

        using (var pop3 = new Pop3Client { ServerCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test" })
        {
            await pop3.ConnectAsync("localhost", server.Port("pop3s"), SecureSocketOptions.SslOnConnect, Cancel);
            await Assert.ThrowsAsync<AuthenticationException>(() => pop3.AuthenticateAsync(new SaslMechanismPlain(TestServer.You, secret), Cancel));
        }

        // This page waits until what was posted is written.
        await client.OpenAsync("/account/security/devices");
        WebAnswer list = await client.OpenAsync(AppPage);
        Assert.Contains("My phone", list.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, list.Text, StringComparison.Ordinal);
        // What it opens, when it was last used and from where, when it ends.
        Assert.Matches("data-label=\"Opens\">IMAP, SMTP<", list.Text);
        Assert.Matches("data-label=\"Last used\">[^<]+, (127\\.0\\.0\\.1|::1)<", list.Text);
        Assert.DoesNotMatch("data-label=\"Ends\">never<", list.Text);
        using var browser = new WebClient(server);
        await browser.GetAsync("/signin");
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.SignInAsync(TestServer.You, secret)).Status);
        Assert.Contains("My phone", (await client.OpenAsync("/account/security/devices")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Removing_an_app_password_ends_its_open_session_and_no_other()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        string secret = await AppPasswordAsync(client, "phone", "imap");
        await using History.LineTalk phone = await LogInAsync(server, secret), other = await LogInAsync(server, TestServer.Password);
        WebAnswer page = await client.OpenAsync(AppPage);
        await client.PostAsync(AppPage + "/remove", ("id", Hidden(page, "id")));
        Assert.StartsWith("* BYE", await phone.LineAsync(Cancel), StringComparison.Ordinal);
        Assert.StartsWith("OK", (await other.ImapAsync("NOOP", Cancel))[^1], StringComparison.Ordinal);
        await Assert.ThrowsAsync<AuthenticationException>(() => ImapAsync(server, new SaslMechanismPlain(TestServer.You, secret)));
    }

    [Theory]
    [InlineData("", "imap", TestServer.Password, "name-problem")]
    [InlineData("phone", "", TestServer.Password, "scopes-problem")]
    [InlineData("phone", "nonsense", TestServer.Password, "scopes-problem")]
    [InlineData("phone", "imap", "wrong", "current-problem")]
    public async Task A_form_for_an_app_password_that_makes_no_sense_says_why(string name, string scope, string password, string problem)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync(AppPage);
        WebAnswer answer = await client.PostAsync(AppPage, ("name", name), ("scope", scope), ("current", password), ("days", "x"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Contains($"id=\"{problem}\"", answer.Text, StringComparison.Ordinal);
        Assert.Contains($"value=\"{name}\"", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_by_app_password_shuts_the_account_s_password_out_until_it_is_let_in_again()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync(AppPage);
        await client.PostAsync(AppPage + "/only", ("only", "on"));
        await Assert.ThrowsAsync<AuthenticationException>(() => ImapAsync(server, new SaslMechanismPlain(TestServer.You, TestServer.Password)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.PostAsync(AppPage + "/only", ("current", "wrong"))).Status);
        Assert.Equal(HttpStatusCode.Redirect, (await client.PostAsync(AppPage + "/only", ("current", TestServer.Password))).Status);
        await ImapAsync(server, new SaslMechanismPlain(TestServer.You, TestServer.Password));
    }

    [Fact]
    public async Task Two_step_asks_for_a_code_after_the_password_and_takes_each_once()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        (byte[] secret, string[] codes) = await TurnTwoStepOnAsync(client);
        Assert.Equal(10, codes.Length);

        using var browser = new WebClient(server);
        await browser.GetAsync("/signin");
        Assert.Equal("/signin/code", (await browser.SignInAsync(TestServer.You, TestServer.Password, "/account/security")).Location);
        Assert.StartsWith("/signin?to=", (await browser.GetAsync("/mail")).Location, StringComparison.Ordinal);
        await browser.GetAsync("/signin/code");
        WebAnswer wrong = await browser.PostAsync("/signin/code", ("code", "000000"));
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.Status);
        Assert.Contains("role=\"alert\"", wrong.Text, StringComparison.Ordinal);
        // The code that turned it on is used; the next one counts already.
        string next = new Totp(secret).ComputeTotp(DateTime.UtcNow.AddSeconds(30));
        Assert.Equal("/account/security", (await browser.PostAsync("/signin/code", ("code", next))).Location);
        Assert.Equal(HttpStatusCode.OK, (await browser.OpenAsync("/mail")).Status);
        Assert.DoesNotContain(browser.Cookies, cookie => cookie.Name == "__Host-posthorn-step");

        using var other = new WebClient(server);
        await other.GetAsync("/signin");
        await other.SignInAsync(TestServer.You, TestServer.Password);
        await other.GetAsync("/signin/code");
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.PostAsync("/signin/code", ("code", next))).Status);
        Assert.Equal("/mail", (await other.PostAsync("/signin/code", ("code", codes[0]))).Location);
        await Assert.ThrowsAsync<AuthenticationException>(() => ImapAsync(server, new SaslMechanismPlain(TestServer.You, TestServer.Password)));
    }

    [Fact]
    public async Task The_second_step_has_no_door_of_its_own()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        (byte[] secret, _) = await TurnTwoStepOnAsync(client);
        using var browser = new WebClient(server);
        await browser.GetAsync("/signin");
        Assert.Equal("/signin", (await browser.GetAsync("/signin/code")).Location);
        Assert.Equal("/signin", (await browser.PostAsync("/signin/code", ("code", new Totp(secret).ComputeTotp(DateTime.UtcNow.AddSeconds(30))))).Location);
        browser.SetCookie("__Host-posthorn-step", "nonsense");
        Assert.Equal("/signin", (await browser.GetAsync("/signin/code")).Location);
    }

    [Fact]
    public async Task The_cookie_of_a_sign_in_is_never_the_one_that_was_there_before()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        string before = client.Cookies.Single(cookie => cookie.Name == "__Host-posthorn").Value;
        await client.GetAsync("/signin");
        await client.SignInAsync(TestServer.Friend, TestServer.Password);
        string after = client.Cookies.Single(cookie => cookie.Name == "__Host-posthorn").Value;
        Assert.NotEqual(before, after);
        Assert.Contains(TestServer.Friend, (await client.OpenAsync("/account/security")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Setting_up_two_step_needs_the_password_the_code_and_our_own_secret()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        WebAnswer page = await client.OpenAsync("/account/security/two-step/set-up");
        byte[] secret = SecretOf(page);
        string hidden = Hidden(page, "secret"), code = new Totp(secret).ComputeTotp();
        Assert.Contains("current-problem", (await client.PostAsync("/account/security/two-step/on", ("secret", hidden), ("code", code), ("current", "wrong"))).Text, StringComparison.Ordinal);
        WebAnswer refused = await client.PostAsync("/account/security/two-step/on", ("secret", hidden), ("code", "123"), ("current", TestServer.Password));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Equal(secret, SecretOf(refused));
        Assert.Equal("/account/security/two-step/set-up", (await client.PostAsync(
            "/account/security/two-step/on", ("secret", "forged"), ("code", code), ("current", TestServer.Password))).Location);
        Assert.Contains("Set up two-step sign-in", (await client.OpenAsync("/account/security/two-step")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_and_an_app_are_listed_and_signed_out_from_another_browser()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server), other = await WebClient.SignedInAsync(server);
        await using History.LineTalk app = await LogInAsync(server, TestServer.Password);
        await app.ImapAsync("ID (\"name\" \"Thunder<b>bird\" \"version\" \"140\")", Cancel);
        WebAnswer page = await client.OpenAsync("/account/security/devices");
        Assert.Matches("<strong>Thunder&lt;b&gt;bird 140</strong> <span class=\"state\">IMAP</span>\\s*<span class=\"soft\">From (127\\.0\\.0\\.1|::1), since [^<]*your password", page.Text);
        // The history has the same line, with its time.
        Assert.Matches("<time datetime=[^>]*>[^<]+</time></th>\\s*<td data-label=\"Client\">Thunder&lt;b&gt;bird 140 <span class=\"state\">IMAP</span></td>\\s*<td data-label=\"By\">[^<]*</td>\\s*<td data-label=\"From\">(127\\.0\\.0\\.1|::1)</td>", page.Text);
        await client.PostAsync("/account/security/devices/app", ("id", FormId(page, "app")));
        Assert.StartsWith("* BYE", await app.LineAsync(Cancel), StringComparison.Ordinal);
        await client.PostAsync("/account/security/devices/browser", ("id", FormId(page, "browser")));
        Assert.StartsWith("/signin", (await other.GetAsync("/mail")).Location, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.OpenAsync("/mail")).Status);
    }

    [Fact]
    public async Task Everywhere_else_is_everything_but_this_browser()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server), other = await WebClient.SignedInAsync(server);
        await using History.LineTalk app = await LogInAsync(server, TestServer.Password);
        await client.OpenAsync("/account/security/devices");
        await client.PostAsync("/account/security/devices/all");
        Assert.StartsWith("* BYE", await app.LineAsync(Cancel), StringComparison.Ordinal);
        Assert.StartsWith("/signin", (await other.GetAsync("/mail")).Location, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.OpenAsync("/mail")).Status);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_itself_and_not_only_the_cookie()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server), thief = new(server);
        thief.SetCookie("__Host-posthorn", client.Cookies.Single(cookie => cookie.Name == "__Host-posthorn").Value);
        Assert.Equal(HttpStatusCode.OK, (await thief.OpenAsync("/mail")).Status);
        await client.OpenAsync("/mail");
        await client.PostAsync("/signout");
        Assert.StartsWith("/signin", (await thief.GetAsync("/mail")).Location, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("password", "password", "everybody tries first")]
    [InlineData("short", "short", "at least 8")]
    [InlineData("you@example.test", "you@example.test", "your own address")]
    [InlineData("abcdefghijkl", "abcdefghijkl", "too easy")]
    public async Task A_weak_or_common_password_is_refused(string wanted, string again, string says)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/account/security/password");
        WebAnswer answer = await client.PostAsync("/account/security/password", ("current", TestServer.Password), ("new", wanted), ("again", again));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Matches($"id=\"new-problem\">[^<]*{says}", answer.Text);
    }

    [Fact]
    public async Task All_data_comes_as_one_archive()
    {
        await using TestServer server = await TestServer.StartAsync();
        Account account = await AccountAsync(server);
        await AppendAsync(server, account, "Subject: first\r\n\r\nFrom here to there\r\n");
        await AppendAsync(server, account, "Subject: second\r\n\r\nhello\r\n");
        await server.AwayAsync(TestServer.You, new Vacation { IsOn = true, Text = "back on Monday" });
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/account/download");
        using HttpResponseMessage response = await client.PostStreamAsync("/account/download");
        Assert.Equal("application/zip", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("posthorn-you-example.test.zip", response.Content.Headers.ContentDisposition?.FileName?.Trim('"'));
        using var zip = new ZipArchive(await response.Content.ReadAsStreamAsync(Cancel), ZipArchiveMode.Read);
        string inbox = await TextAsync(zip, "mail/INBOX.mbox");
        Assert.Contains("Subject: first", inbox, StringComparison.Ordinal);
        Assert.Contains("\n>From here to there", inbox, StringComparison.Ordinal);
        Assert.Contains("Subject: second", inbox, StringComparison.Ordinal);
        string settings = await TextAsync(zip, "account.json");
        Assert.Contains(TestServer.You, settings, StringComparison.Ordinal);
        Assert.Contains("back on Monday", settings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deleted_mail_is_ticked_and_comes_back()
    {
        await using TestServer server = await TestServer.StartAsync();
        Account account = await AccountAsync(server);
        await AppendAsync(server, account, "Subject: wanted\r\n\r\nBring <me> back\r\n");
        await AppendAsync(server, account, "Subject: unwanted\r\n\r\nLeave me\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        await using (History.LineTalk app = await LogInAsync(server, TestServer.Password))
        {
            await app.ImapAsync("SELECT INBOX", Cancel);
            await app.ImapAsync("STORE 1:* +FLAGS (\\Deleted)", Cancel);
            await app.ImapAsync("EXPUNGE", Cancel);
        }

        WebAnswer page = await client.OpenAsync("/account/undelete");
        Assert.Contains("Bring &lt;me&gt; back", page.Text, StringComparison.Ordinal);
        string id = Regex.Match(page.Text, "value=\"([0-9.]+)\" />\\s*<span class=\"what\">Bring").Groups[1].Value;
        WebAnswer done = await client.PostAsync("/account/undelete", ("id", id), ("id", "nonsense"), ("id", "1.99999"));
        Assert.Contains("One message is back", (await client.OpenAsync(done.Location!)).Text, StringComparison.Ordinal);
        Assert.Contains("Subject: wanted", Assert.Single(await server.MailAsync(TestServer.You)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_deleted_last_can_be_brought_back_however_much_was_deleted_before()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        Account account = await AccountAsync(server);
        Messages messages = server.Services.GetRequiredService<Messages>();
        MailboxId inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, account.Id, Mailbox.Inbox, Cancel)).Value.Id;
        await AppendAsync(server, account, "Subject: old\r\n\r\nFrom the trash\r\n");
        for (int doubled = 1; doubled <= Undelete.ListedAtMost; doubled *= 2)
        {
            _ = (await messages.CopyAsync(TestServer.Administrator, account.Id, inbox, UidSet.All, inbox, Cancel)).Value;
        }

        _ = (await messages.DeleteAsync(TestServer.Administrator, account.Id, inbox, UidSet.All, Cancel)).Value;
        time.Advance(TimeSpan.FromDays(1));
        await AppendAsync(server, account, "Subject: wanted\r\n\r\nBy mistake\r\n");
        _ = (await messages.DeleteAsync(TestServer.Administrator, account.Id, inbox, UidSet.All, Cancel)).Value;
        using WebClient client = await WebClient.SignedInAsync(server);
        string page = (await client.OpenAsync("/account/undelete")).Text;
        Assert.Equal(Undelete.ListedAtMost, Regex.Count(page, "<span class=\"what\">"));
        Assert.Equal("By mistake", Regex.Match(page, "<span class=\"what\">([^<]*)").Groups[1].Value);
        Assert.Contains("that were deleted last", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_account_is_gone_at_once_and_an_administrator_brings_it_back()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        await client.GetAsync("/signin");
        await client.SignInAsync(TestServer.Friend, TestServer.Password);
        await client.OpenAsync("/account/close");
        Assert.Contains("address-problem", (await client.PostAsync("/account/close", ("address", TestServer.You), ("current", TestServer.Password))).Text, StringComparison.Ordinal);
        Assert.Contains("current-problem", (await client.PostAsync("/account/close", ("address", TestServer.Friend), ("current", "wrong"))).Text, StringComparison.Ordinal);
        WebAnswer closed = await client.PostAsync("/account/close", ("address", TestServer.Friend), ("current", TestServer.Password));
        Assert.Equal("/signin?closed=true", closed.Location);
        Assert.Contains("Your account is closed", (await client.OpenAsync(closed.Location!)).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SignInAsync(TestServer.Friend, TestServer.Password)).Status);
        Assert.True((await server.Services.GetRequiredService<Undelete>().RestoreAccountAsync(TestServer.Administrator, TestServer.Friend, Cancel)).IsOk);
        Assert.Equal("/mail", (await client.SignInAsync(TestServer.Friend, TestServer.Password)).Location);
    }

    [Fact]
    public async Task The_only_administrator_cannot_close_the_account()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/account/close");
        WebAnswer answer = await client.PostAsync("/account/close", ("address", TestServer.You), ("current", TestServer.Password));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
        Assert.Contains("only account that administers", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/signin/passkey", "")]
    [InlineData("/signin/passkey", "{}")]
    [InlineData("/signin/passkey", "not json")]
    [InlineData("/signin/passkey", "{\"id\":\"AA\",\"rawId\":\"AA\",\"type\":\"public-key\",\"response\":{\"clientDataJSON\":\"AA\",\"authenticatorData\":\"AA\",\"signature\":\"AA\"},\"clientExtensionResults\":{}}")]
    public async Task An_answer_that_no_passkey_gave_signs_nobody_in(string path, string credential)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        await client.GetAsync("/signin");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync(path, ("credential", credential))).Status);
        WebAnswer question = await client.PostAsync("/signin/passkey/options");
        Assert.Equal(HttpStatusCode.OK, question.Status);
        Assert.Contains("\"challenge\"", question.Text, StringComparison.Ordinal);
        WebAnswer answer = await client.PostAsync(path, ("credential", credential));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
        Assert.Contains("role=\"alert\"", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(client.Cookies, cookie => cookie.Name == "__Host-posthorn");
    }

    [Fact]
    public async Task The_question_for_a_new_passkey_is_given_for_the_password_alone()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.OpenAsync("/account/security/passkeys");
        WebAnswer refused = await client.PostAsync("/account/security/passkeys/options", ("name", "phone"), ("current", "wrong"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        WebAnswer question = await client.PostAsync("/account/security/passkeys/options", ("name", "phone"), ("current", TestServer.Password));
        Assert.Contains("\"residentKey\":\"required\"", question.Text, StringComparison.Ordinal);
        Assert.Contains("\"userVerification\":\"required\"", question.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.PostAsync("/account/security/passkeys", ("name", "phone"), ("credential", "{}"))).Status);
    }

    [Theory]
    [InlineData("/account/security/two-step/off")]
    [InlineData("/account/security/two-step/codes")]
    [InlineData("/account/security/app-passwords")]
    [InlineData("/account/security/devices/all")]
    [InlineData("/account/download")]
    [InlineData("/account/close")]
    [InlineData("/account/undelete")]
    [InlineData("/account/security/passkeys")]
    public async Task No_form_of_another_page_is_taken(string path)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync(path, token: "forged", ("current", TestServer.Password))).Status);
    }

    [Fact]
    public async Task The_pages_speak_german_to_who_wishes_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        client.Speak("de-DE");
        Assert.Contains("Kontosicherheit", (await client.OpenAsync("/account/security")).Text, StringComparison.Ordinal);
        Assert.Contains("App-Passw&#xF6;rter", (await client.OpenAsync(AppPage)).Text, StringComparison.Ordinal);
    }

    private static async Task<string> AppPasswordAsync(WebClient client, string name, params string[] scopes)
    {
        await client.OpenAsync(AppPage);
        WebAnswer answer = await client.PostAsync(
            AppPage, [("name", name), ("current", TestServer.Password), ("days", "90"), .. scopes.Select(scope => ("scope", scope))]);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return Letters(SecretCode().Match(answer.Text).Groups[1].Value);
    }

    private static async Task<(byte[] Secret, string[] Codes)> TurnTwoStepOnAsync(WebClient client)
    {
        WebAnswer page = await client.OpenAsync("/account/security/two-step/set-up");
        byte[] secret = SecretOf(page);
        WebAnswer on = await client.PostAsync(
            "/account/security/two-step/on", ("secret", Hidden(page, "secret")), ("code", new Totp(secret).ComputeTotp()), ("current", TestServer.Password));
        Assert.Equal(HttpStatusCode.OK, on.Status);
        return (secret, [.. RecoveryCode().Matches(on.Text).Select(match => match.Groups[1].Value)]);
    }

    private static byte[] SecretOf(WebAnswer page) => Base32Encoding.ToBytes(Letters(SecretCode().Match(page.Text).Groups[1].Value));

    private static string Letters(string html) => Regex.Replace(Regex.Replace(html, "<[^>]+>", ""), @"\s+", "");

    private static string Hidden(WebAnswer page, string name) => WebUtility.HtmlDecode(Regex.Match(page.Text, $"name=\"{name}\" value=\"([^\"]+)\"").Groups[1].Value);

    private static string FormId(WebAnswer page, string kind) =>
        Regex.Match(page.Text, $"devices/{kind}\">.*?name=\"id\" value=\"([0-9a-f]+)\"", RegexOptions.Singleline).Groups[1].Value;

    private static async Task ImapAsync(TestServer server, SaslMechanism mechanism)
    {
        using var imap = new ImapClient { ServerCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test" };
        await imap.ConnectAsync("localhost", server.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
        await imap.AuthenticateAsync(mechanism, Cancel);
        await imap.DisconnectAsync(true, Cancel);
    }

    private static async Task<History.LineTalk> LogInAsync(TestServer server, string password)
    {
        History.LineTalk talk = await History.LineTalk.ConnectAsync(server.Port("imaps"), Cancel);
        Assert.StartsWith("OK", (await talk.ImapAsync($"LOGIN {TestServer.You} \"{password}\"", Cancel))[^1], StringComparison.Ordinal);
        return talk;
    }

    private static async Task<Account> AccountAsync(TestServer server) =>
        (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;

    private static async Task AppendAsync(TestServer server, Account account, string octets)
    {
        var messages = server.Services.GetRequiredService<Messages>();
        Mailbox inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, account.Id, Mailbox.Inbox, Cancel)).Value;
        await using Core.Bodies.MessageWriter writer = messages.StartMessage();
        await writer.WriteAsync(Encoding.UTF8.GetBytes(octets), Cancel);
        _ = (await messages.AppendAsync(
            TestServer.Administrator, account.Id, inbox.Id, [new NewMessage(await writer.CompleteAsync(Cancel), MessageFlags.None, [], null)], Cancel)).Value;
    }

    private static async Task<string> TextAsync(ZipArchive zip, string name)
    {
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return await reader.ReadToEndAsync(Cancel);
    }

    [GeneratedRegex("data-secret[^>]*>(.*?)</code>", RegexOptions.Singleline)]
    private static partial Regex SecretCode();

    [GeneratedRegex("<li><code>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</code></li>")]
    private static partial Regex RecoveryCode();
}
