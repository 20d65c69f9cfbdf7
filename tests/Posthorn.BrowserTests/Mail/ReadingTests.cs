using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.ProtocolTests;

namespace Posthorn.BrowserTests.Mail;

/// <summary>A person reads, throws away, brings back, and looks through a long list.</summary>
public sealed partial class ReadingTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    [Fact]
    public async Task A_message_opens_beside_the_list_and_what_is_thrown_away_comes_back_by_a_key()
    {
        await Letters.FileAsync(Server, You, Letters.Simple(1));
        await Letters.FileAsync(Server, You, Letters.WithFiles);
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await PictureAsync(Page, "mail");
        await AssertAccessibleAsync(Page);
        await Page.SetViewportSizeAsync(1440, 900);
        await Page.ClickAsync("text=Plans for the garden");
        await Page.WaitForSelectorAsync("[data-message] #subject:has-text('Plans for the garden')");
        await Page.WaitForURLAsync("**/mail/*/2");
        await Assertions.Expect(Page.FrameLocator("[data-message] > .letter > iframe").Locator("h1")).ToHaveTextAsync("Plans");
        await Assertions.Expect(Page.Locator("[data-message]")).ToContainTextAsync("Pictures from other hosts are not loaded");
        await PictureAsync(Page, "message");
        await AssertAccessibleAsync(Page);
        await Page.SetViewportSizeAsync(1440, 900);
        await Page.Keyboard.PressAsync("#");
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("Moved to Trash.");
        await Assertions.Expect(Page.Locator("[data-rows] li")).ToHaveCountAsync(1);
        await Page.Keyboard.PressAsync("z");
        await Assertions.Expect(Page.Locator("[data-rows] li")).ToHaveCountAsync(2);
        // Back leads to the address it had: it came back under another number, so the list is what there is to see.
        await Page.GoBackAsync();
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("This message is not here any more.");
        await Assertions.Expect(Page.Locator("[data-rows] li")).ToHaveCountAsync(2);
        await Page.ClickAsync("text=Plans for the garden");
        await Assertions.Expect(Page.FrameLocator("[data-message] > .letter > iframe").Locator("h1")).ToHaveTextAsync("Plans");
        await Page.GoBackAsync();
        await Assertions.Expect(Page.Locator("[data-message]")).ToContainTextAsync("Choose a message to read it here.");
        await Assertions.Expect(Page.Locator("[data-message] svg")).ToBeVisibleAsync();
        await Page.GoForwardAsync();
        await Assertions.Expect(Page.FrameLocator("[data-message] > .letter > iframe").Locator("h1")).ToHaveTextAsync("Plans");
        // Pictures of other hosts are stopped by the policy of the letter's frame, and the browser says so.
        Expect("https://pictures.example.org/flower.png");
    }

    [Fact]
    public async Task On_a_phone_the_button_for_a_new_message_is_seen_and_the_folders_end_in_a_fade()
    {
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.SetViewportSizeAsync(390, 844);
        Assert.True(await IsSeenAsync(".folders .new"));
        // There are more folders than fit: the edge fades while there are, and hides nothing at the end.
        Assert.True(await Page.EvaluateAsync<bool>("(pane => pane.scrollWidth > pane.clientWidth)(document.querySelector('.folders'))"));
        Assert.Equal("sticky", await Page.EvaluateAsync<string>("getComputedStyle(document.querySelector('.folders'), '::after').position"));
        await Page.EvaluateAsync("document.querySelector('.folders').scrollLeft = 10000");
        LocatorBoundingBoxResult? last = await Page.Locator(".folders .manage").BoundingBoxAsync();
        Assert.InRange(last!.X + last.Width, 200, 390 - 38);
        Assert.True(await IsSeenAsync(".folders .manage"));
        Assert.True(await IsSeenAsync(".folders .new"));
    }

    /// <summary>Whether a person sees it: the picture of its place is another one without it.</summary>
    private async Task<bool> IsSeenAsync(string selector)
    {
        ILocator what = Page.Locator(selector);
        LocatorBoundingBoxResult box = await what.BoundingBoxAsync() ?? throw new InvalidOperationException($"{selector} is nowhere.");
        var place = new PageScreenshotOptions { Clip = new Clip { X = box.X, Y = box.Y, Width = box.Width, Height = box.Height } };
        byte[] shown = await Page.ScreenshotAsync(place);
        await what.EvaluateAsync("one => { one.style.visibility = 'hidden'; }");
        byte[] without = await Page.ScreenshotAsync(place);
        await what.EvaluateAsync("one => { one.style.visibility = ''; }");
        return !shown.SequenceEqual(without);
    }

    [Fact]
    public async Task New_mail_appears_by_itself()
    {
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Assertions.Expect(Page.Locator(".empty")).ToBeVisibleAsync();
        await PictureAsync(Page, "empty");
        await Letters.FileAsync(Server, You, Letters.Simple(1));
        await Assertions.Expect(Page.Locator("[data-rows] li .subject")).ToContainTextAsync("Letter 1");
        await Assertions.Expect(Page.Locator("[data-name=INBOX] .count")).ToHaveTextAsync("1");
    }

    [Fact]
    public async Task What_comes_while_a_page_is_only_about_to_listen_appears_in_it()
    {
        await Page.RouteAsync("**/mail/events*", async route =>
        {
            await Letters.FileAsync(Server, You, Letters.Simple(1));
            await route.ContinueAsync();
        }, new() { Times = 1 });
        await SignInAsync(Page);
        await Assertions.Expect(Page.Locator("[data-rows] li .subject")).ToContainTextAsync("Letter 1");
    }

    [Fact]
    public async Task A_page_that_a_step_back_shows_as_it_was_left_shows_what_came_meanwhile()
    {
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        // As a browser does that keeps pages: nothing is loaded anew.
        await Page.EvaluateAsync("window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))");
        await Letters.FileAsync(Server, You, Letters.Simple(1));
        await Page.EvaluateAsync("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))");
        await Assertions.Expect(Page.Locator("[data-rows] li .subject")).ToContainTextAsync("Letter 1");
        await Letters.FileAsync(Server, You, Letters.Simple(2));
        await Assertions.Expect(Page.Locator("[data-rows] li .subject").First).ToContainTextAsync("Letter 2");
    }

    [Fact]
    public async Task A_notification_tells_of_new_mail_only_where_it_was_wished_and_nobody_looks()
    {
        // The browser's own bubble cannot be looked at: what the page asks for is kept.
        await Page.AddInitScriptAsync("""
            window.Notification = class {
                static permission = 'default';
                static async requestPermission() { document.documentElement.dataset.asked = 'yes'; return this.permission = 'granted'; }
                constructor(title, options) { document.documentElement.dataset.told = `${document.documentElement.dataset.told ?? ''}${title}: ${options.body};`; }
            };
            """);
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.EvaluateAsync("Object.defineProperty(document, 'hidden', { get: () => window.away === true })");
        await Letters.FileAsync(Server, You, Letters.Simple(1));
        await Assertions.Expect(Page.Locator("[data-rows] li")).ToHaveCountAsync(1);
        await Page.EvaluateAsync("document.querySelector('[data-notify]').click()");
        await Assertions.Expect(Page.Locator("html")).ToHaveAttributeAsync("data-asked", "yes");
        await Letters.FileAsync(Server, You, Letters.Simple(2));
        await Assertions.Expect(Page.Locator("[data-name=INBOX] .count")).ToHaveTextAsync("2");
        await Page.EvaluateAsync("window.away = true");
        await Letters.FileAsync(Server, You, Letters.Simple(3));
        // The first and the second are not in it.
        await Assertions.Expect(Page.Locator("html")).ToHaveAttributeAsync("data-told", OnlyTheThird());
    }

    [Fact]
    public async Task A_long_list_scrolls_to_its_end_and_a_range_is_ticked_with_the_shift_key()
    {
        await Letters.FileAsync(Server, You, [.. Enumerable.Range(1, 1_200).Select(static number => System.Text.Encoding.UTF8.GetBytes(Letters.Simple(number)))]);
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Assertions.Expect(Page.Locator("[data-rows] li").First).ToContainTextAsync("Letter 1200");
        // The script has made it a list without end.
        await Page.Locator("[data-rows] ul.endless").WaitForAsync();
        await Page.EvaluateAsync("document.querySelector('[data-rows]').scrollTop = 1e9");
        await Assertions.Expect(Page.Locator("[data-rows] li", new() { HasTextRegex = FirstLetter() })).ToBeVisibleAsync();
        Assert.True(await Page.Locator("[data-rows] li").CountAsync() < 80, "Only what is in sight is in the page.");
        await Page.EvaluateAsync("document.querySelector('[data-rows]').scrollTop = 0");
        await Page.Locator("[data-rows] li[aria-posinset='1']", new() { HasText = "Letter 1200" }).Locator("input").ClickAsync();
        await Page.EvaluateAsync("document.querySelector('[data-rows]').scrollTop = 20000");
        const int chosen = 270;
        // The list is drawn anew while the range is asked for: that must not undo the tick.
        await Page.RouteAsync("**/places?*", async route =>
        {
            await Page.EvaluateAsync("document.querySelector('[data-rows]').scrollTop += 1");
            await Page.EvaluateAsync("new Promise(requestAnimationFrame)");
            await route.ContinueAsync();
        });
        await Page.Locator($"[data-rows] li[aria-posinset='{chosen}']:not(.blank) input").ClickAsync(new() { Modifiers = [KeyboardModifier.Shift] });
        await Assertions.Expect(Page.Locator("span[data-chosen]")).ToHaveTextAsync($"{chosen} chosen");
        await Page.ClickAsync(".many button[value=archive]");
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync($"{chosen} messages moved to Archive.");
        await Assertions.Expect(Page.Locator("[data-count]")).ToContainTextAsync((1_200 - chosen).ToString("N0", System.Globalization.CultureInfo.InvariantCulture));
        await Page.ClickAsync("[data-notice] button");
        await Assertions.Expect(Page.Locator("[data-count]")).ToContainTextAsync("1,200");
    }

    [Fact]
    public async Task A_message_is_dragged_to_a_folder()
    {
        await Letters.FileAsync(Server, You, Letters.Simple(1));
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.Locator("[data-rows] li").First.DragToAsync(Page.Locator("[data-name=Archive]"));
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("Moved to Archive.");
        Assert.Single(await Server.MailAsync(You, "Archive"));
    }

    [Fact]
    public async Task A_folder_is_dragged_into_another()
    {
        Account account = (await Server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, You, Cancel)).Value;
        foreach (string name in (string[])["Garden", "Projects"])
        {
            _ = (await Server.Services.GetRequiredService<Mailboxes>().CreateAsync(TestServer.Administrator, account.Id, name, SpecialUse.None, Cancel)).Value;
        }

        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.Locator("[data-folders] [data-name=Garden]").DragToAsync(Page.Locator("[data-folders] [data-name=Projects]"));
        await Assertions.Expect(Page.Locator("[data-folders] [data-name='Projects/Garden']")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Everything_is_there_without_script_and_in_German()
    {
        await Letters.FileAsync(Server, You, Letters.Simple(1));
        IPage page = await OpenWindowAsync(locale: "de-DE", hasScript: false);
        await SignInAsync(page);
        await page.WaitForURLAsync("**/mail/*");
        await page.ClickAsync("text=Letter 1");
        await page.ClickAsync("[data-message] button[title=Löschen]");
        await Assertions.Expect(page.Locator("[data-notice]")).ToContainTextAsync("Nach Papierkorb verschoben.");
        await page.ClickAsync("[data-notice] button");
        await Assertions.Expect(page.Locator("[data-rows] li")).ToHaveCountAsync(1);
    }

    [GeneratedRegex("^[^;]*: [^;]*Letter 3[^;]*;$")]
    private static partial Regex OnlyTheThird();

    [GeneratedRegex("Letter 1(?![0-9])")]
    private static partial Regex FirstLetter();
}
