using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.ProtocolTests.Web;

/// <summary>The list: parts of it for the page's script, whole folders, putting off, deleting for good, conversations.</summary>
public sealed partial class MailListTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_script_asks_for_any_part_of_the_list_and_for_the_places_of_a_range()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 1; i <= 12; i++)
        {
            await FileAsync(server, $"From: a@example.net\r\nSubject: number {i}.\r\n\r\nx\r\n");
        }

        using WebClient client = await WebClient.SignedInAsync(server);
        string box = await InboxAsync(client);
        string part = (await client.GetAsync($"{box}/rows?first=3&count=2")).Text;
        Assert.Contains("data-first=\"3\" data-total=\"12\"", part, StringComparison.Ordinal);
        Assert.Equal(["number 9.", "number 8."], Subjects(part));
        Assert.Equal(12, Subjects((await client.GetAsync($"{box}/rows?first=0&count=1000")).Text).Count());
        Assert.Single(Subjects((await client.GetAsync($"{box}/rows?first=99999&count=5")).Text));
        Assert.Single(Subjects((await client.GetAsync($"{box}/rows?first=-7&count=-1")).Text));
        using JsonDocument places = JsonDocument.Parse((await client.GetAsync($"{box}/places?first=1&count=3")).Text);
        string number = box.Split('/')[2];
        Assert.Equal([$"{number}.11", $"{number}.10", $"{number}.9"], places.RootElement.EnumerateArray().Select(static place => place.GetString()));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/mail/999999/rows")).Status);
        string list = (await client.GetAsync($"{box}/list")).Text;
        Assert.Matches($"^\\s*<section [^>]*data-live=\"{box}\"", list);
        Assert.Equal(12, Subjects(list).Count());
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/mail/999999/list")).Status);
    }

    [Fact]
    public async Task A_whole_folder_is_moved_and_comes_back_by_one_press()
    {
        await using TestServer server = await TestServer.StartAsync();
        for (int i = 1; i <= 5; i++)
        {
            await FileAsync(server, $"From: a@example.net\r\nSubject: number {i}.\r\n\r\nx\r\n");
        }

        using WebClient client = await WebClient.SignedInAsync(server);
        string box = await InboxAsync(client);
        WebAnswer moved = await client.PostAsync(box + "/many", ("whole", "true"), ("do", "archive"));
        Assert.Equal(5, (await server.MailAsync(TestServer.You, "Archive")).Count);
        WebAnswer list = await client.OpenAsync(moved.Location!);
        Assert.Contains("5 messages moved to Archive.", list.Text, StringComparison.Ordinal);
        await client.PostAsync("/mail/back", ("moved", WebUtility.HtmlDecode(Moved().Match(list.Text).Groups[1].Value)));
        Assert.Equal(5, (await server.MailAsync(TestServer.You)).Count);
    }

    [Fact]
    public async Task A_button_of_a_line_acts_on_it_alone_and_a_folder_is_chosen_by_its_name()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: a@example.net\r\nSubject: number 1.\r\n\r\nx\r\n");
        await FileAsync(server, "From: a@example.net\r\nSubject: number 2.\r\n\r\nx\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string box = await InboxAsync(client), number = box.Split('/')[2];
        await client.PostAsync(box + "/many", ("one", $"trash.{number}.1"), ("uid", $"{number}.2"));
        Assert.Equal("number 1.", Subject(Assert.Single(await server.MailAsync(TestServer.You, "Trash"))));
        string page = (await client.GetAsync(box)).Text;
        string archive = Regex.Match(page, "data-folder=\"([0-9]+)\" data-name=\"Archive\"").Groups[1].Value;
        await client.PostAsync(box + "/many", ("to", archive), ("uid", $"{number}.2"));
        Assert.Equal("number 2.", Subject(Assert.Single(await server.MailAsync(TestServer.You, "Archive"))));
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync(box + "/many", ("one", $"explode.{number}.1"))).Status);
        await FileAsync(server, "From: a@example.net\r\nSubject: number 3.\r\n\r\nx\r\n");
        Assert.Equal(HttpStatusCode.Conflict, (await client.PostAsync(box + "/many", ("to", "999999"), ("whole", "true"))).Status);
    }

    [Theory]
    [InlineData("https://evil.test/")]
    [InlineData("//evil.test/mail/")]
    [InlineData("/account/security")]
    [InlineData("/mail/\r\nX: y")]
    public async Task No_form_leads_elsewhere_than_to_mail(string next)
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        string box = await InboxAsync(client);
        Assert.Equal(box, (await client.PostAsync(box + "/many", ("do", "read"), ("uid", "1"), ("next", next))).Location);
    }

    [Fact]
    public async Task Only_what_was_thrown_away_is_deleted_for_good_and_even_that_comes_back()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: a@example.net\r\nSubject: number 1.\r\n\r\nx\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string box = await InboxAsync(client);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync(box + "/1/delete")).Status);
        WebAnswer thrown = await client.PostAsync(box + "/1/trash");
        string trash = Moved().Match((await client.OpenAsync(thrown.Location!)).Text).Groups[1].Value.Split('.')[0];
        WebAnswer deleted = await client.PostAsync($"/mail/{trash}/1/delete");
        Assert.Empty(await server.MailAsync(TestServer.You, "Trash"));
        string page = (await client.OpenAsync(deleted.Location!)).Text;
        Assert.Contains("1 message deleted.", page, StringComparison.Ordinal);
        await client.PostAsync("/mail/folders/restore", ("removed", WebUtility.HtmlDecode(Regex.Match(page, "name=\"removed\" value=\"([^\"]+)\"").Groups[1].Value)));
        Assert.Single(await server.MailAsync(TestServer.You, "Trash"));
    }

    [Fact]
    public async Task A_message_put_off_says_until_when_and_comes_back_by_the_reader_s_clock()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        await FileAsync(server, "From: a@example.net\r\nSubject: number 1.\r\n\r\nx\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string box = await InboxAsync(client);
        Assert.Contains("value=\"2026-11-25T08:00\"", (await client.GetAsync(box)).Text, StringComparison.Ordinal);
        await client.PostAsync(box + "/many", ("snooze", "2026-11-25T08:00"), ("uid", "1"));
        Assert.Empty(await server.MailAsync(TestServer.You));
        string folder = Regex.Match((await client.GetAsync(box)).Text, "data-folder=\"([0-9]+)\" data-name=\"Snoozed\"").Groups[1].Value;
        Assert.Contains("datetime=\"2026-11-25T08:00:00", (await client.GetAsync($"/mail/{folder}")).Text, StringComparison.Ordinal);
        Assert.Contains("This comes back on", (await client.GetAsync($"/mail/{folder}/1")).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await client.PostAsync($"/mail/{folder}/many", ("do", "snooze"), ("until", "yesterday"), ("uid", "1"))).Status);
        time.Advance(TimeSpan.FromHours(20));
        Assert.Single(await server.MailWhenAsync(TestServer.You, 1));
        Assert.Contains("class=\"unread\"", (await client.GetAsync(box)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Conversations_are_one_line_each_and_acted_on_whole()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: a@example.net\r\nSubject: Plan\r\nMessage-ID: <1@example.net>\r\n\r\nfirst\r\n");
        await FileAsync(server, "From: b@example.net\r\nSubject: Other\r\nMessage-ID: <2@example.net>\r\n\r\nx\r\n");
        await FileAsync(server, "From: c@example.net\r\nSubject: Re: Plan\r\nMessage-ID: <3@example.net>\r\nIn-Reply-To: <1@example.net>\r\nReferences: <1@example.net>\r\n\r\nsecond\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string box = await InboxAsync(client);
        Assert.Equal(3, Regex.Count((await client.GetAsync(box)).Text, "data-id="));
        await client.PostAsync("/mail/conversations", ("show", "true"), ("next", box));
        string page = (await client.GetAsync(box)).Text;
        Assert.Equal(["Re: Plan", "Other"], Subjects(page));
        Assert.Contains("title=\"2 messages\">2<", page, StringComparison.Ordinal);
        string message = (await client.GetAsync(box + "/3")).Text;
        Assert.Contains("2 messages in this conversation", message, StringComparison.Ordinal);
        Assert.Contains($"href=\"{box}/1\"", message, StringComparison.Ordinal);
        await client.PostAsync(box + "/many", ("do", "archive"), ("uid", $"{box.Split('/')[2]}.3"));
        Assert.Equal(["Plan", "Re: Plan"], (await server.MailAsync(TestServer.You, "Archive")).Select(Subject));
        await client.PostAsync("/mail/conversations", ("show", "false"));
        Assert.DoesNotContain("title=\"2 messages\"", (await client.GetAsync(box)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_a_thousand_ticks_are_taken_and_too_many_are_told_so()
    {
        const int Ticks = 1_100;
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, [.. Enumerable.Repeat("From: a@example.net\r\nSubject: x\r\n\r\nx\r\n", Ticks)]);
        using WebClient client = await WebClient.SignedInAsync(server);
        string box = await InboxAsync(client), number = box.Split('/')[2];
        (string, string)[] ticked = [("do", "archive"), .. Enumerable.Range(1, Ticks).Select(uid => ("uid", $"{number}.{uid}"))];
        string moved = (await client.OpenAsync((await client.PostAsync(box + "/many", ticked)).Location!)).Text;
        Assert.Contains("1100 messages moved to Archive.", moved, StringComparison.Ordinal);
        Assert.Empty(await server.MailAsync(TestServer.You));
        WebAnswer tooMany = await client.PostAsync(box + "/many", [("do", "archive"), .. Enumerable.Repeat(("uid", $"{number}.4294967295"), 5_001)]);
        Assert.Equal(HttpStatusCode.Conflict, tooMany.Status);
        Assert.Contains("At most", tooMany.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(999999)]
    public async Task All_of_a_folder_that_is_not_there_is_refused(int box)
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "From: a@example.net\r\nSubject: x\r\n\r\nx\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        await InboxAsync(client);
        WebAnswer refused = await client.PostAsync($"/mail/{box}/many", ("whole", "true"), ("do", "trash"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("no such message or folder", refused.Text, StringComparison.Ordinal);
        Assert.Single(await server.MailAsync(TestServer.You));
    }

    private static IEnumerable<string> Subjects(string page) => SubjectCell().Matches(page).Select(static match => WebUtility.HtmlDecode(match.Groups[1].Value.Trim()));

    private static string Subject(string message) => Regex.Match(message, "Subject: (.*)\r").Groups[1].Value;

    private static async Task<string> InboxAsync(WebClient client)
    {
        string box = (await client.GetAsync("/mail")).Location!;
        await client.GetAsync(box);
        return box;
    }

    private static async Task FileAsync(TestServer server, params string[] letters)
    {
        Account account = (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;
        Mailbox inbox = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, account.Id, Mailbox.Inbox, Cancel)).Value;
        Messages messages = server.Services.GetRequiredService<Messages>();
        var added = new List<NewMessage>();
        foreach (string octets in letters)
        {
            await using MessageWriter writer = messages.StartMessage();
            await writer.WriteAsync(Encoding.UTF8.GetBytes(octets), Cancel);
            added.Add(new NewMessage(await writer.CompleteAsync(Cancel), MessageFlags.None, [], null));
        }

        foreach (NewMessage[] chunk in added.Chunk(500))
        {
            _ = (await messages.AppendAsync(TestServer.Administrator, account.Id, inbox.Id, chunk, Cancel)).Value;
        }
    }

    [GeneratedRegex("name=\"moved\" value=\"([^\"]+)\"")]
    private static partial Regex Moved();

    // The words of the cell behind its marks.
    [GeneratedRegex("<span class=\"subject\">\\s*(?:<span class=\"unseen\">[^<]*</span>)?([^<]*)")]
    private static partial Regex SubjectCell();
}
