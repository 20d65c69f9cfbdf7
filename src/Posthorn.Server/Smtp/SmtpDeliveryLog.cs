using Posthorn.Core.Accounts;
using Posthorn.Core.Delivery;
using Posthorn.Server.Smtp.Commands;

namespace Posthorn.Server.Smtp;

/// <summary>What stands in the log of deliveries about mail that comes in.</summary>
internal static class SmtpDeliveryLog
{
    /// <summary>A sender or a recipient that was refused. What is refused with the message is <see cref="Answered"/>.</summary>
    public static void Refused(SmtpSession session, ISmtpCommand? command, SmtpReply reply)
    {
        if (reply.IsPositive)
        {
            return;
        }
        switch (command)
        {
            case Mail mail:
                Add(session, DeliveryResult.Refused, mail.Path, "", reply);
                break;
            case Rcpt rcpt:
                Add(session, DeliveryResult.Refused, session.Transaction?.Mail.Path ?? "", rcpt.Path, reply);
                break;
        }
    }

    /// <summary>The answer to a whole message, for each of its recipients.</summary>
    public static void Answered(SmtpSession session, MailTransaction transaction, SmtpReply reply)
    {
        foreach (var recipient in transaction.Recipients)
        {
            var result = !reply.IsPositive ? DeliveryResult.Refused
                : recipient.Target is Recipient.Local { Elsewhere.Count: 0 } ? DeliveryResult.Delivered
                : DeliveryResult.Queued;
            Add(session, result, transaction.Mail.Path, recipient.Address, reply);
        }
    }

    private static void Add(SmtpSession session, DeliveryResult result, string sender, string recipient, SmtpReply reply) =>
        session.Server.Log.Add(result, sender, recipient, session.Connection.RemoteAddress?.Address.ToString() ?? "", reply.ToString());
}
