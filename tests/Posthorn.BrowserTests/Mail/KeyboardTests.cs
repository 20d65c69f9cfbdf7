using Microsoft.Playwright;
using Posthorn.ProtocolTests;

namespace Posthorn.BrowserTests.Mail;

/// <summary>A person without a mouse: from the sign-in to a sent answer by keys alone.</summary>
public sealed class KeyboardTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    [Fact]
    public async Task A_person_signs_in_reads_answers_and_tidies_up_by_keys_alone()
    {
        await Letters.FileAsync(Server, You, Letters.Simple(1));
        await Letters.FileAsync(Server, You, Letters.Simple(2));
        await Page.GotoAsync("/signin");
        // The focus is where one begins to type.
        await Page.Keyboard.TypeAsync(You);
        await Page.Keyboard.PressAsync("Tab");
        await Page.Keyboard.TypeAsync(TestServer.Password);
        await Page.Keyboard.PressAsync("Enter");
        await Page.WaitForURLAsync("**/mail/*");
        ILocator rows = Page.Locator("[data-rows] li");
        await Assertions.Expect(rows).ToHaveCountAsync(2);

        await Page.Keyboard.PressAsync("?");
        await Assertions.Expect(Page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await AssertAccessibleAsync(Page);
        await Page.SetViewportSizeAsync(1440, 900);
        await Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(Page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();

        await Page.Keyboard.PressAsync("j");
        await Page.Keyboard.PressAsync("j");
        await Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Page.Locator("[data-message] #subject")).ToHaveTextAsync("Letter 1");
        await Page.Keyboard.PressAsync("r");
        await Page.WaitForURLAsync("**/reply");
        // An answer begins in the text.
        await Assertions.Expect(Page.Locator("[data-sheet]")).ToBeFocusedAsync();
        await Page.Keyboard.TypeAsync("By keys alone.");
        await Page.Keyboard.PressAsync("Control+Enter");
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("Sent.");
        Assert.Contains("By keys alone.", Assert.Single(await Server.MailAsync(You, "Sent")), StringComparison.Ordinal);

        await Page.GotoAsync("/mail");
        await Page.Keyboard.PressAsync("j");
        await Page.Keyboard.PressAsync("x");
        await Assertions.Expect(Page.Locator("span[data-chosen]")).ToHaveTextAsync("1 chosen");
        await Page.Keyboard.PressAsync("#");
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("Moved to Trash.");
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await Page.Keyboard.PressAsync("z");
        await Assertions.Expect(rows).ToHaveCountAsync(2);
    }
}
