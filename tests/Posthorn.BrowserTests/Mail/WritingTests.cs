using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using MimeKit;
using Posthorn.Core.Accounts;
using Posthorn.ProtocolTests;

namespace Posthorn.BrowserTests.Mail;

/// <summary>A person answers, with a file and with looks; the connection comes and goes meanwhile.</summary>
public sealed class WritingTests(Chromium chromium, SharedServer shared) : BrowserTest(chromium, shared)
{
    [Fact]
    public async Task A_reply_with_a_file_and_bold_words_is_sent()
    {
        await Letters.FileAsync(Server, You, $"From: {TestServer.Friend}\nTo: {You}\nSubject: Garden\nMessage-ID: <garden@example.test>\n\nWhat do you think?\n");
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.ClickAsync("text=Garden");
        await Page.ClickAsync("[data-message] a[data-key=r]");
        await Page.WaitForSelectorAsync("[data-sheet]:visible");
        await Page.ClickAsync("[data-sheet]");
        await Page.Keyboard.PressAsync("Control+Home");
        await Page.Keyboard.TypeAsync("I like it, ");
        await Page.ClickAsync("[data-look=bold]");
        await Page.Keyboard.TypeAsync("very much");
        await Page.SetInputFilesAsync("#files", new FilePayload { Name = "plan.txt", MimeType = "text/plain", Buffer = "roses"u8.ToArray() });
        await Assertions.Expect(Page.Locator("[data-files]")).ToContainTextAsync("plan.txt");
        await PictureAsync(Page, "compose");
        await AssertAccessibleAsync(Page);
        await Page.SetViewportSizeAsync(1440, 900);
        await Page.ClickAsync("button[value=send]");
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("Sent.");
        using var octets = new MemoryStream(System.Text.Encoding.Latin1.GetBytes(Assert.Single(await Server.MailAsync(You, "Sent"))));
        using MimeMessage sent = await MimeMessage.LoadAsync(octets, Cancel);
        Assert.Equal((TestServer.Friend, "Re: Garden", "garden@example.test"), (sent.To.Mailboxes.Single().Address, sent.Subject, sent.InReplyTo));
        Assert.Contains("<b>very much</b>", sent.HtmlBody, StringComparison.Ordinal);
        Assert.Contains("I like it, very much", sent.TextBody, StringComparison.Ordinal);
        Assert.Equal("plan.txt", Assert.Single(sent.Attachments).ContentDisposition?.FileName);
        Assert.Empty(await Server.MailAsync(You, "Drafts"));
    }

    [Fact]
    public async Task A_pasted_picture_stands_in_the_text_and_a_dropped_file_is_attached()
    {
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.GotoAsync("/mail/new");
        await Page.FillAsync("#to", TestServer.Friend);
        await Page.FillAsync("#subject", "With a picture");
        await Page.ClickAsync("[data-sheet]");
        await Page.Keyboard.TypeAsync("Look: ");
        await Page.EvaluateAsync("""
            dot => {
                const data = new DataTransfer();
                data.items.add(new File([Uint8Array.from(atob(dot), one => one.charCodeAt(0))], 'dot.png', { type: 'image/png' }));
                document.querySelector('[data-sheet]').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
            }
            """, Dot);
        await Assertions.Expect(Page.Locator("[data-sheet] img")).ToHaveCountAsync(1);
        await Page.EvaluateAsync("""
            () => {
                const data = new DataTransfer();
                data.items.add(new File(['roses'], 'plan.txt', { type: 'text/plain' }));
                document.querySelector('#subject').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
            }
            """);
        await Assertions.Expect(Page.Locator("[data-files]")).ToContainTextAsync("plan.txt");
        await Page.ClickAsync("button[value=send]");
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("Sent.");
        using var octets = new MemoryStream(System.Text.Encoding.Latin1.GetBytes(Assert.Single(await Server.MailAsync(You, "Sent"))));
        using MimeMessage sent = await MimeMessage.LoadAsync(octets, Cancel);
        // The browser's own command of editing wants to write looks into the tag; the policy stops it.
        Expect("Applying inline style");
        MimePart picture = Assert.Single(sent.BodyParts.OfType<MimePart>(), static part => part.ContentType.MimeType == "image/png");
        Assert.Contains($"src=\"cid:{picture.ContentId}\"", sent.HtmlBody, StringComparison.Ordinal);
        Assert.Equal("plan.txt", Assert.Single(sent.Attachments).ContentDisposition?.FileName);
    }

