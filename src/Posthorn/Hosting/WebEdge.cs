using Posthorn.Core;
using Posthorn.Core.Storage;
using Posthorn.Web;

namespace Posthorn.Hosting;

/// <summary>What is served over HTTP: the pages, health and metrics.</summary>
internal static class WebEdge
{
    private static readonly ForOperators OnMetricsListener = new();

    public static void Map(WebApplication app)
    {
        var ports = app.Services.GetRequiredService<MailPorts>();
        app.Use((http, next) => IsServed(http, ports) ? next(http) : NotFound(http));
        app.MapGet("/healthz", async (IServiceProvider services, CancellationToken cancel) =>
        {
            try
            {
                // Healthy means that mail can be taken: a write that is synced.
                await services.GetRequiredService<IStore>().WriteAsync(ReadOnlyMemory<AccountId>.Empty, static _ => ValueTask.FromResult(true), cancel);
                return Results.Text("ok\n");
            }
            catch (StoreUnavailableException failure)
            {
                return Results.Text(failure.Message + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
            }
        }).WithMetadata(OnMetricsListener);
        string hostName = app.Services.GetRequiredService<Posthorn.Configuration.PosthornOptions>().HostName;
        app.MapWebPages(() => SettingsOf(hostName, ports));
        app.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(OnMetricsListener);
    }

    /// <summary>The listeners that a mail app may use: a password goes over none that has no TLS.</summary>
    internal static MailAppSettings SettingsOf(string hostName, MailPorts ports)
    {
        (string Listener, MailAppService Service)[] incoming =
        [
            ("imaps", new MailAppService("IMAP", "recommended", 0, "SSL/TLS")),
            ("imap", new MailAppService("IMAP", "if the app wants STARTTLS", 0, "STARTTLS, required")),
            ("pop3s", new MailAppService("POP3", "to download only", 0, "SSL/TLS")),
            ("pop3", new MailAppService("POP3", "if the app wants STARTTLS", 0, "STARTTLS, required")),
        ];
        (string Listener, MailAppService Service)[] outgoing =
        [
            ("submission", new MailAppService("SMTP", "recommended", 0, "STARTTLS, required")),
            ("submissions", new MailAppService("SMTP", "alternative", 0, "SSL/TLS")),
        ];
        IReadOnlyList<MailAppService> Listening((string Listener, MailAppService Service)[] services) =>
            [.. from entry in services let port = ports.PortOf(entry.Listener) where port is not null select entry.Service with { Port = port.Value }];
        return new MailAppSettings(hostName, Listening(incoming), Listening(outgoing));
    }

    /// <summary>
    /// Health and metrics on their listener alone, pages on theirs. By the port that the connection came to: what a client writes into Host is its own
    /// choice, and a health check writes to the disk.
    /// </summary>
    private static bool IsServed(HttpContext http, MailPorts ports)
    {
        bool isOperators = http.GetEndpoint()?.Metadata.GetMetadata<ForOperators>() is not null;
        // No address: the control socket, whose operations look for themselves.
        return http.Connection.LocalIpAddress is null ? !isOperators : http.Connection.LocalPort == (isOperators ? ports.Metrics : ports.Web);
    }

    /// <summary>Marks an endpoint of the metrics listener.</summary>
    private sealed class ForOperators;

    private static Task NotFound(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
