using Microsoft.Playwright;

namespace Posthorn.BrowserTests.Settings;

/// <summary>Settings, as a person sets them and finds them in Mail.</summary>
public sealed class PersonalSettingsTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    [Fact]
    public async Task A_signature_is_written_with_looks_and_stands_under_the_next_message()
    {
        await EnterAsync(Page);
        await Page.GotoAsync("/settings/signatures");
        ILocator sheet = Page.Locator("[data-sheet]");
        await sheet.ClickAsync();
        await Page.Keyboard.PressAsync("Control+b");
        await Page.Keyboard.TypeAsync("Ann Price");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Page.GetByText("Saved.").WaitForAsync();
        await Page.FrameLocator(".signature-view").GetByText("Ann Price").WaitForAsync();
        await Page.GotoAsync("/mail/new");
        Assert.Equal("Ann Price", await Page.Locator("[data-sheet] b").InnerTextAsync());
    }

    [Fact]
    public async Task Everything_speaks_the_language_that_was_chosen()
    {
        await EnterAsync(Page);
        await Page.GotoAsync("/settings");
        await Page.GetByLabel("Language", new() { Exact = true }).SelectOptionAsync("de");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Page.GetByRole(AriaRole.Heading, new() { Name = "Einstellungen" }).WaitForAsync();
        await AssertAccessibleAsync(Page);
        await Page.GotoAsync("/mail");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Neue Nachricht" }).WaitForAsync();
    }
}
