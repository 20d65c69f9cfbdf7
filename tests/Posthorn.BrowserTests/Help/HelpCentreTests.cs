using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Posthorn.Core.Feedback;
using Posthorn.ProtocolTests;

namespace Posthorn.BrowserTests.Help;

/// <summary>The help centre as a reader uses it.</summary>
public sealed class HelpCentreTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    [Fact]
    public async Task A_reader_finds_an_article_by_its_card_and_opens_its_questions()
    {
        await Page.GotoAsync("/help");
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "help");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Send email" }).First.ClickAsync();
        await Page.WaitForURLAsync("**/help/smtp");
        Assert.Equal("The SMTP settings you need to send email", await Page.Locator("h1").InnerTextAsync());
        // Of what stands for the address of a reader who is not signed in there is nothing to copy.
        await Page.GetByText("you@example.org").First.WaitForAsync();
        await Page.Locator("button.copy").First.WaitForAsync();
        Assert.Equal(0, await Page.GetByRole(AriaRole.Button, new() { Name = "Copy you@example.org" }).CountAsync());
        ILocator answer = Page.GetByText("Take the first row.");
        Assert.False(await answer.IsVisibleAsync());
        await Page.Locator("summary", new() { HasText = "Which port?" }).ClickAsync();
        await answer.WaitForAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Open all" }).ClickAsync();
        Assert.Equal(0, await Page.Locator(".body details:not([open])").CountAsync());
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "help-smtp");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Close all" }).ClickAsync();
        Assert.Equal(0, await Page.Locator(".body details[open]").CountAsync());
        // The table of contents opens what it leads to.
        await Page.GetByRole(AriaRole.Navigation, new() { Name = "On this page" }).GetByText("How large may a message be?").ClickAsync();
        await Page.GetByText("files included").WaitForAsync();
    }

    [Fact]
    public async Task A_search_leads_to_the_answer()
    {
        await Page.GotoAsync("/help");
        await Page.GetByRole(AriaRole.Searchbox).FillAsync("too many recipients");
        await Page.Keyboard.PressAsync("Enter");
        await Page.GetByRole(AriaRole.Link, new() { Name = "“Too many recipients”" }).ClickAsync();
        await Page.GetByText("Send it again to the rest of them.").WaitForAsync();
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "help-app-says");
        // On a phone the questions themselves are on the first screen, not a list of them.
        await Page.SetViewportSizeAsync(390, 844);
        await Page.GotoAsync("/help/app-says");
        await Assertions.Expect(Page.Locator(".contents")).ToBeHiddenAsync();
        Assert.InRange((await Page.Locator(".body details").First.BoundingBoxAsync())!.Y, 0, 844);
    }

    [Fact]
    public async Task Values_copy_themselves()
    {
        await Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.GotoAsync("/help/smtp");
        await Page.GetByRole(AriaRole.Button, new() { Name = $"Copy {You}" }).ClickAsync();
        await Page.GetByText("Copied").WaitForAsync();
        Assert.Equal(You, await Page.EvaluateAsync<string>("navigator.clipboard.readText()"));
        await Page.GetByRole(AriaRole.Button, new() { Name = $"Copy {Server.Port("submission")}", Exact = true }).ClickAsync();
        Assert.Equal($"{Server.Port("submission")}", await Page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [Fact]
    public async Task A_reader_says_what_is_missing_and_an_administrator_reads_it()
    {
        await Page.GotoAsync("/help/imap");
        await Page.GetByLabel("What is missing or wrong?").FillAsync("<b>Which</b> folders?");
        await Page.GetByRole(AriaRole.Button, new() { Name = "No", Exact = true }).ClickAsync();
        await Page.GetByText("Thank you.").WaitForAsync();
        HelpAnswers answers = Server.Services.GetRequiredService<HelpAnswers>();
        Assert.Equal(("imap", false), ((await answers.ListAsync(TestServer.Administrator, Cancel)).Value[0].Article, (await answers.ListAsync(TestServer.Administrator, Cancel)).Value[0].IsHelpful));
        await answers.AddAsync("imap", true, "", null, Cancel);
        await answers.AddAsync("smtp", true, "It says all.", null, Cancel);
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.GotoAsync("/admin/help-answers");
        await Page.GetByText("<b>Which</b> folders?").WaitForAsync();
        await Page.GetByText("50 % of 2").First.WaitForAsync();
        await AssertAccessibleAsync(Page);
        await PictureAsync(Page, "help-answers");
    }

    [Fact]
    public async Task The_articles_speak_the_reader_s_language()
    {
        IPage german = await OpenWindowAsync(locale: "de-DE");
        await german.GotoAsync("/help/app-says");
        Assert.Equal("Meine E-Mail-App sagt …", await german.Locator("h1").InnerTextAsync());
        Assert.Equal("de", await german.Locator("html").GetAttributeAsync("lang"));
        await german.GetByRole(AriaRole.Button, new() { Name = "Alle öffnen" }).ClickAsync();
        await AssertAccessibleAsync(german);
        await PictureAsync(german, "help-german");
    }

    [Fact]
    public async Task A_table_stays_a_table_when_the_window_grows()
    {
        await Page.SetViewportSizeAsync(390, 900);
        await Page.GotoAsync("/help/smtp");
        await Page.SetViewportSizeAsync(1440, 900);
        LocatorBoundingBoxResult? head = await Page.Locator("table.settings thead th").First.BoundingBoxAsync(), cell = await Page.Locator("table.settings tbody tr > :first-child").First.BoundingBoxAsync();
        Assert.Equal((cell?.X, cell?.Width), (head?.X, head?.Width));
    }

    [Fact]
    public async Task Paper_shows_every_answer_and_nothing_to_click()
    {
        await Page.GotoAsync("/help/imap");
        await Page.EmulateMediaAsync(new PageEmulateMediaOptions { Media = Media.Print });
        await Page.EvaluateAsync("dispatchEvent(new Event('beforeprint'))");
        Assert.True(await Page.GetByText("Inbox, Drafts, Sent, Archive, Junk and Trash").IsVisibleAsync());
        Assert.False(await Page.Locator(".answer").IsVisibleAsync());
        Assert.False(await Page.Locator("button.copy").First.IsVisibleAsync());
    }
}
