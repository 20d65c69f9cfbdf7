using System.Text;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Watching;
using Posthorn.Server.Connections;
using Posthorn.Server.Delivery.Checks;
using Posthorn.Standards.Dmarc;
using Posthorn.Standards.Spf;

namespace Posthorn.Server.Smtp.Content;

/// <summary>The end of a message: it is refused, or it is on disk and then answered with 250.</summary>
/// <remarks>RFC 5321 §4.2.5: with the 250 the message is ours to deliver or to report.</remarks>
internal static class Acceptance
{
    public static async ValueTask<SmtpReply> AcceptAsync(SmtpSession session, MessageReception reception, CancellationToken cancel)
    {
        using var trace = SmtpTraces.Accept(session);
        var transaction = session.Transaction!;
        var reply = await FileAsync(session, reception, cancel);
        SmtpDeliveryLog.Answered(session, transaction, reply);
        SmtpTraces.Answered(trace, reply);
        return reply;
    }

    private static async ValueTask<SmtpReply> FileAsync(SmtpSession session, MessageReception reception, CancellationToken cancel)
    {
        var transaction = session.Transaction!;
        await using var message = await reception.CompleteAsync(cancel);
        if (message is null)
        {
            return reception.Refusal!;
        }
        var verdict = await CheckSenderAsync(session, reception, message, cancel);
        if (session.Server.Options.RejectOnDmarc && DmarcRefusal(verdict?.Dmarc) is { } refused)
        {
            return refused;
        }
        if (session.Connection.EndRequested == EndReason.Revoked)
        {
            // While the message came, its account was disabled or its password changed: whoever sends it may not be its owner.
            return session.Server.Revoked;
        }
        var now = session.Server.Time.GetUtcNow();
        var envelope = new Envelope(
            transaction.Mail.Path, transaction.Recipients, Encoding.UTF8.GetBytes(verdict?.AuthenticationResults + ReceivedLine.Write(session, now)), now)
        {
            Return = transaction.Mail.Return ?? DsnReturn.Headers,
            EnvelopeIdentifier = transaction.Mail.EnvelopeId,
            IsSmtpUtf8 = transaction.Mail.IsSmtpUtf8,
            IsEightBit = reception.IsEightBit,
            RequireTls = transaction.Mail.RequireTls,
            HoldUntil = transaction.Mail.Release(now),
            Submitter = session.Account?.Id,
            Suspicion = SuspicionOf(verdict),
            Remote = session.Connection.RemoteAddress?.Address,
        };
        await session.Server.Deliveries.AcceptAsync(envelope, message, cancel);
        session.Connection.Report(ConnectionStep.MessageTaken, detail: transaction.Id);
        session.Server.Metrics.Accepted(session.Connection.Listener.Options.Name, message.Length);
        SmtpLog.Accepted(session.Server.Logger, transaction.Id, message.Length, transaction.Mail.Path, transaction.Recipients.Count);
        return new SmtpReply(250, "2.0.0", $"Accepted as {transaction.Id}");
    }

    /// <summary>What must not be answered or sent on by itself.</summary>
    internal static Suspicion SuspicionOf(SenderVerdict? verdict) =>
        verdict is null ? Suspicion.None
        : verdict.Dmarc.Result is DmarcResult.Fail ? Suspicion.Message
        : verdict.Spf.Result is SpfResult.Fail && verdict.Dmarc.Result is not DmarcResult.Pass ? Suspicion.Sender
        : Suspicion.None;

    /// <summary>The reply to mail that its owner wants refused. Nothing but DMARC refuses: SPF alone never does.</summary>
    public static SmtpReply? DmarcRefusal(DmarcOutcome? dmarc) => dmarc switch
    {
        { Result: DmarcResult.Fail, Policy: DmarcPolicy.Reject, AuthorDomain: "" } => new SmtpReply(550, "5.7.1", $"Such mail is refused (DMARC): {dmarc.Reason}"),
        { Result: DmarcResult.Fail, Policy: DmarcPolicy.Reject } =>
            new SmtpReply(550, "5.7.1", $"The owner of {dmarc.AuthorDomain} asks to refuse such mail (DMARC): {dmarc.Reason}"),
        _ => null,
    };

    /// <summary>SPF, DKIM and DMARC of mail from elsewhere; null for our own users, who have signed in.</summary>
    private static async ValueTask<SenderVerdict?> CheckSenderAsync(
        SmtpSession session, MessageReception reception, IncomingMessage message, CancellationToken cancel)
    {
        if (session.IsSubmission || session.Connection.RemoteAddress is not { } remote)
        {
            return null;
        }
        var claims = new SenderClaims(
            remote.Address, session.HelloName ?? "", session.Transaction!.Mail.Path, reception.Header, async stop =>
            {
                var octets = await message.OpenReadAsync(stop);
                octets.Position = Math.Min(reception.BodyOffset, octets.Length);
                return octets;
            });
        return await session.Server.SenderChecks.CheckAsync(claims, cancel);
    }

    /// <summary>Someone else's server will have to take it from here.</summary>
    public static bool GoesElsewhere(MailTransaction transaction) =>
        transaction.Recipients.Any(recipient => recipient.Target is not Recipient.Local { Elsewhere.Count: 0 } local || local.Accounts.Any(Forwards));

    private static bool Forwards(Account account) =>
        (account.Automatic & (AutomaticMail.Forwarding | AutomaticMail.ForwardingBarred)) == AutomaticMail.Forwarding;
}
