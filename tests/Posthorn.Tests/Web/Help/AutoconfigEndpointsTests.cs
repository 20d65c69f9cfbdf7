using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Stores;
using Posthorn.Web;
using Posthorn.Web.Help;

namespace Posthorn.Tests.Web.Help;

/// <summary>What apps are told over HTTP where everything listens on its usual port, which the server of other tests does not.</summary>
public sealed class AutoconfigEndpointsTests : IAsyncLifetime
{
    private static readonly MailAppSettings Usual = new(
        "mx.example.test", [new MailAppService("IMAP", "", 993, "SSL/TLS"), new MailAppService("POP3", "", 995, "SSL/TLS")], [new MailAppService("SMTP", "", 465, "SSL/TLS")], 1);

    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-autoconfig-").FullName;
    private readonly HttpClient _client = new();
    private WebApplication? _app;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddPosthornCore(new StoreOptions { DataFolder = _folder, Database = TestDatabase.For(_folder) });
        _app = builder.Build();
        AutoconfigEndpoints.Map(_app, static () => Usual);
        Assert.True((await _app.Services.GetRequiredService<Domains>().AddAsync(Actor.System("test"), "example.test", [], Cancel)).IsOk);
        await _app.StartAsync(Cancel);
        _client.BaseAddress = new Uri(_app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app!.DisposeAsync();
        TestDatabase.Drop(_folder);
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("example.test")]
    [InlineData("UA-Auto-Config.Example.Test")]
    public async Task Newer_apps_are_told_the_hosts_of_the_domain_s_services(string host)
    {
        using HttpResponseMessage answer = await GetAsync("/.well-known/user-agent-configuration.json", host);
        Assert.Equal((HttpStatusCode.OK, "application/json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        byte[] octets = await answer.Content.ReadAsByteArrayAsync(Cancel);
        // The DNS holds the digest of these octets.
        Assert.Equal(UserAgentConfiguration.Document("example.test", Usual), octets);
        using JsonDocument parsed = JsonDocument.Parse(octets);
        Assert.Equal(["imap", "pop3", "submit"], parsed.RootElement.GetProperty("protocols").EnumerateObject().Select(static protocol => protocol.Name));
        Assert.All(parsed.RootElement.GetProperty("protocols").EnumerateObject(), static protocol => Assert.Equal("mx.example.test", protocol.Value.GetProperty("host").GetString()));
    }

    [Theory]
    [InlineData("ua-auto-config.elsewhere.test")]
    [InlineData("ua-auto-config.")]
    [InlineData("127.0.0.1")]
    public async Task A_domain_that_is_not_here_is_told_nothing(string host)
    {
        using HttpResponseMessage answer = await GetAsync("/.well-known/user-agent-configuration.json", host);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.DoesNotContain("mx.example.test", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    /// <summary>Autodiscover v2 says where to ask, the same for every address: it knows nobody.</summary>
    [Fact]
    public async Task Autodiscover_v2_answers_the_same_for_an_account_a_stranger_and_a_domain_elsewhere()
    {
        string[] answers =
        [
            .. await Task.WhenAll(new[] { "you@example.test", "nobody@example.test", "a@elsewhere.test", "%3Cx%3E" }.Select(async address =>
            {
                using HttpResponseMessage answer = await GetAsync($"/autodiscover/autodiscover.json/v1.0/{address}?Protocol=AutodiscoverV1", "example.test");
                return $"{answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancel)}";
            })),
        ];
        Assert.Equal("""OK {"Protocol":"AutodiscoverV1","Url":"https://example.test/autodiscover/autodiscover.xml"}""", Assert.Single(answers.Distinct()));
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = host;
        return await _client.SendAsync(request, Cancel);
    }
}
