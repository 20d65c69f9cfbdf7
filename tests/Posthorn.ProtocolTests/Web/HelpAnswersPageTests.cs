using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Feedback;

namespace Posthorn.ProtocolTests.Web;

/// <summary>What readers say, as a list with trends, for administrators alone.</summary>
public sealed class HelpAnswersPageTests
{
    [Fact]
    public async Task Administrators_see_trends_and_comments_as_plain_text()
    {
        await using TestServer server = await TestServer.StartAsync();
        HelpAnswers answers = server.Services.GetRequiredService<HelpAnswers>();
        await answers.AddAsync("imap", true, "", IPAddress.Loopback, TestContext.Current.CancellationToken);
        await answers.AddAsync("imap", false, "Where is <script>alert(1)</script>?", IPAddress.Loopback, TestContext.Current.CancellationToken);
        await answers.AddAsync("smtp", true, "Good.", IPAddress.Loopback, TestContext.Current.CancellationToken);
        using WebClient client = await WebClient.SignedInAsync(server);
        string page = (await client.GetAsync("/admin/help-answers")).Text;
        Assert.Contains("50 % of 2", page, StringComparison.Ordinal);
        Assert.Contains("100 % of 1", page, StringComparison.Ordinal);
        Assert.Contains("Where is &lt;script&gt;alert(1)&lt;/script&gt;?", page, StringComparison.Ordinal);
        Assert.True(page.IndexOf("IMAP settings", StringComparison.Ordinal) < page.IndexOf("The SMTP settings", StringComparison.Ordinal));
        string one = (await client.GetAsync("/admin/help-answers?article=smtp")).Text;
        Assert.Contains("Good.", one, StringComparison.Ordinal);
        Assert.DoesNotContain("Where is", one, StringComparison.Ordinal);
        Assert.Contains("Where is", (await client.GetAsync("/admin/help-answers?article=%3Cb%3E")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_else_does()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new WebClient(server);
        Assert.StartsWith("/signin", (await client.GetAsync("/admin/help-answers")).Location, StringComparison.Ordinal);
        await client.GetAsync("/signin");
        await client.SignInAsync(TestServer.Friend, TestServer.Password);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/admin/help-answers")).Status);
    }

    [Fact]
    public async Task Without_answers_it_says_so()
    {
        await using TestServer server = await TestServer.StartAsync();
        using WebClient client = await WebClient.SignedInAsync(server);
        Assert.Contains("Nobody has answered yet.", (await client.GetAsync("/admin/help-answers")).Text, StringComparison.Ordinal);
    }
}
