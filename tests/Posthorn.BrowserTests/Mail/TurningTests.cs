using Microsoft.Playwright;

namespace Posthorn.BrowserTests.Mail;

/// <summary>Another list takes the place of the one that is shown, and the page stays.</summary>
public sealed class TurningTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    [Fact]
    public async Task A_folder_and_a_search_come_without_a_new_page_and_back_and_forward_follow()
    {
        await Letters.FileAsync(Server, You, [.. Enumerable.Range(1, 60).Select(static number => System.Text.Encoding.UTF8.GetBytes(Letters.Simple(number)))]);
        await Letters.FileAsync(Server, You, Letters.WithFiles, "Archive");
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        string inbox = Page.Url;
        await Page.EvaluateAsync("window.isTheSame = true; document.querySelector('[data-rows]').scrollTop = 900");

        await Page.ClickAsync("[data-folders] [data-name=Archive]");
        await Assertions.Expect(Page.Locator("[data-rows] li")).ToHaveCountAsync(1);
        string archive = Page.Url;
        Assert.NotEqual(inbox, archive);
        await Assertions.Expect(Page).ToHaveTitleAsync("Archive · Posthorn");
        await Assertions.Expect(Page.Locator("[data-folders] [aria-current=page]")).ToHaveAttributeAsync("data-name", "Archive");
        await Assertions.Expect(Page.Locator("[data-list] h1")).ToBeFocusedAsync();

        // What is opened, thrown away and brought back is of this list; its menus close by a click beside them.
        await Page.Keyboard.PressAsync("j");
        await Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Page.Locator("[data-message] #subject")).ToHaveTextAsync("Plans for the garden");
        await Page.ClickAsync("[data-list] .bar summary");
        await Assertions.Expect(Page.Locator("[data-list] .bar details")).ToHaveAttributeAsync("open", "");
        await Page.ClickAsync("[data-message] #subject");
        await Assertions.Expect(Page.Locator("[data-list] .bar details")).Not.ToHaveAttributeAsync("open", "");
        await Page.Keyboard.PressAsync("#");
        await Assertions.Expect(Page.Locator("[data-rows] li")).ToHaveCountAsync(0);

        // The way back is kept where another list is looked at.
        await Page.FillAsync("#q", "subject:\"Letter 45\"");
        await Page.PressAsync("#q", "Enter");
        await Assertions.Expect(Page.Locator("[data-rows] li mark").First).ToBeVisibleAsync();
        await Assertions.Expect(Page.Locator("[data-rows] li")).ToHaveCountAsync(1);
        await Assertions.Expect(Page).ToHaveTitleAsync("Search · Posthorn");
        Assert.Contains("/mail/search?q=", Page.Url, StringComparison.Ordinal);
        await Assertions.Expect(Page.Locator("[data-folders] [aria-current=page]")).ToHaveCountAsync(0);
        await Page.Keyboard.PressAsync("z");
        await Assertions.Expect(Page.Locator("[data-notice]")).Not.ToContainTextAsync("Moved to Trash.");

        // Back: the archive with its message again, then the inbox where it was left; forward to the hits.
        await Page.GoBackAsync();
        await Page.WaitForURLAsync(archive);
        await Assertions.Expect(Page.Locator("[data-rows] li")).ToHaveCountAsync(1);
        await Assertions.Expect(Page.Locator("#q")).ToHaveValueAsync("");
        // Under its old address the message is not there any more.
        await Page.GoBackAsync();
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("This message is not here any more.");
        await Page.GoBackAsync();
        await Page.WaitForURLAsync(archive);
        await Page.GoBackAsync();
        await Page.WaitForURLAsync(inbox);
        await Assertions.Expect(Page).ToHaveTitleAsync("Inbox · Posthorn");
        Assert.Equal(900, await Page.EvaluateAsync<int>("document.querySelector('[data-rows]').scrollTop"));
        Assert.True(await Page.EvaluateAsync<bool>("window.isTheSame"));

        // Pictures of other hosts are stopped by the policy of the letter's frame, and the browser says so.
        Expect("https://pictures.example.org/flower.png");

        // The address leads to the same, loaded as a page.
        await Page.GotoAsync(archive);
        await Assertions.Expect(Page).ToHaveTitleAsync("Archive · Posthorn");
    }

    [Fact]
    public async Task A_folder_that_is_gone_says_so_and_without_a_connection_the_list_stays()
    {
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        string inbox = Page.Url;
        Expect("ERR_FAILED");
        await Page.RouteAsync("**/list?*", static route => route.AbortAsync());
        await Page.ClickAsync("[data-folders] [data-name=Archive]");
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("No connection.");
        Assert.Equal(inbox, Page.Url);
        await Page.UnrouteAsync("**/list?*");

        await Page.EvaluateAsync("document.querySelector('[data-name=Archive]').href = '/mail/999999'");
        Expect("404");
        await Page.ClickAsync("[data-folders] [data-name=Archive]");
        await Assertions.Expect(Page.Locator("body")).ToContainTextAsync("There is no such message or folder any more.");
    }
}
