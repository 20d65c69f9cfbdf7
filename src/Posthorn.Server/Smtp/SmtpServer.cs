using Microsoft.Extensions.Logging;
using Posthorn.Core.Accounts;
using Posthorn.Core.Delivery;
using Posthorn.Core.Messages;
using Posthorn.Server.Delivery.Checks;

namespace Posthorn.Server.Smtp;

/// <summary>What all SMTP sessions share: options, Core's operations, and the answers that never change.</summary>
internal sealed class SmtpServer(
    SmtpOptions options, Recipients recipients, Domains domains, Messages messages, Deliveries deliveries, Credentials credentials,
    SenderChecks senderChecks, SmtpMetrics metrics, DeliveryLog log, ILogger logger, TimeProvider time)
{
    public SmtpOptions Options { get; } = options;

    public SmtpLimits Limits => Options.Limits;

    public Recipients Recipients { get; } = recipients;

    public Domains Domains { get; } = domains;

    public Messages Messages { get; } = messages;

    public Deliveries Deliveries { get; } = deliveries;

    public Credentials Credentials { get; } = credentials;

    public SenderChecks SenderChecks { get; } = senderChecks;

    public SmtpMetrics Metrics { get; } = metrics;

    /// <summary>What an administrator sees of single messages.</summary>
    public DeliveryLog Log { get; } = log;

    public ILogger Logger { get; } = logger;

    public TimeProvider Time { get; } = time;

    public EhloReplies Ehlo { get; } = new(options);

    public SmtpReply Greeting { get; } = SmtpReply.Fixed(220, null, $"{options.HostName} ESMTP Posthorn");

    public SmtpReply TimedOut { get; } =
        SmtpReply.Ending(421, "4.4.2", $"{options.HostName} waited too long; goodbye", Connections.EndReason.IdleTimeout);

    public SmtpReply Stopping { get; } =
        SmtpReply.Ending(421, "4.3.2", $"{options.HostName} is stopping; try again soon", Connections.EndReason.ServerStopping);

    public SmtpReply Revoked { get; } =
        SmtpReply.Ending(421, "4.7.0", "The password or the account has changed; sign in again", Connections.EndReason.Revoked);

    public SmtpReply TooManyBadCommands { get; } =
        SmtpReply.Ending(421, "4.7.0", $"{options.HostName} got too many commands it does not know; goodbye", Connections.EndReason.TooManyBadCommands);

    public SmtpReply TooManyCommands { get; } =
        SmtpReply.Ending(421, "4.7.0", $"{options.HostName} takes no more commands on this connection", Connections.EndReason.SessionLimit);

    public SmtpReply CrossProtocol { get; } =
        SmtpReply.Ending(421, "4.7.0", $"{options.HostName} speaks SMTP; goodbye", Connections.EndReason.CrossProtocol);

    public SmtpReply Goodbye { get; } =
        SmtpReply.Ending(221, "2.0.0", $"{options.HostName} closes the connection", Connections.EndReason.Quit);
}
