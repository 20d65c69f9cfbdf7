using Microsoft.Playwright;
using Posthorn.ProtocolTests;

namespace Posthorn.BrowserTests.Settings;

/// <summary>Vacation reply and forwarding, as a person sets them.</summary>
public sealed class AutomaticMailTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    [Fact]
    public async Task A_person_who_goes_away_sets_the_reply_and_turns_it_off_above_the_inbox()
    {
        await EnterAsync(Page);
        await Page.GotoAsync("/settings");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Vacation reply" }).ClickAsync();
        await Page.GetByLabel("Answer by itself").CheckAsync();
        await Page.GetByLabel("Last day").FillAsync("2099-01-06");
        await Page.GetByLabel("Text", new() { Exact = true }).FillAsync("I am away until Monday.");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Page.GetByText("6 January 2099.").WaitForAsync();
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "vacation");
        await Page.GotoAsync("/mail");
        await Page.GetByText("Your vacation reply is on until").WaitForAsync();
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "vacation-mail");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Turn off" }).ClickAsync();
        await Page.GetByText("Your vacation reply is on until").WaitForAsync(new() { State = WaitForSelectorState.Detached });
    }

    [Fact]
    public async Task Forwarding_shows_what_waits_and_what_is_wrong()
    {
        await EnterAsync(Page);
        await Page.GotoAsync("/settings/forwarding");
        await Page.GetByLabel("Address", new() { Exact = true }).FillAsync(TestServer.Friend);
        await Page.GetByLabel("Present password").FillAsync(TestServer.Password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Send the code" }).ClickAsync();
        await Page.GetByText("not confirmed yet").WaitForAsync();
        await Page.GetByLabel("Code from the message").FillAsync("aaaa-bbbb-cccc");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        await Page.GetByText("That is not the code").WaitForAsync();
        Expect("422");
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "forwarding");
    }
}
