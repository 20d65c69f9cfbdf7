namespace Posthorn.Web;

/// <summary>What a mail app asks for, as this server listens now.</summary>
/// <param name="HostName">The server's name, which its certificate carries.</param>
/// <param name="Incoming">Ways to get mail, the recommended one first.</param>
/// <param name="Outgoing">Ways to send mail, the recommended one first.</param>
public sealed record MailAppSettings(string HostName, IReadOnlyList<MailAppService> Incoming, IReadOnlyList<MailAppService> Outgoing);

/// <param name="Name">As apps call it: IMAP, POP3, SMTP.</param>
/// <param name="Use">When to choose it, in a few words.</param>
/// <param name="Port">Where it listens.</param>
/// <param name="Security">As apps call it: "SSL/TLS" from the first octet, "STARTTLS" (required).</param>
public sealed record MailAppService(string Name, string Use, int Port, string Security);
