using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Folders in the browser: made, renamed, moved, emptied, deleted, and back again.</summary>
public sealed partial class FoldersPageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_is_made_inside_another_renamed_moved_and_every_client_sees_it()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/mail/folders");
        string plans = BoxOf(await client.PostAsync("/mail/folders/new", ("name", " Plans "), ("inside", "")));
        string year = BoxOf(await client.PostAsync("/mail/folders/new", ("name", "2026"), ("inside", plans)));
        Assert.Equal("Plans/2026", await NameAsync(server, year));
        WebAnswer renamed = await client.PostAsync($"/mail/folders/{year}/rename", ("name", "Zwölf"), ("inside", plans));
        Assert.Equal("Plans/Zwölf", await NameAsync(server, year));
        WebAnswer page = await client.OpenAsync(renamed.Location!);
        Assert.Contains("The folder “Plans/2026” is “Plans / Zwölf” now.", WebUtility.HtmlDecode(page.Text), StringComparison.Ordinal);
        Assert.Matches("class=\"level-1\">\\s*<a class=\"place\"[^>]*data-folder=\"" + year, page.Text);
        await client.PostAsync($"/mail/folders/{year}/rename", ("full", "Plans/2026"));
        Assert.Equal("Plans/2026", await NameAsync(server, year));
        // A drag says only where to.
        await client.PostAsync($"/mail/folders/{year}/rename", ("inside", ""));
        Assert.Equal("2026", await NameAsync(server, year));
        Account account = await AccountAsync(server);
        Assert.Contains("2026", (await server.Services.GetRequiredService<Mailboxes>().SubscriptionsAsync(TestServer.Administrator, account.Id, Cancel)).Value);
    }

    [Fact]
    public async Task A_renamed_folder_and_those_inside_it_stay_subscribed_or_not_as_they_were()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/mail/folders");
        string work = BoxOf(await client.PostAsync("/mail/folders/new", ("name", "Work")));
        await client.PostAsync("/mail/folders/new", ("name", "2026"), ("inside", work));
        await client.PostAsync("/mail/folders/new", ("name", "Quiet"), ("inside", work));
        await client.PostAsync("/mail/folders/new", ("name", "Workshop"));
        Mailboxes mailboxes = server.Services.GetRequiredService<Mailboxes>();
        AccountId account = (await AccountAsync(server)).Id;
        await mailboxes.SubscribeAsync(TestServer.Administrator, account, "Work/Quiet", false, Cancel);
        IEnumerable<string> others = (await mailboxes.SubscriptionsAsync(TestServer.Administrator, account, Cancel)).Value.Where(static name => !name.StartsWith("Work", StringComparison.Ordinal));
        await client.PostAsync($"/mail/folders/{work}/rename", ("name", "Job"));
        Assert.Equal(
            others.Concat(["Job", "Job/2026", "Workshop"]).Order(StringComparer.Ordinal),
            (await mailboxes.SubscriptionsAsync(TestServer.Administrator, account, Cancel)).Value.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_link_of_a_stranger_says_nothing_on_the_page_and_makes_no_folder()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        string inbox = BoxOf(await client.GetAsync("/mail"));
        foreach (string link in (string[])["/mail?removed=0.1.1.1.Call+us", $"/mail?renamed={inbox}.Call+us"])
        {
            Assert.DoesNotContain("Call us", (await client.OpenAsync(link)).Text, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/mail/folders/restore", ("removed", "0.1.1.1.Call us"))).Status);
        // Nor does one that the server made for somebody else.
        using var other = new WebClient(server);
        await other.GetAsync("/signin");
        await other.SignInAsync(TestServer.Friend, TestServer.Password);
        await other.GetAsync("/mail/folders");
        string folder = BoxOf(await other.PostAsync("/mail/folders/new", ("name", "Call us")));
        string notice = (await other.PostAsync($"/mail/folders/{folder}/delete")).Location!;
        Assert.Contains("Call us", (await other.OpenAsync(notice)).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Call us", (await client.OpenAsync(notice)).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/mail/folders/restore", ("removed", Uri.UnescapeDataString(notice.Split('=')[1])))).Status);
        Assert.DoesNotContain((await server.Services.GetRequiredService<Mailboxes>().ListAsync(TestServer.Administrator, (await AccountAsync(server)).Id, Cancel)).Value, static box => box.Name == "Call us");
    }

    [Fact]
    public async Task What_is_refused_says_why_and_keeps_what_was_typed()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        string inbox = BoxOf(await client.GetAsync("/mail"));
        await client.GetAsync("/mail/folders");
        string plans = BoxOf(await client.PostAsync("/mail/folders/new", ("name", "Plans")));
        string inner = BoxOf(await client.PostAsync("/mail/folders/new", ("name", "Inner"), ("inside", plans)));
        foreach ((string path, (string, string)[] fields, string says) in ((string, (string, string)[], string)[])
        [
            ("/mail/folders/new", [("name", "a/b<c>")], "cannot have a “/”"),
            ("/mail/folders/new", [("name", "")], "needs a name"),
            ("/mail/folders/new", [("name", "Plans")], "exists already"),
            ("/mail/folders/new", [("name", "a*b")], "a character that folders cannot have"),
            ($"/mail/folders/{inbox}/rename", [("name", "x")], "needed as it is"),
            ($"/mail/folders/{inbox}/delete", [], "needed as it is"),
            ($"/mail/folders/{plans}/delete", [], "has folders inside it"),
            ($"/mail/folders/{plans}/rename", [("inside", inner)], "cannot be moved into itself"),
        ])
        {
            WebAnswer answer = await client.PostAsync(path, fields);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.Status);
            Assert.Contains(says, WebUtility.HtmlDecode(answer.Text), StringComparison.Ordinal);
        }

        Assert.Contains("value=\"a/b&lt;c&gt;\"", (await client.PostAsync("/mail/folders/new", ("name", "a/b<c>"))).Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/mail/folders/999999/rename", ("name", "x"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/mail/folders/999999/empty")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/mail/folders/restore", ("removed", "1.2.x"))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("/mail/folders/new", "no token", ("name", "x"))).Status);
    }

    [Fact]
    public async Task A_deleted_folder_comes_back_with_its_messages()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/mail/folders");
        string plans = BoxOf(await client.PostAsync("/mail/folders/new", ("name", "Plans.2026")));
        await FileAsync(server, "Plans.2026", "Subject: one\r\n\r\n");
        WebAnswer deleted = await client.PostAsync($"/mail/folders/{plans}/delete");
        WebAnswer list = await client.OpenAsync(deleted.Location!);
        Assert.DoesNotContain("data-name=\"Plans.2026\"", list.Text, StringComparison.Ordinal);
        await client.PostAsync("/mail/folders/restore", ("removed", Removed(list)));
        Assert.Single(await server.MailAsync(TestServer.You, "Plans.2026"));
    }

    [Fact]
    public async Task An_emptied_folder_is_full_again_and_nothing_else_comes_back()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using TestServer server = await TestServer.StartAsync(time: time);
        using WebClient client = await WebClient.SignedInAsync(server);
        await client.GetAsync("/mail/folders");
        string plans = BoxOf(await client.PostAsync("/mail/folders/new", ("name", "Plans")));
        await FileAsync(server, "Plans", "Subject: older\r\n\r\n");
        await client.PostAsync($"/mail/folders/{plans}/empty");
        time.Advance(TimeSpan.FromSeconds(1));
        await FileAsync(server, "Plans", "Subject: one\r\n\r\n");
        await FileAsync(server, "Plans", "Subject: two\r\n\r\n");
        WebAnswer emptied = await client.PostAsync($"/mail/folders/{plans}/empty");
        Assert.Empty(await server.MailAsync(TestServer.You, "Plans"));
        WebAnswer list = await client.OpenAsync(emptied.Location!);
        Assert.Contains("2 messages deleted.", list.Text, StringComparison.Ordinal);
        await client.PostAsync("/mail/folders/restore", ("removed", Removed(list)));
        Assert.Equal(2, (await server.MailAsync(TestServer.You, "Plans")).Count);
    }

    [Fact]
    public async Task Counts_follow_and_a_script_gets_facts_instead_of_a_page()
    {
        await using TestServer server = await TestServer.StartAsync();
        await FileAsync(server, "INBOX", "Subject: one\r\n\r\n");
        using WebClient client = await WebClient.SignedInAsync(server);
        string inbox = BoxOf(await client.GetAsync("/mail"));
        await client.GetAsync("/mail/folders");
        Assert.Contains("aria-label=\"1 unread\"", (await client.GetAsync($"/mail/folders/tree?at={inbox}")).Text, StringComparison.Ordinal);
        using JsonDocument read = JsonDocument.Parse((await client.PostFilesAsync($"/mail/folders/{inbox}/read", [], [], isScript: true)).Text);
        Assert.Contains("marked as read", read.RootElement.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("unread", (await client.GetAsync($"/mail/folders/tree?at={inbox}")).Text, StringComparison.Ordinal);
        WebAnswer refused = await client.PostFilesAsync($"/mail/folders/{inbox}/delete", [], [], isScript: true);
        using JsonDocument problem = JsonDocument.Parse(refused.Text);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "This folder is needed as it is."), (refused.Status, problem.RootElement.GetProperty("problem").GetString()));
    }

    private static string BoxOf(WebAnswer answer) => Box().Match(answer.Location ?? "").Groups[1].Value;

    private static string Removed(WebAnswer page) => WebUtility.HtmlDecode(RemovedField().Match(page.Text).Groups[1].Value);

    private static async Task<Account> AccountAsync(TestServer server) =>
        (await server.Services.GetRequiredService<Accounts>().GetAsync(TestServer.Administrator, TestServer.You, Cancel)).Value;

    private static async Task<string> NameAsync(TestServer server, string box) =>
        (await server.Services.GetRequiredService<Mailboxes>().ListAsync(TestServer.Administrator, (await AccountAsync(server)).Id, Cancel)).Value
            .Single(folder => folder.Id.ToString() == box).Name;

    private static async Task FileAsync(TestServer server, string folder, string octets)
    {
        Account account = await AccountAsync(server);
        Mailbox box = (await server.Services.GetRequiredService<Mailboxes>().FindAsync(TestServer.Administrator, account.Id, folder, Cancel)).Value;
        Messages messages = server.Services.GetRequiredService<Messages>();
        await using MessageWriter writer = messages.StartMessage();
        await writer.WriteAsync(Encoding.UTF8.GetBytes(octets), Cancel);
        IncomingMessage content = await writer.CompleteAsync(Cancel);
        _ = (await messages.AppendAsync(TestServer.Administrator, account.Id, box.Id, [new NewMessage(content, MessageFlags.None, [], null)], Cancel)).Value;
    }

    [GeneratedRegex("^/mail/([0-9]+)")]
    private static partial Regex Box();

    [GeneratedRegex("name=\"removed\" value=\"([^\"]+)\"")]
    private static partial Regex RemovedField();
}
