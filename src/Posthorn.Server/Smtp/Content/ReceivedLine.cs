using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Posthorn.Server.Smtp.Content;

/// <summary>The Received line that this server puts on top of a message.</summary>
/// <remarks>RFC 5321 §4.4; protocols RFC 3848, RFC 6531 §4.3; the cipher RFC 8314 §7.4.</remarks>
internal static class ReceivedLine
{
    private static readonly SearchValues<char> HostOctets =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:[]");

    public static string Write(SmtpSession session, DateTimeOffset now)
    {
        var transaction = session.Transaction!;
        var line = new StringBuilder("Received: from ", 320);
        AppendFrom(line, session.HelloName, session.Connection.RemoteAddress?.Address);
        line.Append("\r\n\tby ").Append(session.Server.Options.HostName)
            .Append(" with ").Append(Protocol(session)).Append(" id ").Append(transaction.Id);
        if (transaction.Recipients is [{ Address: var only }])
        {
            // With more than one recipient it would tell each of the others: RFC 5321 §7.6.
            line.Append("\r\n\tfor <").Append(only).Append('>');
        }
        if (session.Connection.Tls is { } tls)
        {
            line.Append("\r\n\ttls ").Append(tls.CipherSuite);
        }
        return line.Append(";\r\n\t").Append(InternetDate.Format(now)).Append("\r\n").ToString();
    }

    // From-domain = "FROM" FWS Extended-Domain; TCP-info is what we know ourselves.
    private static void AppendFrom(StringBuilder line, string? hello, IPAddress? address)
    {
        var isHarmless = hello is { Length: > 0 } && !hello.AsSpan().ContainsAnyExcept(HostOctets);
        line.Append(isHarmless ? hello : "unknown").Append(" (");
        if (address is null)
        {
            line.Append("local)");
            return;
        }
        line.Append(address.AddressFamily == AddressFamily.InterNetworkV6 ? "[IPv6:" : "[").Append(address).Append("])");
    }

    private static string Protocol(SmtpSession session)
    {
        var secured = (session.Connection.IsTls ? "S" : "") + (session.Account is null ? "" : "A");
        return session.Transaction!.Mail.IsSmtpUtf8 ? "UTF8SMTP" + secured
            : session.IsExtended || secured.Length > 0 ? "ESMTP" + secured
            : "SMTP";
    }
}
