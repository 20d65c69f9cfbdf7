using Microsoft.Extensions.Logging;
using Posthorn.Server.Connections;

namespace Posthorn.Server.Imap;

/// <summary>Serves IMAP on any number of ports: 143 with STARTTLS, 993 with TLS from the first octet (RFC 8314 §3.2).</summary>
public sealed class ImapConnectionHandler(MailTransport transport, ImapServices services, ConnectionLimits limits, ILogger<ImapConnectionHandler> logger)
    : MailConnectionHandler(transport, limits, logger)
{
    public override string Protocol => ImapSession.Protocol;

    protected override ReadOnlyMemory<byte> TooManyConnections { get; } = "* BYE [UNAVAILABLE] Too many connections, try again later\r\n"u8.ToArray();

    protected override ReadOnlyMemory<byte> InternalError { get; } = "* BYE [SERVERBUG] The session failed, connect again\r\n"u8.ToArray();

    protected override async ValueTask<EndReason> RunAsync(MailConnection connection, CancellationToken stopping)
    {
        using var session = new ImapSession(connection, services);
        return await session.RunAsync(CancellationToken.None);
    }
}
