using Microsoft.Extensions.Logging;
using Posthorn.Server.Connections;

namespace Posthorn.Server.Pop3;

/// <summary>Serves POP3 on any number of ports: 110 with STLS, 995 with TLS from the first octet (RFC 8314 §3.3).</summary>
public sealed class Pop3ConnectionHandler(MailTransport transport, Pop3Services services, ConnectionLimits limits, ILogger<Pop3ConnectionHandler> logger)
    : MailConnectionHandler(transport, limits, logger)
{
    public override string Protocol => Pop3Session.Protocol;

    protected override ReadOnlyMemory<byte> TooManyConnections { get; } = "-ERR [SYS/TEMP] Too many connections, try again later\r\n"u8.ToArray();

    protected override ReadOnlyMemory<byte> InternalError { get; } = "-ERR [SYS/TEMP] The session failed, connect again\r\n"u8.ToArray();

    protected override async ValueTask<EndReason> RunAsync(MailConnection connection, CancellationToken stopping)
    {
        await using var session = new Pop3Session(services, connection);
        return await session.RunAsync(CancellationToken.None);
    }
}
