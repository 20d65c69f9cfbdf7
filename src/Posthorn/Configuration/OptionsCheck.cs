using System.Net;
using System.Text;

namespace Posthorn.Configuration;

/// <summary>Checks values that have the right type: ranges, addresses, files that belong together.</summary>
internal static class OptionsCheck
{
    public static void Run(PosthornOptions options)
    {
        foreach ((string name, ListenerOptions listener) in Listeners(options.Listeners))
        {
            Require(listener.Port is >= 0 and <= 65_535, $"listeners.{name}.port", listener.Port, "a port from 0 to 65535 (0: any free one)");
            Require(listener.EndPoint is not null, $"listeners.{name}.address", listener.Address, "an IP address, or * for all");
        }

        RequireApart(options.Listeners);
        Require(options.Bodies.Endpoint.Length == 0 || IsHttp(options.Bodies.Endpoint), "bodies.endpoint", options.Bodies.Endpoint, "an address such as https://s3.example.org");
        Require(options.Bodies.CacheBytes >= 0, "bodies.cacheBytes", options.Bodies.CacheBytes, "0 or more");
        Require(options.Bodies.TimeoutSeconds > 0, "bodies.timeoutSeconds", options.Bodies.TimeoutSeconds, "1 or more");
        Require(
            IsDnsName(options.HostName), "hostName", options.HostName,
            "the full name of this host, such as mail.example.org: no address, no dot at the end, letters beyond ASCII as xn--");
        Require((options.Tls.Certificate.Length > 0) == (options.Tls.Key.Length > 0), "tls", "half", "both certificate and key, or neither");
        Require(options.Limits.MaxMessageBytes >= 64 * 1024, "limits.maxMessageBytes", options.Limits.MaxMessageBytes, "65536 or more (RFC 5321 §4.5.3.1.7)");
        Require(options.Limits.MaxRecipients >= 100, "limits.maxRecipients", options.Limits.MaxRecipients, "100 or more (RFC 5321 §4.5.3.1.8)");
        Require(options.Limits.MaxConnections > 0, "limits.maxConnections", options.Limits.MaxConnections, "1 or more");
        Require(options.Limits.MaxConnectionsPerAddress > 0, "limits.maxConnectionsPerAddress", options.Limits.MaxConnectionsPerAddress, "1 or more");
        Require(options.Undelete.Days is >= 0 and <= 3_650, "undelete.days", options.Undelete.Days, "a number of days from 0 to 3650");
        Require(options.Outbound.Port is > 0 and <= 65_535, "outbound.port", options.Outbound.Port, "a port from 1 to 65535");
        Require(options.Outbound.MaxConnectionsPerDomain > 0, "outbound.maxConnectionsPerDomain", options.Outbound.MaxConnectionsPerDomain, "1 or more");
        RequireSmarthost(options.Outbound);
        // Not TryParse, which takes any number.
        Require(Enum.GetNames<LogLevel>().Contains(options.Telemetry.LogLevel, StringComparer.OrdinalIgnoreCase), "telemetry.logLevel", options.Telemetry.LogLevel,
            $"one of {string.Join(", ", Enum.GetNames<LogLevel>())}");
        Require(options.Telemetry.OtlpEndpoint.Length == 0 || IsHttp(options.Telemetry.OtlpEndpoint), "telemetry.otlpEndpoint", options.Telemetry.OtlpEndpoint,
            "an address such as http://127.0.0.1:4317");
        foreach (string network in options.SignIn.ExemptNetworks)
        {
            Require(IPNetwork.TryParse(network, out _), "signIn.exemptNetworks", network, "networks such as 127.0.0.0/8");
        }

        foreach (string server in options.Dns.Servers)
        {
            Require(IPEndPoint.TryParse(server, out _), "dns.servers", server, "addresses such as 192.0.2.53 or 192.0.2.53:5353");
        }
    }

    /// <summary>Those that are named, with their keys.</summary>
    public static IEnumerable<(string Name, ListenerOptions Listener)> Listeners(ListenerSet set)
    {
        (string, ListenerOptions?)[] all =
        [
            ("smtp", set.Smtp), ("submission", set.Submission), ("submissions", set.Submissions), ("imap", set.Imap), ("imaps", set.Imaps),
            ("pop3", set.Pop3), ("pop3s", set.Pop3s), ("web", set.Web), ("metrics", set.Metrics),
        ];
        foreach ((string name, ListenerOptions? listener) in all)
        {
            if (listener is not null)
            {
                yield return (name, listener);
            }
        }
    }

    /// <summary>Two listeners on one port: the system would only say that it is in use, as if by another program.</summary>
    private static void RequireApart(ListenerSet set)
    {
        foreach (IGrouping<IPEndPoint?, (string Name, ListenerOptions Listener)> same in Listeners(set).Where(static entry => entry.Listener.Port != 0).GroupBy(static entry => entry.Listener.EndPoint))
        {
            if (same.Skip(1).FirstOrDefault() is { Name: { } second })
            {
                Require(false, $"listeners.{second}.port", same.Key!.Port, $"another port than that of listeners.{same.First().Name}");
            }
        }
    }

    /// <summary>A name without its password, or either without a host, would be passed over: mail would go out without signing in.</summary>
    private static void RequireSmarthost(OutboundOptions outbound)
    {
        bool isNamed = outbound.Smarthost.Length > 0;
        Require(!isNamed || IsHost(outbound.Smarthost), "outbound.smarthost", outbound.Smarthost, "host or host:port");
        // A server of implicit TLS waits for the client to begin, and would be taken for one that does not answer.
        Require(
            !isNamed || !IsImplicitTls(outbound), "outbound.smarthost", outbound.Smarthost,
            "a host and a port of STARTTLS, such as relay.example.org:587: TLS from the first octet (465) is not spoken");
        Require(isNamed || outbound.SmarthostUser.Length == 0, "outbound.smarthostUser", outbound.SmarthostUser, "empty without outbound.smarthost");
        Require(isNamed || outbound.SmarthostPasswordFile.Length == 0, "outbound.smarthostPasswordFile", outbound.SmarthostPasswordFile, "empty without outbound.smarthost");
        Require(outbound.SmarthostUser.Length > 0 || outbound.SmarthostPasswordFile.Length == 0, "outbound.smarthostUser", "", "given with smarthostPasswordFile, or neither");
        Require(outbound.SmarthostPasswordFile.Length > 0 || outbound.SmarthostUser.Length == 0, "outbound.smarthostPasswordFile", "", "given with smarthostUser, or neither");
    }

    private static bool IsImplicitTls(OutboundOptions outbound) =>
        outbound.Smarthost.Contains(':', StringComparison.Ordinal) ? outbound.Smarthost.EndsWith(":465", StringComparison.Ordinal) : outbound.Port == 465;

    private static bool IsDnsName(string name) => Ascii.IsValid(name) && !name.EndsWith('.') && Uri.CheckHostName(name) == UriHostNameType.Dns;

    private static bool IsHttp(string address) => Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https";

    private static bool IsHost(string text) => text.Split(':') switch
    {
        [var host] => IsName(host),
        [var host, var port] => IsName(host) && ushort.TryParse(port, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out ushort number) && number > 0,
        _ => false,
    };

    private static bool IsName(string host) => Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;

    private static void Require(bool condition, string key, object value, string allowed)
    {
        if (!condition)
        {
            throw new ConfigurationException(FormattableString.Invariant($"\"{key}\" is \"{value}\"; it must be {allowed}."));
        }
    }
}
