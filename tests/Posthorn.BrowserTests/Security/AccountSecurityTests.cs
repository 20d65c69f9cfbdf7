using System.Text.RegularExpressions;
using MailKit.Net.Imap;
using MailKit.Security;
using Microsoft.Playwright;
using OtpNet;
using Posthorn.Core.Security;
using Posthorn.ProtocolTests;

namespace Posthorn.BrowserTests.Security;

/// <summary>What a person does on the account security pages, in the browser.</summary>
public sealed partial class AccountSecurityTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    private const string NewPassword = "battery staple 7";

    // None of them is on the list of common ones, which the server alone knows.
    private static readonly string[] Passwords =
    [
        "short", "qwertzuiop9", "abcdefghijkl", "zzzzzzzzzzzz", "mkoitrewq", "Mkoit7rewq", "Mk0it!rewq9", "kühle Wörter", "correct horse battery staple", "\ud83d\udd11 key key",
    ];

    [Fact]
    public async Task A_person_changes_the_password_without_a_hint()
    {
        await EnterAsync(Page);
        await OpenSecurityAsync(Page);
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "security");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Password security" }).ClickAsync();
        await Page.GetByLabel("Present password").FillAsync(TestServer.Password);
        await Page.GetByLabel("New password", new() { Exact = true }).FillAsync("abcdefghijk");
        Assert.Equal("weak", await Page.Locator("[data-strength] [role=status]").InnerTextAsync());
        await Page.GetByLabel("New password, once more").FillAsync("abcdefghijk");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Change the password" }).ClickAsync();
        await Page.GetByRole(AriaRole.Alert).WaitForAsync();
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "password-refused");
        await Page.GetByLabel("Present password").FillAsync(TestServer.Password);
        await Page.GetByLabel("New password", new() { Exact = true }).FillAsync(NewPassword);
        Assert.Equal("strong", await Page.Locator("[data-strength] [role=status]").InnerTextAsync());
        await Page.GetByLabel("New password, once more").FillAsync(NewPassword);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Change the password" }).ClickAsync();
        await Page.GetByText("Your password is changed").WaitForAsync();
        await ImapAsync(NewPassword);
        await Assert.ThrowsAsync<AuthenticationException>(() => ImapAsync(TestServer.Password));
    }

    [Fact]
    public async Task A_person_sets_up_two_step_and_signs_in_with_it()
    {
        await EnterAsync(Page);
        await OpenSecurityAsync(Page);
        await Page.GetByRole(AriaRole.Link, new() { Name = "Two-step sign-in" }).ClickAsync();
        await AssertAccessibleAsync(Page);
        await Page.GetByRole(AriaRole.Link, new() { Name = "Set up two-step sign-in" }).ClickAsync();
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "two-step");
        byte[] secret = Base32Encoding.ToBytes(Spaces().Replace(await Page.Locator("[data-secret]").InnerTextAsync(), ""));
        await Page.GetByLabel("Code that the app shows now").FillAsync(new Totp(secret).ComputeTotp());
        await Page.GetByLabel("Present password").FillAsync(TestServer.Password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Turn two-step sign-in on" }).ClickAsync();
        await Page.GetByText("They are not shown again").WaitForAsync();
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "recovery-codes");
        string recovery = await Page.Locator(".codes code").First.InnerTextAsync();

        IPage other = await OpenWindowAsync();
        await SignInAsync(other);
        await other.GetByRole(AriaRole.Heading, new() { Name = "Second step" }).WaitForAsync();
        await AssertAccessibleAsync(other);
        await PictureAsync(other, "second-step");
        await other.GetByLabel("Code").FillAsync("000000");
        await other.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await other.GetByRole(AriaRole.Alert).WaitForAsync();
        await other.GetByLabel("Code").FillAsync(recovery);
        await other.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await other.Locator("details.me").WaitForAsync();
        await Assert.ThrowsAsync<AuthenticationException>(() => ImapAsync(TestServer.Password));
    }

    [Fact]
    public async Task A_person_makes_an_app_password_and_an_app_gets_in_with_it()
    {
        await EnterAsync(Page);
        await Page.GotoAsync("/account/security/app-passwords");
        await AssertAccessibleAsync(Page);
        await Page.GetByLabel("Name").FillAsync("Mail on my phone");
        await Page.GetByLabel("Present password").FillAsync(TestServer.Password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Make an app password" }).ClickAsync();
        string secret = Spaces().Replace(await Page.Locator("#secret").InnerTextAsync(), "");
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "app-password-made");
        await ImapAsync(secret);
        await Page.GetByRole(AriaRole.Link, new() { Name = "It is in the app" }).ClickAsync();
        await Page.GetByRole(AriaRole.Rowheader, new() { Name = "Mail on my phone" }).WaitForAsync();
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "app-passwords");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Remove Mail on my phone" }).ClickAsync();
        await Page.GetByText("The app password is removed").WaitForAsync();
        await Assert.ThrowsAsync<AuthenticationException>(() => ImapAsync(secret));
    }

    [Fact]
    public async Task A_person_signs_another_browser_out()
    {
        IPage other = await OpenWindowAsync();
        await EnterAsync(other);
        await EnterAsync(Page);
        await Page.GotoAsync("/account/security/devices");
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "devices");
        await Page.Locator(".devices button").First.ClickAsync();
        await Page.GetByText("The browser is signed out").WaitForAsync();
        await other.GotoAsync("/mail");
        Assert.Equal("/signin", new Uri(other.Url).AbsolutePath);
        await Page.GotoAsync("/mail");
        Assert.StartsWith("/mail", new Uri(Page.Url).AbsolutePath, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_makes_a_passkey_and_signs_in_with_it_alone()
    {
        ICDPSession devices = await Page.Context.NewCDPSessionAsync(Page);
        await devices.SendAsync("WebAuthn.enable");
        await devices.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });
        await EnterAsync(Page);
        await Page.GotoAsync("/account/security/passkeys");
        await AssertAccessibleAsync(Page);
        await Page.GetByLabel("Name").FillAsync("My laptop");
        await Page.GetByLabel("Present password").FillAsync("wrong");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Make a passkey" }).ClickAsync();
        await Page.GetByText("That is not your present password").WaitForAsync();
        await Page.GetByLabel("Present password").FillAsync(TestServer.Password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Make a passkey" }).ClickAsync();
        await Page.GetByText("The passkey is ready").WaitForAsync();
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "passkeys");

        await Page.Context.ClearCookiesAsync();
        await Page.GotoAsync("/signin?to=%2Faccount%2Fsecurity%2Fpasskeys");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
        await Page.GetByText("last used").WaitForAsync();

        await Page.GetByRole(AriaRole.Button, new() { Name = "Remove My laptop" }).ClickAsync();
        await Page.GetByText("opens nothing here any more").WaitForAsync();
        await Page.Context.ClearCookiesAsync();
        await Page.GotoAsync("/signin");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
        await Page.GetByText("The passkey could not be used").WaitForAsync();
    }

    [Fact]
    public async Task The_page_counts_the_strength_as_the_server_does()
    {
        await EnterAsync(Page);
        await Page.GotoAsync("/account/security/password");
        foreach (string password in Passwords)
        {
            await Page.GetByLabel("New password", new() { Exact = true }).FillAsync(password);
            int shown = await Page.EvaluateAsync<int>("document.querySelector('[data-strength] meter').value");
            Assert.Equal((password, Steps(PasswordStrength.Of(password, You))), (password, shown));
        }
    }

    [Theory]
    [InlineData("/account/undelete", "undelete")]
    [InlineData("/account/download", "download")]
    [InlineData("/account/close", "close")]
    public async Task The_other_pages_are_as_readable(string path, string name)
    {
        await EnterAsync(Page);
        await Page.GotoAsync(path);
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, name);
    }

    private static int Steps(PasswordLevel level) => level switch
    {
        PasswordLevel.TooShort => 0,
        PasswordLevel.Own or PasswordLevel.Weak => 1,
        PasswordLevel.Fair => 2,
        PasswordLevel.Good => 3,
        _ => 4,
    };

    private static async Task OpenSecurityAsync(IPage page)
    {
        await page.Locator("details.me summary").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Account security" }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Account security" }).WaitForAsync();
    }

    private async Task ImapAsync(string password)
    {
        using var imap = new ImapClient { ServerCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test" };
        await imap.ConnectAsync("localhost", Server.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
        await imap.AuthenticateAsync(You, password, Cancel);
        await imap.DisconnectAsync(true, Cancel);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
