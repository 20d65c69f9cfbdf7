using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Posthorn.Core;
using Posthorn.Hosting;
using Posthorn.ProtocolTests.Durability;
using Posthorn.ProtocolTests.Smtp;

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

    [Fact]
    public async Task What_the_server_did_is_counted()
    {
        await using TestServer server = await TestServer.StartAsync();
        await using (SmtpTalk talk = await SmtpTalk.ConnectAsync(server.Port("smtp"), Cancel))
        {
            Assert.True(await talk.SendAsync(TestServer.You, "counted", 100, Cancel));
            Assert.StartsWith("550 ", await talk.DeliverAsync("nobody@example.test", "refused", "x", Cancel), StringComparison.Ordinal);
            await talk.SayAsync("QUIT", Cancel);
        }

        using var client = new HttpClient();
        string metrics;
        do
        {
            // The end of a connection is counted after the client has gone.
            metrics = await client.GetStringAsync(new Uri(server.MetricsAddress, "metrics"), Cancel);
        }
        while (!metrics.Contains("posthorn_connections_ended_", StringComparison.Ordinal));
        Assert.Matches("(?m)^posthorn_smtp_messages_total\\{.*\\} [1-9]", metrics);
        Assert.Matches("(?m)^posthorn_smtp_octets_bytes_total\\{.*\\} [1-9]", metrics);
        Assert.Matches("(?m)^posthorn_smtp_refusals_total\\{.*550.*\\} [1-9]", metrics);
        Assert.Matches("(?m)^posthorn_connections_ended_total\\{.*reason=.*\\} [1-9]", metrics);
        Assert.DoesNotContain(TestServer.You, metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_cannot_be_written_is_no_good_health()
    {
        await using SmtpTestServer server = await SmtpTestServer.StartAsync();
        Assert.Equal("ok\n", Assert.IsType<ContentHttpResult>(await Health.AnswerAsync(server.Disk, Cancel)).ResponseContent);
        server.Disk.Writes = new StoreUnavailableException("database or disk is full", isFull: true);
        var answer = Assert.IsType<ContentHttpResult>(await Health.AnswerAsync(server.Disk, Cancel));
        Assert.Equal((StatusCodes.Status503ServiceUnavailable, "database or disk is full\n"), (answer.StatusCode, answer.ResponseContent));
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
