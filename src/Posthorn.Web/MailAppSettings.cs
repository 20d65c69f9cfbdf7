using System.Net;

namespace Posthorn.Web;

/// <summary>What a mail app asks for, as this server listens now.</summary>
/// <param name="HostName">The server's name, which its certificate carries.</param>
/// <param name="Incoming">Ways to get mail, the recommended one first.</param>
/// <param name="Outgoing">Ways to send mail, the recommended one first.</param>
/// <param name="MaxMessageBytes">Largest message taken, in octets.</param>
public sealed record MailAppSettings(string HostName, IReadOnlyList<MailAppService> Incoming, IReadOnlyList<MailAppService> Outgoing, long MaxMessageBytes)
{
    /// <summary>Host that takes all outgoing mail, for what the DNS says of senders; null: this host sends it itself.</summary>
    public string? Relay { get; init; }

    /// <summary>The recommended way of a kind; null: this server does not offer it.</summary>
    public MailAppService? First(string name) => Incoming.Concat(Outgoing).FirstOrDefault(service => service.Name == name);
}

/// <param name="Name">As apps call it: IMAP, POP3, SMTP.</param>
/// <param name="Use">When to choose it, in a few words.</param>
/// <param name="Port">Where it listens.</param>
/// <param name="Security">As apps call it: "SSL/TLS" from the first octet, "STARTTLS" (required).</param>
public sealed record MailAppService(string Name, string Use, int Port, string Security)
{
    /// <summary>Where this process reaches it itself.</summary>
    public IPAddress Local { get; init; } = IPAddress.Loopback;

    /// <summary>TLS from the first octet (RFC 8314 §3), not by STARTTLS.</summary>
    public bool IsImplicitTls => Security.StartsWith("SSL", StringComparison.Ordinal);

    /// <summary><see cref="Use"/> in the language of the request.</summary>
    public string UseInWords => Use switch
    {
        "recommended" => T["recommended"],
        "alternative" => T["alternative"],
        "to download only" => T["to download only"],
        "if the app wants STARTTLS" => T["if the app wants STARTTLS"],
        string other => other,
    };

    /// <summary><see cref="Security"/> in the language of the request.</summary>
    public string SecurityInWords => Security == "STARTTLS, required" ? T["STARTTLS, required"] : Security;
}
