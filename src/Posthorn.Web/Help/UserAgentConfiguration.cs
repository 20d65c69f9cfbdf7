using System.Text.Json;
using System.Text.Json.Nodes;

namespace Posthorn.Web.Help;

/// <summary>What newer apps ask for: /.well-known/user-agent-configuration.json (PACC).</summary>
/// <remarks>
/// draft-ietf-mailmaint-pacc-03. A protocol has a host and no port: only what listens where that protocol with TLS from the first octet is expected (993, 995, 465)
/// can be said. The octets are the same each time for the same domain and listeners, because the DNS holds their digest.
/// </remarks>
public static class UserAgentConfiguration
{
    public const string Path = "/.well-known/user-agent-configuration.json";

    /// <summary>Before a domain: the host that is asked.</summary>
    public const string HostPrefix = "ua-auto-config.";

    // Names of the draft, and the ports that stand behind them.
    private static readonly (string Name, string Service, int Port)[] Protocols = [("imap", "IMAP", 993), ("pop3", "POP3", 995), ("submit", "SMTP", 465)];

    /// <summary>The document of a domain; null: this server has nothing that could be said so.</summary>
    public static byte[]? Document(string domain, MailAppSettings settings)
    {
        var protocols = new JsonObject();
        foreach ((string name, string service, int port) in Protocols)
        {
            if (settings.Incoming.Concat(settings.Outgoing).Any(offered => offered.Name == service && offered.Port == port && offered.IsImplicitTls))
            {
                protocols[name] = new JsonObject { ["host"] = settings.HostName };
            }
        }

        return protocols.Count == 0
            ? null
            : JsonSerializer.SerializeToUtf8Bytes(new JsonObject
            {
                ["protocols"] = protocols,
                ["authentication"] = new JsonObject { ["password"] = true },
                ["info"] = new JsonObject
                {
                    ["provider"] = new JsonObject { ["name"] = domain },
                    ["help"] = new JsonObject { ["documentation"] = $"https://{settings.HostName}/help" },
                },
            });
    }
}
