using System.Xml.Linq;

namespace Posthorn.Web.Help;

/// <summary>What mail apps that set themselves up are told: Thunderbird's format and Microsoft's.</summary>
/// <remarks>
/// draft-ietf-mailmaint-autoconfig for the first; [MS-OXDSCLI] §2.2.3 and §2.2.4 for the second. Nothing in either depends on the account: whether an address exists is nobody's business.
/// </remarks>
internal static class Autoconfig
{
    private static readonly XNamespace Response = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
    private static readonly XNamespace Outlook = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

    /// <summary>What Outlook asks for in AcceptableResponseSchema.</summary>
    public static string AcceptableSchema => Outlook.NamespaceName;

    /// <summary>Thunderbird's <c>clientConfig</c>.</summary>
    public static XDocument ClientConfig(string domain, MailAppSettings settings) => new(
        new XElement("clientConfig", new XAttribute("version", "1.1"),
            new XElement("emailProvider", new XAttribute("id", domain),
                new XElement("domain", domain),
                new XElement("displayName", domain),
                new XElement("displayShortName", domain),
                settings.Incoming.Select(service => Server("incomingServer", service, settings.HostName)),
                settings.Outgoing.Select(service => Server("outgoingServer", service, settings.HostName)))));

    /// <summary>Microsoft's answer with settings (POX).</summary>
    public static XDocument Autodiscover(string address, MailAppSettings settings) => new(
        new XElement(Response + "Autodiscover",
            new XElement(Outlook + "Response",
                new XElement(Outlook + "User", new XElement(Outlook + "DisplayName", address)),
                new XElement(Outlook + "Account",
                    new XElement(Outlook + "AccountType", "email"),
                    new XElement(Outlook + "Action", "settings"),
                    settings.Incoming.Concat(settings.Outgoing).Select(service => Protocol(service, settings.HostName, address))))));

    /// <summary>Microsoft's answer that there is nothing (POX), error 600 or 601.</summary>
    public static XDocument Error(int code, string message) => new(
        new XElement(Response + "Autodiscover",
            new XElement(Response + "Response",
                new XElement(Response + "Error", new XAttribute("Time", "00:00:00"), new XAttribute("Id", "0"),
                    new XElement(Response + "ErrorCode", code),
                    new XElement(Response + "Message", message),
                    new XElement(Response + "DebugData")))));

    private static XElement Server(string name, MailAppService service, string host) => new(name, new XAttribute("type", service.Name.ToLowerInvariant()),
        new XElement("hostname", host),
        new XElement("port", service.Port),
        new XElement("socketType", service.IsImplicitTls ? "SSL" : "STARTTLS"),
        new XElement("authentication", "password-cleartext"),
        new XElement("username", "%EMAILADDRESS%"));

    private static XElement Protocol(MailAppService service, string host, string address) => new(Outlook + "Protocol",
        new XElement(Outlook + "Type", service.Name),
        new XElement(Outlook + "Server", host),
        new XElement(Outlook + "Port", service.Port),
        new XElement(Outlook + "LoginName", address),
        new XElement(Outlook + "DomainRequired", "off"),
        new XElement(Outlook + "SPA", "off"),
        new XElement(Outlook + "SSL", "on"),
        new XElement(Outlook + "Encryption", service.IsImplicitTls ? "SSL" : "TLS"),
        new XElement(Outlook + "AuthRequired", "on"));
}
