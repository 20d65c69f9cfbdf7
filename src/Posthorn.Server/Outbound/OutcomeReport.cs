using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Queue;
using Posthorn.Standards.Smtp;

namespace Posthorn.Server.Outbound;

/// <summary>Writes what came of a try into the queue, with the notification that the sender gets for it, in one transaction.</summary>
internal sealed class OutcomeReport(
    OutboundSettings settings, MailQueue queue, Recipients recipients, Core.Messages.Messages messages, DeliveryLog log, TimeProvider time)
{
    public async ValueTask WriteAsync(QueuedMail mail, IReadOnlyList<DeliveryOutcome> outcomes, CancellationToken cancel)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<DeliveryOutcome> tried = [.. outcomes.Select(outcome => Expire(mail, outcome, now))];
        await WriteAsync(mail, NotificationKind.Failed, [.. tried.Where(outcome => outcome.Status == DeliveryStatus.Failed)], now, cancel);
        await WriteAsync(mail, NotificationKind.Delivered, [.. tried.Where(outcome => outcome is { Status: DeliveryStatus.Delivered, Host: null })], now, cancel);
        await WriteAsync(mail, NotificationKind.Relayed, [.. tried.Where(outcome => outcome is { Status: DeliveryStatus.Delivered, Host: not null })], now, cancel);
        await WriteAsync(mail, NotificationKind.Delayed, [.. tried.Where(outcome => outcome.Status == DeliveryStatus.Deferred)], now, cancel);
        foreach (DeliveryOutcome outcome in tried)
        {
            log.Add(ResultOf(outcome), mail.Envelope.Sender, outcome.Recipient.Address, outcome.Host ?? "", outcome.Reply);
        }
    }

    private static DeliveryResult ResultOf(DeliveryOutcome outcome) => outcome.Status switch
    {
        DeliveryStatus.Delivered => outcome.Host is null ? DeliveryResult.Delivered : DeliveryResult.Sent,
        DeliveryStatus.Deferred => DeliveryResult.Deferred,
        _ => DeliveryResult.Returned,
    };

    /// <summary>A deferred recipient whose time is over has failed (RFC 5321 §4.5.4.1).</summary>
    private static DeliveryOutcome Expire(QueuedMail mail, DeliveryOutcome outcome, DateTimeOffset now) =>
        outcome.Status == DeliveryStatus.Deferred && now >= mail.Expires
            ? outcome with { Status = DeliveryStatus.Failed, Enhanced = "5.4.7", Reply = $"It could not be delivered in time. The last answer: {outcome.Reply}" }
            : outcome;

    private async ValueTask WriteAsync(
        QueuedMail mail, NotificationKind kind, IReadOnlyList<DeliveryOutcome> outcomes, DateTimeOffset now, CancellationToken cancel)
    {
        if (outcomes.Count == 0)
        {
            return;
        }

        DeliveryOutcome[] told = [.. outcomes.Where(outcome => IsToldOf(mail, kind, outcome, now))];
        QueueOutcome[] rows = [.. outcomes.Select(outcome => Row(mail, kind, outcome, told.Contains(outcome), now))];
        if (told.Length == 0)
        {
            await queue.ReportAsync(mail.Id, rows, null, null, cancel);
            return;
        }

        await using IncomingMessage notification = await NotificationAsync(mail, kind, told, now, cancel);
        await queue.ReportAsync(mail.Id, rows, await EnvelopeAsync(mail, now, cancel), notification, cancel);
    }

    private bool IsToldOf(QueuedMail mail, NotificationKind kind, DeliveryOutcome outcome, DateTimeOffset now)
    {
        DsnNotify notify = outcome.Recipient.Notify;

        // RFC 3464 §2, RFC 5321 §4.5.5: never a notification about a notification. A sender that is not proved may be somebody who never wrote.
        if (mail.Envelope.Sender.Length == 0 || mail.Envelope.Suspicion != Suspicion.None || notify.HasFlag(DsnNotify.Never))
        {
            return false;
        }

        return kind switch
        {
            NotificationKind.Failed => notify == DsnNotify.Default || notify.HasFlag(DsnNotify.Failure),
            NotificationKind.Delayed => (notify == DsnNotify.Default || notify.HasFlag(DsnNotify.Delay)) && !outcome.Recipient.DelayWasReported
                && now - FirstDue(mail) >= settings.DelayWarning,
            _ => notify.HasFlag(DsnNotify.Success) && !outcome.NotifiesItself,
        };
    }

    /// <summary>When it could leave first: what its sender held back (FUTURERELEASE, sending later) is not late before.</summary>
    private static DateTimeOffset FirstDue(QueuedMail mail) => mail.Expires - MailQueue.Lifetime;

    private static QueueOutcome Row(QueuedMail mail, NotificationKind kind, DeliveryOutcome outcome, bool isTold, DateTimeOffset now)
    {
        QueueRecipientId id = outcome.Recipient.Id;
        if (kind != NotificationKind.Delayed)
        {
            return kind == NotificationKind.Failed ? new QueueOutcome.Failed(id, outcome.Reply) : new QueueOutcome.Delivered(id);
        }

        DateTimeOffset next = now + RetrySchedule.After(outcome.Recipient.Attempts, Random.Shared);
        return new QueueOutcome.Deferred(id, next < mail.Expires ? next : mail.Expires, outcome.Reply, outcome.Recipient.DelayWasReported || isTold);
    }

    private async ValueTask<IncomingMessage> NotificationAsync(
        QueuedMail mail, NotificationKind kind, IReadOnlyList<DeliveryOutcome> told, DateTimeOffset now, CancellationToken cancel)
    {
        await using MessageContent? original = await queue.OpenAsync(mail, cancel);
        await using MessageWriter writer = messages.StartMessage();
        await writer.WriteAsync(await Notification.WriteAsync(settings, kind, mail, told, original, now, cancel), cancel);
        return await writer.CompleteAsync(cancel);
    }

    /// <summary>Null sender, back to the reverse path (RFC 3464 §2), and as protected as the message where the way back is (RFC 8689 §5).</summary>
    private async ValueTask<Envelope> EnvelopeAsync(QueuedMail mail, DateTimeOffset now, CancellationToken cancel)
    {
        string sender = mail.Envelope.Sender;
        Recipient target = EmailAddress.TryParse(sender, out EmailAddress? address) ? await recipients.ResolveAsync(address, cancel) : new Recipient.Foreign();
        return new Envelope("", [new EnvelopeRecipient(sender, target, DsnNotify.Never, null)], [], now)
        {
            IsEightBit = true,
            IsSmtpUtf8 = mail.Envelope.IsSmtpUtf8,
            RequireTls = mail.Envelope.RequireTls,
        };
    }
}
