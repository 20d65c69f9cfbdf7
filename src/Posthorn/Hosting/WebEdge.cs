using System.Net;
using Posthorn.Configuration;
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
        app.MapGet("/healthz", static (IServiceProvider services, CancellationToken cancel) => Health.AnswerAsync(services.GetRequiredService<IStore>(), cancel)).WithMetadata(OnMetricsListener);
        PosthornOptions options = app.Services.GetRequiredService<PosthornOptions>();
        if (options.Listeners.Web is not null)
        {
            app.MapWebPages(() => SettingsOf(options, ports));
        }

        app.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(OnMetricsListener);
    }

    /// <summary>The listeners that a mail app may use: a password goes over none that has no TLS.</summary>
    internal static MailAppSettings SettingsOf(PosthornOptions options, MailPorts ports) => SettingsOf(options, ports.EndPointOf);

    /// <summary>The same from the configuration alone, where nothing runs; a port 0 is none that could be told.</summary>
    internal static MailAppSettings SettingsOf(PosthornOptions options) =>
        SettingsOf(options, name => ConfiguredPort(options.Listeners, name) is { } port and not 0 ? new IPEndPoint(IPAddress.Loopback, port) : null);

    /// <summary>Null: the listener is not named, so it does not listen.</summary>
    internal static int? ConfiguredPort(ListenerSet listeners, string name) => name switch
    {
        "submission" => listeners.Submission?.Port,
        "submissions" => listeners.Submissions?.Port,
        "imap" => listeners.Imap?.Port,
        "imaps" => listeners.Imaps?.Port,
        "pop3" => listeners.Pop3?.Port,
        "pop3s" => listeners.Pop3s?.Port,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No such listener of mail apps."),
    };

    private static MailAppSettings SettingsOf(PosthornOptions options, Func<string, IPEndPoint?> listening)
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
            [.. from entry in services let end = listening(entry.Listener) where end is not null select entry.Service with { Port = end.Port, Local = Reached(end.Address) }];
        return new MailAppSettings(options.HostName, Listening(incoming), Listening(outgoing), options.Limits.MaxMessageBytes) { Relay = RelayOf(options.Outbound) };
    }

    /// <summary>A relay on this machine sends from it.</summary>
    private static string? RelayOf(OutboundOptions outbound) => outbound.Smarthost.Split(':')[0] switch
    {
        "" or "localhost" => null,
        var host => IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address) ? null : host,
    };

    /// <summary>Where this process reaches a listener of its own: one of all addresses also listens on loopback.</summary>
    private static IPAddress Reached(IPAddress listening) =>
        listening.Equals(IPAddress.Any) || listening.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : listening;

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
