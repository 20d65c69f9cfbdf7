using System.Net;
using System.Text.RegularExpressions;

namespace Posthorn.ProtocolTests.Web;

/// <summary>The page behind the address that demo prints.</summary>
public sealed partial class SettingsPageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_shows_the_ports_of_the_running_server_and_offers_no_other()
    {
        await using TestServer server = await TestServer.StartAsync();
        using HttpClient client = Client();
        using HttpResponseMessage response = await client.GetAsync(server.WebAddress, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        string page = await response.Content.ReadAsStringAsync(Cancel);
        int[] shown = [.. Port().Matches(page).Select(match => int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))];
        string[] listeners = ["imaps", "imap", "pop3s", "pop3", "submission", "submissions"];
        Assert.Equal(listeners.Select(server.Port), shown);
        Assert.Contains("mx.example.test", page, StringComparison.Ordinal);
        Assert.Contains("full address", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_asks_no_other_host_and_has_no_script_of_its_own()
    {
        await using TestServer server = await TestServer.StartAsync();
        using HttpClient client = Client();
        using HttpResponseMessage response = await client.GetAsync(server.WebAddress, Cancel);
        string policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        string page = await response.Content.ReadAsStringAsync(Cancel);
        Assert.DoesNotMatch("<script(?! src=\"/)|<style|style=", page);
        Assert.DoesNotContain("//", page, StringComparison.Ordinal);
        string style = Regex.Match(page, "href=\"(/site[^\"]*)\"").Groups[1].Value;
        using HttpResponseMessage sheet = await client.GetAsync(new Uri(server.WebAddress, style), Cancel);
        Assert.Equal("text/css", sheet.Content.Headers.ContentType?.MediaType);
        Assert.Contains("prefers-color-scheme: dark", await sheet.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private static HttpClient Client() => new(new HttpClientHandler
    {
        ServerCertificateCustomValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test",
        CheckCertificateRevocationList = false,
    });

    [GeneratedRegex("data-label=\"Port\"><code>([0-9]+)</code>")]
    private static partial Regex Port();
}
