using Microsoft.Playwright;

namespace Posthorn.BrowserTests.Mail;

/// <summary>A person finds an old message.</summary>
public sealed class SearchTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    [Fact]
    public async Task An_old_message_is_found_by_a_word_of_it_and_by_who_wrote_it()
    {
        await Letters.FileAsync(Server, You, [.. Enumerable.Range(1, 300).Select(static number => System.Text.Encoding.UTF8.GetBytes(Letters.Simple(number)))]);
        await Letters.FileAsync(Server, You, Letters.WithFiles, "Archive");
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.Keyboard.PressAsync("/");
        await Page.Keyboard.TypeAsync("catalogue");
        await Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Page.Locator("[data-rows] li")).ToHaveCountAsync(1);
        await Page.ClickAsync("[data-rows] li a");
        await Assertions.Expect(Page.Locator("[data-message] #subject")).ToHaveTextAsync("Plans for the garden");
        // Pictures of other hosts are stopped by the policy of the letter's frame, and the browser says so.
        Expect("https://pictures.example.org/flower.png");
        await PictureAsync(Page, "search");
        await AssertAccessibleAsync(Page);
        await Page.SetViewportSizeAsync(1440, 900);
        await Page.FillAsync("#q", "from:writer3 subject:\"Letter 45\"");
        await Page.PressAsync("#q", "Enter");
        await Assertions.Expect(Page.Locator("[data-rows] li mark").First).ToBeVisibleAsync();
        await Assertions.Expect(Page.Locator("[data-rows] li")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task All_hits_are_ticked_and_moved_together_and_what_was_not_found_stays()
    {
        await Letters.FileAsync(Server, You, [.. Enumerable.Range(1, 40).Select(static number => System.Text.Encoding.UTF8.GetBytes(Letters.Simple(number)))]);
        await Letters.FileAsync(Server, You, Letters.WithFiles, "Archive");
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.FillAsync("#q", "letter");
        await Page.PressAsync("#q", "Enter");
        await Assertions.Expect(Page.Locator(".hits [data-rows] li mark").First).ToBeVisibleAsync();
        await Page.CheckAsync("[data-all]");
        await Assertions.Expect(Page.Locator("span[data-chosen]")).ToHaveTextAsync("40 chosen");
        await Assertions.Expect(Page.Locator("[data-all]")).ToBeCheckedAsync();
        await Page.ClickAsync(".many button[value=trash]");
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("40 messages moved to Trash.");
        Assert.Equal((0, 1), ((await Server.MailAsync(You)).Count, (await Server.MailAsync(You, "Archive")).Count));
    }
}
