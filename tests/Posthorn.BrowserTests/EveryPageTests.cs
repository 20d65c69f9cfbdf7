using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Posthorn.Core.Accounts;
using Posthorn.Demo;
using Posthorn.ProtocolTests;

namespace Posthorn.BrowserTests;

/// <summary>Every page, at every width, in light and dark, with the mail of the demo: nothing sticks out, and axe finds nothing serious.</summary>
public sealed class EveryPageTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    private static readonly string[] Articles =
    [
        "smtp", "imap", "pop", "pop-or-imap", "which-way", "outlook", "apple-mail", "gmail-app", "thunderbird", "k9-fairemail", "mutt", "password", "two-steps", "web", "app-says", "returned",
        "vacation", "forwarding",
    ];

    // What others do on the server is in these pages: they have one of their own.
    private protected override async Task<TestServer?> StartOwnAsync() => await TestServer.StartAsync();

    [Fact]
    public async Task Pages_of_administration()
    {
        await EnterAsync(Page);
        await LookAsync(
            Page,
            "/admin", "/admin/accounts", $"/admin/accounts/{You}", "/admin/aliases", "/admin/domains", $"/admin/domains/{TestServer.Domain}", "/admin/queue", "/admin/deliveries", "/admin/sign-ins",
            "/admin/storage", "/admin/help-answers");
    }

    [Fact]
    public async Task Pages_of_settings_and_account()
    {
        await EnterAsync(Page);
        await LookAsync(
            Page, "/settings/", "/settings/reading", "/settings/composing", "/settings/addresses", "/settings/signatures", "/settings/vacation", "/settings/forwarding", "/account/security", "/account/security/password", "/mail/folders");
    }

    [Fact]
    public async Task Pages_of_mail_with_what_people_get()
    {
        Account account = (await Server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, You, Cancel)).Value;
        await DemoStore.FillAsync(Server.Services, TestServer.Administrator, account.Id, Cancel);
        // Pictures of other hosts stay where they are.
        Expect("Content Security Policy");
        await EnterAsync(Page);
        string inbox = new Uri(Page.Url).AbsolutePath;
        await LookAsync(Page, inbox, "/mail/new");
        await Page.SetViewportSizeAsync(1440, 900);
        await Page.GotoAsync(inbox);
        int letters = await Page.Locator("[data-rows] li").CountAsync();
        Assert.True(letters > 5, "The demo has mail.");
        for (int i = 0; i < 3; i++)
        {
            await Page.GotoAsync(await Page.Locator("[data-rows] li a").Nth(i).GetAttributeAsync("href") ?? "");
            await Page.Locator("[data-message] #subject").WaitForAsync();
            await PictureAsync(Page, $"letter-{i}");
            Assert.Empty(await ObstaclesAsync(Page));
            await Page.SetViewportSizeAsync(1440, 900);
            await Page.GotoAsync(inbox);
        }
    }

    [Fact]
    public async Task Every_article_in_English() => await LookAtHelpAsync(Page, "");

    [Fact]
    public async Task Every_article_in_German() => await LookAtHelpAsync(await OpenWindowAsync(locale: "de-DE"), "-de");

    private static async Task LookAtHelpAsync(IPage page, string suffix)
    {
        var found = new List<string>();
        foreach (string article in Articles)
        {
            await page.GotoAsync("/help/" + article);
            await page.EvaluateAsync("for (const question of document.querySelectorAll('.body details')) question.open = true");
            await PictureAsync(page, $"help-{article}{suffix}");
            found.AddRange(await ObstaclesAsync(page));
        }

        Assert.Empty(found);
    }

    private static async Task LookAsync(IPage page, params string[] addresses)
    {
        var found = new List<string>();
        foreach (string address in addresses)
        {
            IResponse? answer = await page.GotoAsync(address);
            Assert.True(answer?.Status == 200, $"{address} gives {answer?.Status}.");
            await PictureAsync(page, address.Trim('/').Replace('/', '-').Split('@')[0]);
            found.AddRange(await ObstaclesAsync(page));
        }

        Assert.Empty(found);
    }
}
