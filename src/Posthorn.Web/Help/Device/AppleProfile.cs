using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Posthorn.Web.Help.Device;

/// <summary>A configuration profile of Apple's devices with a mail account in it.</summary>
/// <remarks>
/// Apple, "Device Management", TopLevel and com.apple.mail.managed. A profile of the same account has the same identifiers each time, so that a device replaces
/// the one it has instead of setting the account up twice. Services other than mail become further payloads here.
/// </remarks>
/// <param name="Address">Of the account: user name everywhere.</param>
/// <param name="Name">Of the person, as others see it; null: the address.</param>
/// <param name="Password">Made for this device; null: the device asks.</param>
/// <param name="Settings">Of this server.</param>
internal sealed record AppleProfile(string Address, string? Name, string? Password, MailAppSettings Settings)
{
    public const string ContentType = "application/x-apple-aspen-config";

    /// <summary>The profile as a property list, not signed.</summary>
    /// <exception cref="InvalidOperationException">The server has no way to get or to send mail; see <see cref="IsPossible"/>.</exception>
    public byte[] Encode()
    {
        var document = new XDocument(
            new XDocumentType("plist", "-//Apple//DTD PLIST 1.0//EN", "http://www.apple.com/DTDs/PropertyList-1.0.dtd", null),
            new XElement("plist", new XAttribute("version", "1.0"), Dict(
                ("PayloadType", "Configuration"),
                ("PayloadVersion", 1),
                ("PayloadIdentifier", Identifier("profile")),
                ("PayloadUUID", Uuid("profile")),
                ("PayloadDisplayName", Address),
                ("PayloadOrganization", Settings.HostName),
                ("PayloadDescription", T["Mail of {0} at {1}", Address, Settings.HostName]),
                ("PayloadRemovalDisallowed", false),
                ("PayloadContent", new XElement("array", Mail())))));
        using var octets = new MemoryStream();
        using (var writer = XmlWriter.Create(octets, new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(false) }))
        {
            document.Save(writer);
        }

        return octets.ToArray();
    }

    /// <summary>Whether a device could be set up by a profile at all.</summary>
    public static bool IsPossible(MailAppSettings settings) => Incoming(settings) is not null && Outgoing(settings) is not null;

    private XElement Mail()
    {
        MailAppService incoming = Incoming(Settings) ?? throw new InvalidOperationException("There is no way to get mail.");
        MailAppService outgoing = Outgoing(Settings) ?? throw new InvalidOperationException("There is no way to send mail.");
        bool isImap = incoming.Name == "IMAP";
        return Dict(
            ("PayloadType", "com.apple.mail.managed"),
            ("PayloadVersion", 1),
            ("PayloadIdentifier", Identifier("mail")),
            ("PayloadUUID", Uuid("mail")),
            ("PayloadDisplayName", Address),
            ("EmailAccountDescription", Address),
            ("EmailAccountName", Name ?? Address),
            ("EmailAccountType", isImap ? "EmailTypeIMAP" : "EmailTypePOP"),
            ("EmailAddress", Address),
            ("IncomingMailServerAuthentication", "EmailAuthPassword"),
            ("IncomingMailServerHostName", Settings.HostName),
            ("IncomingMailServerPortNumber", incoming.Port),
            ("IncomingMailServerUseSSL", true),
            ("IncomingMailServerUsername", Address),
            ("IncomingPassword", Password),
            ("OutgoingMailServerAuthentication", "EmailAuthPassword"),
            ("OutgoingMailServerHostName", Settings.HostName),
            ("OutgoingMailServerPortNumber", outgoing.Port),
            ("OutgoingMailServerUseSSL", true),
            ("OutgoingMailServerUsername", Address),
            ("OutgoingPasswordSameAsIncomingPassword", true),
            ("PreventMove", false),
            ("PreventAppSheet", false));
    }

    // The device begins TLS at once on ports that it knows so, and by STARTTLS on the others; TLS from the first octet is the surer way.
    private static MailAppService? Incoming(MailAppSettings settings) => Surest(settings.Incoming, "IMAP") ?? Surest(settings.Incoming, "POP3");

    private static MailAppService? Outgoing(MailAppSettings settings) => Surest(settings.Outgoing, "SMTP");

    private static MailAppService? Surest(IReadOnlyList<MailAppService> services, string name) =>
        services.Where(service => service.Name == name).OrderByDescending(static service => service.IsImplicitTls).FirstOrDefault();

    /// <summary>The host's name backwards, as identifiers of profiles begin.</summary>
    private string Identifier(string part) =>
        string.Join('.', [.. Settings.HostName.Split('.').Reverse(), "posthorn", Convert.ToHexStringLower(Digest("account"))[..12], part]);

    private string Uuid(string part) => new Guid(Digest(part).AsSpan(0, 16), bigEndian: true).ToString("D", CultureInfo.InvariantCulture).ToUpperInvariant();

    private byte[] Digest(string part) => SHA256.HashData(Encoding.UTF8.GetBytes($"{Settings.HostName}\n{Address}\n{part}"));

    /// <summary>A dictionary of a property list; keys without value are left out.</summary>
    private static XElement Dict(params ReadOnlySpan<(string Key, object? Value)> entries)
    {
        var dict = new XElement("dict");
        foreach ((string key, object? value) in entries)
        {
            if (value is not null)
            {
                dict.Add(new XElement("key", key), value switch
                {
                    XElement element => element,
                    bool flag => new XElement(flag ? "true" : "false"),
                    int number => new XElement("integer", number),
                    _ => new XElement("string", value),
                });
            }
        }

        return dict;
    }

    /// <summary>A record prints its members; this one holds a password.</summary>
    public override string ToString() => $"profile of {Address}";
}