    /// <summary>A picture of one pixel.</summary>
    private const string Dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    [Fact]
    public async Task A_draft_with_looks_is_changed_without_script()
    {
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.GotoAsync("/mail/new");
        await Page.FillAsync("#to", TestServer.Friend);
        await Page.ClickAsync("[data-sheet]");
        await Page.Keyboard.TypeAsync("We meet at 10");
        await Assertions.Expect(Page.Locator("span[data-saved]")).ToHaveTextAsync("Saved in Drafts.");
        IPage page = await OpenWindowAsync(hasScript: false);
        await SignInAsync(page);
        await page.WaitForURLAsync("**/mail/*");
        await page.ClickAsync("[data-name=Drafts]");
        await page.ClickAsync("[data-rows] li a");
        await Assertions.Expect(page.Locator("#text")).ToHaveValueAsync("We meet at 10");
        await page.ClickAsync("button[value=save]");
        await Assertions.Expect(page.Locator("span[data-saved]")).ToHaveTextAsync("Saved in Drafts.");
        Assert.Contains("text/html", Assert.Single(await Server.MailAsync(You, "Drafts")), StringComparison.Ordinal);
        await page.FillAsync("#text", "We meet at 11");
        await page.ClickAsync("button[value=send]");
        await Assertions.Expect(page.Locator("[data-notice]")).ToContainTextAsync("Sent.");
        string sent = Assert.Single(await Server.MailAsync(You, "Sent"));
        Assert.Contains("We meet at 11", sent, StringComparison.Ordinal);
        Assert.DoesNotContain("text/html", sent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_file_goes_up_with_progress_and_one_that_takes_too_long_is_cancelled()
    {
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.GotoAsync("/mail/new");
        await Page.FillAsync("#to", TestServer.Friend);
        await Page.FillAsync("#subject", "Large");
        ICDPSession network = await Page.Context.NewCDPSessionAsync(Page);
        await Page.EvaluateAsync("""
            () => {
                window.shown = [];
                const text = document.querySelector('[data-progress-text]');
                new MutationObserver(() => shown.push([text.textContent, document.querySelector('[data-progress]').value])).observe(text, { childList: true });
            }
            """);
        // Two seconds: a megabyte and a half.
        await SlowAsync(network, 750_000);
        await Page.SetInputFilesAsync("#files", new FilePayload { Name = "film.bin", MimeType = "application/octet-stream", Buffer = new byte[1_500_000] });
        await Assertions.Expect(Page.Locator("[data-progress]")).ToBeVisibleAsync();
        await Assertions.Expect(Page.Locator("[data-files]")).ToContainTextAsync("film.bin");
        await Assertions.Expect(Page.Locator("[data-progress]")).ToBeHiddenAsync();
        int[] parts = [.. (await Page.EvaluateAsync<string[]>("shown.map(one => one[0]).filter(text => text)")).Select(static text => int.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture))];
        Assert.Equal(parts.Order(), parts);
        Assert.True(parts.Count(static part => part is > 0 and < 100) >= 3, string.Join(", ", parts));
        Assert.True(await Page.EvaluateAsync<bool>("shown.every(one => !one[0] || one[0] === `${one[1]} %`)"));

        // Minutes: nobody waits for that.
        await SlowAsync(network, 20_000);
        await Page.SetInputFilesAsync("#files", new FilePayload { Name = "archive.bin", MimeType = "application/octet-stream", Buffer = new byte[3_000_000] });
        await Page.ClickAsync("button[value=send]");
        await Page.ClickAsync("[data-cancel]");
        await Assertions.Expect(Page.Locator("span[data-saved]")).ToContainTextAsync("The upload is cancelled: the file is not attached.");
        await Assertions.Expect(Page.Locator("[data-progress], [data-cancel]").First).ToBeHiddenAsync();
        await Assertions.Expect(Page.Locator("#files")).ToBeFocusedAsync();
        await Page.SetViewportSizeAsync(390, 844);
        Assert.True(await Page.EvaluateAsync<bool>("document.querySelector('button[value=discard]').getBoundingClientRect().right <= innerWidth"));
        // What waited for the file is not sent without it, and the draft is saved.
        await SlowAsync(network, -1);
        await Assertions.Expect(Page.Locator("span[data-saved]")).ToHaveTextAsync("Saved in Drafts.");
        Assert.DoesNotContain("archive.bin", Assert.Single(await Server.MailAsync(You, "Drafts")), StringComparison.Ordinal);
        await Page.ClickAsync("button[value=send]");
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("Sent.");
        using var octets = new MemoryStream(System.Text.Encoding.Latin1.GetBytes(Assert.Single(await Server.MailAsync(You, "Sent"))));
        using MimeMessage sent = await MimeMessage.LoadAsync(octets, Cancel);
        Assert.Equal("film.bin", Assert.Single(sent.Attachments).ContentDisposition?.FileName);
    }

    /// <param name="bytes">A second, upwards; -1: as fast as it goes.</param>
    private static async Task SlowAsync(ICDPSession network, int bytes) => await network.SendAsync(
        "Network.emulateNetworkConditions",
        new Dictionary<string, object> { ["offline"] = false, ["latency"] = 0, ["downloadThroughput"] = -1, ["uploadThroughput"] = bytes });

    [Fact]
    public async Task A_half_written_message_outlives_its_connection()
    {
        await SignInAsync(Page);
        await Page.GotoAsync("/mail/new");
        await Page.FillAsync("#to", TestServer.Friend);
        await Page.Context.SetOfflineAsync(true);
        await Page.ClickAsync("[data-sheet]");
        await Page.Keyboard.TypeAsync("Nothing of this is lost");
        await Assertions.Expect(Page.Locator("span[data-saved]")).ToContainTextAsync("Not saved: no connection.");
        await Page.Context.SetOfflineAsync(false);
        await Assertions.Expect(Page.Locator("span[data-saved]")).ToHaveTextAsync("Saved in Drafts.");
        Assert.Contains("Nothing of this is lost", Assert.Single(await Server.MailAsync(You, "Drafts")), StringComparison.Ordinal);
        Expect("ERR_INTERNET_DISCONNECTED");
    }

    [Fact]
    public async Task A_page_whose_connection_is_lost_says_so_and_catches_up()
    {
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.Context.SetOfflineAsync(true);
        // Chromium keeps a stream that is open; the next one is refused.
        await Page.EvaluateAsync("document.dispatchEvent(new Event('mailchanged'))");
        await Letters.FileAsync(Server, You, Letters.Simple(1));
        await Page.Context.SetOfflineAsync(false);
        await Letters.FileAsync(Server, You, Letters.Simple(2));
        await Assertions.Expect(Page.Locator("[data-rows] li")).ToHaveCountAsync(2);
        Expect("ERR_INTERNET_DISCONNECTED");
    }

    [Fact]
    public async Task A_message_is_planned_for_tomorrow_and_taken_back()
    {
        await SignInAsync(Page);
        await Page.GotoAsync("/mail/new");
        await Page.FillAsync("#to", TestServer.Friend);
        await Page.FillAsync("#subject", "Tomorrow");
        await Page.ClickAsync("summary[title='Send later']");
        await Page.ClickAsync("button[name=later]:has-text('Tomorrow')");
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("Until then it lies in “Scheduled”.");
        await Page.ClickAsync("[data-name=Scheduled]");
        await Page.ClickAsync("[data-rows] li a");
        await Page.ClickAsync("text=Take it back to change or cancel it");
        await Assertions.Expect(Page.Locator("#subject")).ToHaveValueAsync("Tomorrow");
        Assert.Single(await Server.MailAsync(You, "Drafts"));
    }

    [Fact]
    public async Task A_double_click_on_send_sends_one_message()
    {
        await Letters.FileAsync(Server, You, $"From: {TestServer.Friend}\nTo: {You}\nSubject: Garden\nMessage-ID: <garden@example.test>\n\nWhat do you think?\n");
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.ClickAsync("text=Garden");
        await Page.ClickAsync(".quick-reply summary");
        await Page.FillAsync("#quick", "From below");
        Assert.Equal(1, await SentByDoubleClickAsync(".quick-reply button[value=send]"));
        await Page.GotoAsync("/mail/new");
        await Page.FillAsync("#to", TestServer.Friend);
        await Page.FillAsync("#subject", "From the editor");
        await Assertions.Expect(Page.Locator("span[data-saved]")).ToHaveTextAsync("Saved in Drafts.");
        Assert.Equal(1, await SentByDoubleClickAsync("form[data-compose] button[value=send]"));
        Assert.Equal(2, (await Server.MailAsync(You, "Sent")).Count);
    }

    /// <summary>How often the form goes to the server, which answers when both clicks were made.</summary>
    private async Task<int> SentByDoubleClickAsync(string button)
    {
        int sent = 0;
        var answer = new TaskCompletionSource();
        await Page.RouteAsync("**/mail/compose", async route =>
        {
            sent++;
            await answer.Task;
            await route.ContinueAsync();
        });
        await Page.DblClickAsync(button);
        answer.SetResult();
        await Assertions.Expect(Page.Locator("[data-notice]")).ToContainTextAsync("Sent.");
        await Page.UnrouteAllAsync();
        return sent;
    }

    [Fact]
    public async Task A_text_that_the_server_has_not_taken_is_not_left_without_a_question()
    {
        Accounts accounts = Server.Services.GetRequiredService<Accounts>();
        _ = (await accounts.SetQuotaAsync(TestServer.Administrator, You, 1, Cancel)).Value;
        await SignInAsync(Page);
        await Page.WaitForURLAsync("**/mail/*");
        await Page.GotoAsync("/mail/new");
        await Page.ClickAsync("[data-sheet]");
        await Page.Keyboard.TypeAsync("Nothing of this is lost");
        await Assertions.Expect(Page.Locator("span[data-saved]")).Not.ToBeEmptyAsync();
        Expect("422");
        Assert.Equal("beforeunload", await AskedAsync());
        _ = (await accounts.SetQuotaAsync(TestServer.Administrator, You, null, Cancel)).Value;

        // A save that is on its way is not done.
        var answer = new TaskCompletionSource();
        var isSaving = new TaskCompletionSource();
        await Page.RouteAsync("**/mail/compose", async route =>
        {
            isSaving.TrySetResult();
            await answer.Task;
            await route.ContinueAsync();
        });
        await Page.Keyboard.TypeAsync(" at all");
        await isSaving.Task.WaitAsync(TimeSpan.FromMilliseconds(Patience), Cancel);
        Assert.Equal("beforeunload", await AskedAsync());
        answer.SetResult();
        await Assertions.Expect(Page.Locator("span[data-saved]")).ToHaveTextAsync("Saved in Drafts.");
        Assert.Contains("Nothing of this is lost at all", Assert.Single(await Server.MailAsync(You, "Drafts")), StringComparison.Ordinal);
        Assert.False(await Page.EvaluateAsync<bool>("!dispatchEvent(new Event('beforeunload', { cancelable: true }))"));
    }

    /// <summary>The browser's question when the page is left; the answer is that it stays.</summary>
    private async Task<string> AskedAsync()
    {
        var asked = new TaskCompletionSource<IDialog>();
        Page.Dialog += Hear;
        // The script has ended before the question comes: nothing waits for an answer.
        await Page.EvaluateAsync("() => { setTimeout(() => location.assign('/help')); }");
        IDialog dialog = await asked.Task.WaitAsync(TimeSpan.FromMilliseconds(Patience), Cancel);
        Page.Dialog -= Hear;
        await dialog.DismissAsync();
        return dialog.Type;

        void Hear(object? sender, IDialog dialog) => asked.TrySetResult(dialog);
    }
}
