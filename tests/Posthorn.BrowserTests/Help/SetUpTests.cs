using System.Diagnostics;
using MailKit.Net.Imap;
using MailKit.Security;
using Microsoft.Playwright;
using Posthorn.ProtocolTests;

namespace Posthorn.BrowserTests.Help;

/// <summary>Setting a device up, and watching while it is set up.</summary>
public sealed class SetUpTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    // The page shows connections that come from the address of its reader: those of other tests, too.
    private protected override async Task<TestServer?> StartOwnAsync() => await TestServer.StartAsync();

    [Fact]
    public async Task A_phone_that_reads_the_QR_code_gets_the_profile_once()
    {
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.GotoAsync("/help/device");
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "device");
        await Page.GetByLabel("Present password").And(Page.Locator("input")).FillAsync("wrong");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Show the QR code" }).ClickAsync();
        await Page.GetByText("That is not your present password.").WaitForAsync();
        Expect("422");
        await AssertAccessibleAsync(Page);
        await Page.GetByLabel("Present password").And(Page.Locator("input")).FillAsync(TestServer.Password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Show the QR code" }).ClickAsync();
        await Page.Locator("svg.qr").WaitForAsync();
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "device-qr");
        await Page.SetViewportSizeAsync(820, 900);
        string picture = Path.Combine(Server.Folder, "qr.png");
        await Page.Locator("svg.qr").ScreenshotAsync(new LocatorScreenshotOptions { Path = picture });
        // What a reader of such pictures makes of it, in the colours of the night.
        string link = await ReadAsync(picture);
        Assert.Equal(await Page.Locator("p.value code").InnerTextAsync(), link);
        IPage phone = await OpenWindowAsync(width: 390);
        await phone.GotoAsync(link);
        await phone.GetByText(You).WaitForAsync();
        await AssertAccessibleAsync(phone);
        await PictureAsync(phone, "device-phone");
        IDownload download = await phone.RunAndWaitForDownloadAsync(() => phone.GetByRole(AriaRole.Link, new() { Name = "Get the profile" }).ClickAsync());
        Assert.Equal($"{You}.mobileconfig", download.SuggestedFilename);
        await phone.GotoAsync(link);
        await phone.GetByText("This link is of no more use").WaitForAsync();
        Expect("404");
    }

    [Fact]
    public async Task The_page_says_live_what_the_server_sees_of_an_app()
    {
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.GotoAsync("/help/test");
        await Page.GetByText("Watching.").WaitForAsync();
        await AssertAccessibleAsync(Page);
        using (var imap = new ImapClient { CheckCertificateRevocation = false })
        {
            imap.ServerCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test";
            await imap.ConnectAsync("localhost", Server.Port("imaps"), SecureSocketOptions.SslOnConnect, Cancel);
            await Page.Locator("#seen").GetByText("It is encrypted now.").WaitForAsync();
            await Assert.ThrowsAsync<AuthenticationException>(() => imap.AuthenticateAsync(new SaslMechanismPlain(You, "wrong"), Cancel));
            await Page.Locator("#seen .bad").GetByText("The password was wrong.").WaitForAsync();
            await imap.AuthenticateAsync(You, TestServer.Password, Cancel);
            await Page.Locator("#seen .good").GetByText("You are signed in.").WaitForAsync();
        }

        await AssertAccessibleAsync(Page);
        // Loaded again it says the same, once.
        int lines = await Page.Locator("#seen li").CountAsync();
        await Page.ReloadAsync();
        await Page.GetByText("Watching.").WaitForAsync();
        Assert.InRange(await Page.Locator("#seen li").CountAsync(), lines, lines + 1);
        await Page.GetByLabel("Password, as your app has it").FillAsync(TestServer.Password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Send it round" }).ClickAsync();
        await Page.GetByText("All of it works.").WaitForAsync();
        Assert.Equal(6, await Page.Locator("#steps .good").CountAsync());
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "settings-test");
    }

    private static async Task<string> ReadAsync(string picture)
    {
        var start = new ProcessStartInfo("zbarimg", ["--quiet", "--raw", picture]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("zbarimg did not start.");
        string link = (await process.StandardOutput.ReadToEndAsync(Cancel)).Trim();
        await process.WaitForExitAsync(Cancel);
        return link;
    }
}
