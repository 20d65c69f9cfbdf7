using Microsoft.Playwright;
using Posthorn.ProtocolTests;

namespace Posthorn.BrowserTests.Mail;

/// <summary>The server is started anew while a person has a page open.</summary>
public sealed class RestartTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    private protected override async Task<TestServer?> StartOwnAsync() => await TestServer.StartAsync();

    [Fact]
    public async Task A_half_written_message_outlives_the_server_and_is_sent_from_the_same_page()
    {
        // What cannot be reached is told by the browser; the page says it calmly.
        Expect("net::ERR_");
        await EnterAsync(Page);
        await Page.GotoAsync("/mail/new");
        await Page.FillAsync("#to", TestServer.Friend);
        await Page.FillAsync("#subject", "Long letter");
        await Page.ClickAsync("[data-sheet]");
        await Page.Keyboard.TypeAsync("Before. ");
        ILocator saved = Page.Locator("span[data-saved]");
        await Assertions.Expect(saved).ToHaveTextAsync("Saved in Drafts.");
        await Server.RestartAsync(async () =>
        {
            await Page.Keyboard.TypeAsync("Meanwhile. ");
            await Assertions.Expect(saved).ToContainTextAsync("Not saved: no connection.");
            await PictureAsync(Page, "compose-offline");
        });
        await Page.Keyboard.TypeAsync("After.");
        await Assertions.Expect(saved).ToHaveTextAsync("Saved in Drafts.");
        await Page.ClickAsync("button[value=send]");
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("Sent.");
        Assert.Contains("Before. Meanwhile. After.", Assert.Single(await Server.MailAsync(You, "Sent")), StringComparison.Ordinal);
        Assert.Empty(await Server.MailAsync(You, "Drafts"));
    }

    [Fact]
    public async Task An_open_list_says_calmly_that_the_server_is_away_and_catches_up()
    {
        Expect("net::ERR_");
        await EnterAsync(Page);
        ILocator said = Page.Locator("[data-connection]");
        await Assertions.Expect(said).ToBeHiddenAsync();
        await Server.RestartAsync(async () =>
        {
            await Assertions.Expect(said).ToHaveTextAsync("No connection. It is tried again by itself.");
            await Assertions.Expect(said).ToBeVisibleAsync();
            await AssertAccessibleAsync(Page);
            await PictureAsync(Page, "mail-offline");
        });
        await Letters.FileAsync(Server, You, Letters.Simple(1));
        await Assertions.Expect(Page.Locator("[data-rows] li .subject")).ToContainTextAsync("Letter 1");
        await Assertions.Expect(said).ToBeHiddenAsync();
    }
}
