using System.Net;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Apps that set themselves up: Thunderbird's question and Outlook's.</summary>
public sealed class AutoconfigTests
{
    private const string OutlookRequest = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006";
    private static readonly XNamespace Outlook = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/.well-known/autoconfig/mail/config-v1.1.xml?emailaddress=you%40example.test", "")]
    [InlineData("/mail/config-v1.1.xml?emailaddress=YOU%40Example.Test", "")]
    [InlineData("/mail/config-v1.1.xml", "autoconfig.example.test")]
    public async Task Thunderbird_is_told_the_ports_of_the_running_server(string path, string host)
    {
        await using TestServer server = await TestServer.StartAsync();
        using HttpResponseMessage answer = await GetAsync(server, path, host);
        Assert.Equal("text/xml", answer.Content.Headers.ContentType?.MediaType);
        XElement provider = XDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel)).Root!.Element("emailProvider")!;
        Assert.Equal("example.test", provider.Element("domain")?.Value);
        Assert.Equal(
            ["imap mx.example.test SSL imaps", "imap mx.example.test STARTTLS imap", "pop3 mx.example.test SSL pop3s", "pop3 mx.example.test STARTTLS pop3"],
            provider.Elements("incomingServer").Select(element => Line(element, server)));
        Assert.Equal(
            ["smtp mx.example.test STARTTLS submission", "smtp mx.example.test SSL submissions"], provider.Elements("outgoingServer").Select(element => Line(element, server)));
        Assert.All(provider.Descendants("username"), static name => Assert.Equal("%EMAILADDRESS%", name.Value));
    }

    [Fact]
    public async Task Nothing_tells_whether_an_account_exists()
    {
        await using TestServer server = await TestServer.StartAsync();
        async Task<string> AskAsync(string address)
        {
            using HttpResponseMessage answer = await GetAsync(server, "/mail/config-v1.1.xml?emailaddress=" + Uri.EscapeDataString(address));
            return await answer.Content.ReadAsStringAsync(Cancel);
        }

        Assert.Equal(await AskAsync(TestServer.You), await AskAsync("nobody@example.test"));
        (HttpStatusCode known, string knownText) = await DiscoverAsync(server, Question(TestServer.You));
        (HttpStatusCode unknown, string unknownText) = await DiscoverAsync(server, Question("noo@example.test"));
        Assert.Equal((known, knownText.Replace("you@", "noo@", StringComparison.Ordinal)), (unknown, unknownText));
        using HttpResponseMessage foreign = await GetAsync(server, "/mail/config-v1.1.xml?emailaddress=a%40elsewhere.test");
        using HttpResponseMessage broken = await GetAsync(server, "/mail/config-v1.1.xml?emailaddress=%3Cx%3E");
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (foreign.StatusCode, broken.StatusCode));
    }

    [Fact]
    public async Task Outlook_is_told_servers_ports_and_user_name()
    {
        await using TestServer server = await TestServer.StartAsync();
        (HttpStatusCode status, string text) = await DiscoverAsync(server, Question(TestServer.You));
        Assert.Equal(HttpStatusCode.OK, status);
        XElement[] protocols = [.. XDocument.Parse(text).Descendants(Outlook + "Protocol")];
        Assert.Equal(
            [$"IMAP {server.Port("imaps")} SSL", $"IMAP {server.Port("imap")} TLS", $"POP3 {server.Port("pop3s")} SSL", $"POP3 {server.Port("pop3")} TLS", $"SMTP {server.Port("submission")} TLS", $"SMTP {server.Port("submissions")} SSL"],
            protocols.Select(static protocol => $"{protocol.Element(Outlook + "Type")?.Value} {protocol.Element(Outlook + "Port")?.Value} {protocol.Element(Outlook + "Encryption")?.Value}"));
        Assert.All(protocols, static protocol => Assert.Equal(TestServer.You, protocol.Element(Outlook + "LoginName")?.Value));
        using HttpResponseMessage second = await GetAsync(server, "/autodiscover/autodiscover.json?Email=you%40example.test&Protocol=AutodiscoverV1");
        using JsonDocument described = JsonDocument.Parse(await second.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(new Uri(server.WebAddress, "/autodiscover/autodiscover.xml").ToString(), described.RootElement.GetProperty("Url").GetString());
        using HttpResponseMessage other = await GetAsync(server, "/autodiscover/autodiscover.json/v1.0/you%40example.test?Protocol=ActiveSync");
        Assert.Equal(HttpStatusCode.BadRequest, other.StatusCode);
        Assert.Contains("InvalidProtocol", await other.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("example.test")]
    [InlineData("UA-Auto-Config.Example.Test")]
    public async Task Newer_apps_are_told_what_listens_on_its_usual_port(string host)
    {
        await using TestServer server = await TestServer.StartAsync();
        // The ports of this server are not the usual ones: nothing can be said, and a domain that is not here is told the same.
        using HttpResponseMessage none = await GetAsync(server, "/.well-known/user-agent-configuration.json", host);
        using HttpResponseMessage foreign = await GetAsync(server, "/.well-known/user-agent-configuration.json", "ua-auto-config.elsewhere.test");
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (none.StatusCode, foreign.StatusCode));
        Assert.Equal(await none.Content.ReadAsStringAsync(Cancel), await foreign.Content.ReadAsStringAsync(Cancel));
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Autodiscover><EMailAddress>&e;</EMailAddress></Autodiscover>", "text/xml", HttpStatusCode.BadRequest)]
    [InlineData("<Autodiscover><EMailAddress>you", "text/xml", HttpStatusCode.BadRequest)]
    [InlineData("<Autodiscover/>", "application/xml", HttpStatusCode.BadRequest)]
    [InlineData("", "text/xml", HttpStatusCode.BadRequest)]
    [InlineData("<a/>", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    public async Task A_broken_question_gets_a_clear_answer(string body, string type, HttpStatusCode expected)
    {
        await using TestServer server = await TestServer.StartAsync();
        (HttpStatusCode status, string text) = await DiscoverAsync(server, body, type);
        Assert.Equal(expected, status);
        Assert.DoesNotContain("root:", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_protocol_that_is_asked_for_is_said_not_to_be_here()
    {
        await using TestServer server = await TestServer.StartAsync();
        (HttpStatusCode status, string text) = await DiscoverAsync(
            server, Question(TestServer.You).Replace(Outlook.NamespaceName, "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("<ErrorCode>601</ErrorCode>", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<Protocol>", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_huge_question_is_not_read()
    {
        await using TestServer server = await TestServer.StartAsync();
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await DiscoverAsync(server, $"<a>{new string('x', 20_000)}</a>")).Status);
    }

    private static string Question(string address) =>
        $"<?xml version=\"1.0\"?><Autodiscover xmlns=\"{OutlookRequest}\"><Request><EMailAddress>{address}</EMailAddress><AcceptableResponseSchema>{Outlook}</AcceptableResponseSchema></Request></Autodiscover>";

    private static string Line(XElement element, TestServer server) =>
        $"{element.Attribute("type")?.Value} {element.Element("hostname")?.Value} {element.Element("socketType")?.Value} {Listener(element.Element("port")?.Value, server)}";

    private static string? Listener(string? port, TestServer server) =>
        Array.Find(["imaps", "imap", "pop3s", "pop3", "submission", "submissions"], name => $"{server.Port(name)}" == port);

    private static async Task<(HttpStatusCode Status, string Text)> DiscoverAsync(TestServer server, string body, string type = "text/xml")
    {
        using HttpClient client = Client();
        using var content = new StringContent(body, Encoding.UTF8, type);
        using HttpResponseMessage answer = await client.PostAsync(new Uri(server.WebAddress, "/Autodiscover/Autodiscover.xml"), content, Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static async Task<HttpResponseMessage> GetAsync(TestServer server, string path, string host = "")
    {
        using HttpClient client = Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.WebAddress, path));
        request.Headers.Host = host.Length > 0 ? host : null;
        return await client.SendAsync(request, Cancel);
    }

    private static HttpClient Client() => new(new HttpClientHandler
    {
        ServerCertificateCustomValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test",
        CheckCertificateRevocationList = false,
    });
}
