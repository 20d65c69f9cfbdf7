using Microsoft.Playwright;

namespace Posthorn.BrowserTests.Sessions;

/// <summary>Into the web and out of it.</summary>
public sealed class SignInTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    [Fact]
    public async Task A_person_signs_in_and_out()
    {
        await Page.GotoAsync("/mail");
        Assert.Equal("/signin", new Uri(Page.Url).AbsolutePath);
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "signin");
        await EnterAsync(Page);
        await Page.Locator("details.me summary").ClickAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" }).WaitForAsync();
        await Page.GotoAsync("/mail");
        Assert.Equal("/signin", new Uri(Page.Url).AbsolutePath);
    }

    [Fact]
    public async Task A_wrong_password_is_told_and_the_address_stays()
    {
        await SignInAsync(Page, password: "wrong");
        await Page.GetByRole(AriaRole.Alert).WaitForAsync();
        Assert.Equal(You, await Page.InputValueAsync("#address"));
        Assert.Equal("", await Page.InputValueAsync("#password"));
        await AssertAccessibleAsync(Page);
    }
}
