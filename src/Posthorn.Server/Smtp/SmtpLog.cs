using Microsoft.Extensions.Logging;

namespace Posthorn.Server.Smtp;

/// <summary>What SMTP writes into the log: one line a message, and faults. Never a line of the session.</summary>
internal static partial class SmtpLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Message {Id} of {Size} octets from <{Sender}> to {Recipients} recipients accepted")]
    public static partial void Accepted(ILogger logger, string id, long size, string sender, int recipients);

    [LoggerMessage(Level = LogLevel.Warning, Message = "SMTP connection {Id}: the store refused {Verb}")]
    public static partial void StoreUnavailable(ILogger logger, Exception failure, string id, string verb);

    [LoggerMessage(Level = LogLevel.Error, Message = "SMTP connection {Id}: {Verb} failed")]
    public static partial void Fault(ILogger logger, Exception fault, string id, string verb);
}
