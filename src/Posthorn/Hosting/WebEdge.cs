using Posthorn.Core;
using Posthorn.Core.Storage;
using Posthorn.Web;

namespace Posthorn.Hosting;

/// <summary>What is served over HTTP: the pages, health and metrics.</summary>
internal static class WebEdge
{
    public static void Map(WebApplication app)
    {
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
        });
        var ports = app.Services.GetRequiredService<MailPorts>();
        string hostName = app.Services.GetRequiredService<Posthorn.Configuration.PosthornOptions>().HostName;
        app.MapWebPages(() => SettingsOf(hostName, ports));
        app.MapPrometheusScrapingEndpoint("/metrics").RequireHost($"*:{Port(app)}");
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

    private static int Port(WebApplication app) => app.Services.GetRequiredService<Posthorn.Configuration.PosthornOptions>().Listeners.Metrics?.Port ?? 0;
}
