using System.Net;

namespace Posthorn.ProtocolTests.Web;

/// <summary>Health and metrics are for whoever runs the server: on their listener, and nowhere else.</summary>
public sealed class OperatorEndpointsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_and_metrics_answer_on_their_listener()
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new HttpClient();
        Assert.Equal("ok\n", await client.GetStringAsync(new Uri(server.MetricsAddress, "healthz"), Cancel));
        Assert.Contains("target_info", await client.GetStringAsync(new Uri(server.MetricsAddress, "metrics"), Cancel), StringComparison.Ordinal);
        using HttpResponseMessage page = await client.GetAsync(server.MetricsAddress, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
    }

    [Theory]
    [InlineData("metrics")]
    [InlineData("healthz")]
    [InlineData("Healthz/")]
    public async Task The_web_listener_gives_them_to_nobody_whatever_host_is_asked_for(string path)
    {
        await using TestServer server = await TestServer.StartAsync();
        using var client = new HttpClient(new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=mx.example.test",
            CheckCertificateRevocationList = false,
        });
        foreach (string host in (string[])["localhost", $"localhost:{server.MetricsAddress.Port}", "localhost:0"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.WebAddress, path));
            request.Headers.Host = host;
            using HttpResponseMessage response = await client.SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }
}
