using System.Text;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Accounts;
using Posthorn.Core.Delivery;
using Posthorn.Core.Messages;
using Posthorn.Server.Connections;
using Posthorn.Server.Delivery.Checks;

namespace Posthorn.Server.Smtp;

/// <summary>Serves SMTP on every port that was registered with <see cref="SmtpListenerOptions"/>.</summary>
public sealed class SmtpConnectionHandler : MailConnectionHandler
{
    private readonly SmtpServer _server;

    public SmtpConnectionHandler(
        MailTransport transport, SmtpOptions options, Recipients recipients, Domains domains, Messages messages, Deliveries deliveries,
        Credentials credentials, SenderChecks senderChecks, SmtpMetrics metrics, DeliveryLog log, ILogger<SmtpConnectionHandler> logger)
        : base(transport, options.Limits.Connections, logger)
    {
        _server = new SmtpServer(options, recipients, domains, messages, deliveries, credentials, senderChecks, metrics, log, logger, transport.Time);
        TooManyConnections = Encoding.ASCII.GetBytes($"421 4.7.0 {options.HostName} has too many connections from you; try again later\r\n");
        InternalError = Encoding.ASCII.GetBytes($"421 4.3.0 {options.HostName} has a fault; try again later\r\n");
    }

    public override string Protocol => "smtp";

    protected override ReadOnlyMemory<byte> TooManyConnections { get; }

    protected override ReadOnlyMemory<byte> InternalError { get; }

    // A graceful stop wakes the wait for a command; a message that is coming in is taken to its end, so nothing here is cancelled.
    protected override async ValueTask<EndReason> RunAsync(MailConnection connection, CancellationToken stopping)
    {
        await using var session = new SmtpSession(_server, connection, ((SmtpListenerOptions)connection.Listener.Options).Role);
        return await session.RunAsync(CancellationToken.None);
    }
}
