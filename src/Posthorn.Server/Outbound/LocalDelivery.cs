using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Queue;
using Posthorn.Standards.Smtp;

namespace Posthorn.Server.Outbound;

/// <summary>Delivers queued mail of our own domains: held mail whose time has come, aliases that lead back, NOTIFY=SUCCESS.</summary>
/// <remarks>
/// RFC 5321 §3.9.1: every address that an alias leads to gets the message. Where one of them is elsewhere, all of them take the alias's place in the queue, so that
/// none holds up the others and each has its own outcome.
/// </remarks>
internal sealed class LocalDelivery(MailQueue queue, Recipients recipients)
{
    public async ValueTask<IReadOnlyList<DeliveryOutcome>> DeliverAsync(QueuedMail mail, CancellationToken cancel)
    {
        var outcomes = new List<DeliveryOutcome>();
        foreach (QueuedRecipient recipient in mail.Recipients)
        {
            if (await DeliverAsync(mail, recipient, cancel) is { } outcome)
            {
                outcomes.Add(outcome);
            }
        }

        return outcomes;
    }

    /// <summary>Null: others have its place in the queue.</summary>
    private async ValueTask<DeliveryOutcome?> DeliverAsync(QueuedMail mail, QueuedRecipient recipient, CancellationToken cancel) =>
        await ResolveAsync(mail, recipient.Address, cancel) switch
        {
            Recipient.Local { Elsewhere.Count: 0 } local => await FileAsync(mail, recipient, local, cancel),
            Recipient.Local alias => await PassOnAsync(mail, recipient, alias, cancel),
            Recipient.OverQuota => new DeliveryOutcome(recipient, DeliveryStatus.Deferred, "4.2.2", "The mailbox is full."),
            Recipient.Disabled => new DeliveryOutcome(recipient, DeliveryStatus.Failed, "5.2.1", "The account is disabled."),
            _ => new DeliveryOutcome(recipient, DeliveryStatus.Failed, "5.1.1", "There is nobody with this address."),
        };

    private async ValueTask<DeliveryOutcome> FileAsync(QueuedMail mail, QueuedRecipient recipient, Recipient.Local local, CancellationToken cancel)
    {
        try
        {
            await queue.DeliverLocallyAsync(mail, recipient, local.Accounts, cancel);
            return new DeliveryOutcome(recipient, DeliveryStatus.Delivered, "2.0.0", "Delivered.");
        }
        catch (StoreUnavailableException failure)
        {
            return new DeliveryOutcome(recipient, DeliveryStatus.Deferred, "4.3.0", failure.Message);
        }
    }

    private async ValueTask<DeliveryOutcome?> PassOnAsync(QueuedMail mail, QueuedRecipient recipient, Recipient.Local alias, CancellationToken cancel)
    {
        IReadOnlyList<string> targets = await TargetsAsync(mail, recipient.Address, alias, cancel);
        if (targets.Count == 0)
        {
            return new DeliveryOutcome(recipient, DeliveryStatus.Failed, "5.4.6", "The aliases of this address lead back to it.");
        }

        try
        {
            await queue.ReplaceAsync(mail, recipient, targets, cancel);
            return null;
        }
        catch (StoreUnavailableException failure)
        {
            return new DeliveryOutcome(recipient, DeliveryStatus.Deferred, "4.3.0", failure.Message);
        }
    }

    /// <summary>
    /// Where an alias leads in the end: accounts, addresses of others, and those of ours that take no mail, which are answered on their own. None of them leads on
    /// here, so nothing goes round in the queue; empty: the alias leads to nobody but itself.
    /// </summary>
    private async ValueTask<IReadOnlyList<string>> TargetsAsync(QueuedMail mail, string address, Recipient.Local alias, CancellationToken cancel)
    {
        var targets = new List<string>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { address };
        var open = new Queue<Recipient.Local>([alias]);
        while (open.TryDequeue(out Recipient.Local? local))
        {
            targets.AddRange(local.Accounts.Select(static account => account.Address));
            foreach (string next in local.Elsewhere.Where(seen.Add))
            {
                if (await ResolveAsync(mail, next, cancel) is Recipient.Local further)
                {
                    open.Enqueue(further);
                }
                else
                {
                    targets.Add(next);
                }
            }
        }

        return [.. targets.Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    private async ValueTask<Recipient> ResolveAsync(QueuedMail mail, string address, CancellationToken cancel)
    {
        Recipient target = EmailAddress.TryParse(address, out EmailAddress? parsed) ? await recipients.ResolveAsync(parsed, cancel) : new Recipient.Unknown();
        return target is Recipient.Local { IsForBounces: true } && mail.Envelope.Sender.Length > 0 ? new Recipient.Unknown() : target;
    }
}
