using System.Net;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Bodies;
using Posthorn.Core.Queue;
using Posthorn.Standards.Dns;

namespace Posthorn.Server.Outbound;

/// <summary>Delivers the leased mail of one domain, one message after another, over one connection as long as it lasts.</summary>
internal sealed partial class RemoteDelivery(
    OutboundSettings settings, MailQueue queue, MxTargets targets, MessageSigner signer, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private RemoteSession? _session;

    /// <summary>Its host was named by the configuration, or by a DNS that proves it.</summary>
    private bool _isProved;

    /// <summary>One try of one message. Never throws but for cancellation.</summary>
    public async ValueTask<IReadOnlyList<DeliveryOutcome>> DeliverAsync(QueuedMail mail, CancellationToken cancel)
    {
        // RFC 6531 §3.4: an address that an alias or a forwarding leads to may need SMTPUTF8 where the message came without. The others of its domain are not bound by it.
        var outcomes = new List<DeliveryOutcome>();
        foreach (IGrouping<bool, QueuedRecipient> group in mail.Recipients.GroupBy(recipient => NeedsUtf8(mail.Envelope, recipient)))
        {
            try
            {
                outcomes.AddRange(await TryAsync(mail with { Recipients = [.. group], Envelope = mail.Envelope with { IsSmtpUtf8 = group.Key } }, cancel));
            }
            catch (OperationCanceledException) when (outcomes.Count > 0)
            {
                // Stopping: what was answered is kept, or it would be sent once more.
            }
        }

        return outcomes;
    }

    private static bool NeedsUtf8(Core.Delivery.Envelope envelope, QueuedRecipient recipient) =>
        envelope.IsSmtpUtf8 || !System.Text.Ascii.IsValid(recipient.Address) || !System.Text.Ascii.IsValid(envelope.Sender);

    private async ValueTask<IReadOnlyList<DeliveryOutcome>> TryAsync(QueuedMail mail, CancellationToken cancel)
    {
        try
        {
            // RFC 8689 §4.2.1: mail that asks for less may have opened it, to a host that whoever forged the MX named.
            if (_session is not null && (_isProved || !Demands(mail)) && Obstacle(_session, mail) is null)
            {
                return await SendAsync(_session, mail, cancel);
            }
        }
        catch (RemoteFaultException)
        {
            // The kept connection had gone stale: a new one is tried like a first.
        }

        await CloseAsync();
        return await TryHostsAsync(mail, cancel);
    }

    public ValueTask DisposeAsync() => CloseAsync();

    private async ValueTask<IReadOnlyList<DeliveryOutcome>> TryHostsAsync(QueuedMail mail, CancellationToken cancel)
    {
        MxOutcome found = settings.Smarthost is { } smarthost
            ? new MxOutcome.Hosts([new MxHost(smarthost, 0)], Implicit: true, Authentic: true)
            : await targets.FindAsync(mail.Domain, cancel);
        if (found is not MxOutcome.Hosts hosts)
        {
            return Undeliverable(mail, found);
        }

        if (Demands(mail) && !hosts.Authentic)
        {
            // RFC 8689 §4.2.1: whoever forges the MX would name a host of their own, with a good certificate. A smarthost is named by the configuration.
            return All(
                mail, DeliveryStatus.Failed, "5.7.30",
                $"The DNS does not prove which hosts take the mail of {mail.Domain} (DNSSEC), so the protected way that the sender asked for (REQUIRETLS) cannot be promised.");
        }

        List<DeliveryOutcome>? lacking = null;
        string? last = null;
        foreach (MxHost host in hosts.InOrder)
        {
            DnsAnswer<IPAddress> addresses = await AddressesAsync(host, cancel);
            foreach (IPAddress address in addresses.Records)
            {
                try
                {
                    (_session, _isProved) = (await OpenAsync(mail, host.Name, address, cancel), hosts.Authentic);
                    if (Obstacle(_session, mail) is { } obstacle)
                    {
                        // RFC 8689 §4.2.1: each host is asked; the next one may have what this one lacks.
                        lacking ??= obstacle;
                        await CloseAsync();
                        continue;
                    }

                    return await SendAsync(_session, mail, cancel);
                }
                catch (RemoteTlsException fault) when (Demands(mail) && fault.IsRefusal)
                {
                    lacking ??= Unprotected(mail, host.Name, fault.Message);
                    LogFault(mail.Id.Value, host.Name, fault.Message);
                }
                catch (RemoteFaultException fault)
                {
                    last = fault.Message;
                    LogFault(mail.Id.Value, host.Name, fault.Message);
                    await CloseAsync();
                }
            }
        }

        // A host that was not reached may have it.
        return last is null && lacking is not null ? lacking : All(mail, DeliveryStatus.Deferred, "4.4.1", last ?? "No host of the domain has an address.");
    }

    private async ValueTask<DnsAnswer<IPAddress>> AddressesAsync(MxHost host, CancellationToken cancel) =>
        IPAddress.TryParse(host.Name, out IPAddress? literal) ? DnsAnswer<IPAddress>.Found([literal], authentic: false) : await targets.AddressesAsync(host, cancel);

    private async ValueTask<RemoteSession> OpenAsync(QueuedMail mail, string host, IPAddress address, CancellationToken cancel)
    {
        try
        {
            return await RemoteSession.OpenAsync(settings, time, host, address, withTls: true, cancel);
        }
        catch (RemoteTlsException fault) when (!Demands(mail) && settings.Smarthost is null)
        {
            // RFC 7435 §3: a TLS that does not work must not be worse than none.
            LogFault(mail.Id.Value, host, fault.Message);
            return await RemoteSession.OpenAsync(settings, time, host, address, withTls: false, cancel);
        }
        catch (RemoteTlsException fault) when (!(Demands(mail) && fault.IsRefusal))
        {
            throw new RemoteFaultException(fault.Message, fault);
        }
    }

    private async ValueTask<IReadOnlyList<DeliveryOutcome>> SendAsync(RemoteSession session, QueuedMail mail, CancellationToken cancel)
    {
        await using MessageContent? content = await queue.OpenAsync(mail, cancel);
        if (content is null)
        {
            return All(mail, DeliveryStatus.Deferred, "4.3.0", "The octets of the message are missing from our store.");
        }

        (OutgoingOctets? octets, OutgoingOctets.Hindrance hindrance) = await OutgoingOctets.MakeAsync(content, session.Has("8BITMIME"), mail, signer, cancel);
        if (octets is null)
        {
            return All(mail, DeliveryStatus.Failed, hindrance.Enhanced, hindrance.Reason);
        }

        if (session.IsInTransaction && await session.CommandAsync("RSET", cancel) is { IsPositive: false } kept)
        {
            throw new RemoteFaultException($"{session.Host} answered RSET with {kept}.");
        }

        session.IsInTransaction = true;
        List<string> lines = [MailCommand(session, mail, octets), .. mail.Recipients.Select(recipient => RcptCommand(session, recipient))];
        (IReadOnlyList<RemoteReply> replies, RemoteFaultException? broken) = await session.CommandsAsync(lines, cancel);
        if (broken is not null && !replies.Any(static reply => reply.IsPermanent))
        {
            throw broken;
        }

        if (!replies[0].IsPositive)
        {
            return await EndedAsync([.. mail.Recipients.Select(recipient => DeliveryOutcome.From(recipient, replies[0], session.Host))], [], broken);
        }

        var outcomes = new List<DeliveryOutcome>();
        var accepted = new List<QueuedRecipient>();
        foreach ((QueuedRecipient recipient, RemoteReply? reply) in mail.Recipients.Select((recipient, at) => (recipient, replies.ElementAtOrDefault(at + 1))))
        {
            if (reply is { IsPositive: false })
            {
                outcomes.Add(DeliveryOutcome.From(recipient, reply, session.Host));
            }
            else
            {
                accepted.Add(recipient);
            }
        }

        if (accepted.Count == 0 || broken is not null)
        {
            return await EndedAsync(outcomes, accepted, broken);
        }

        try
        {
            RemoteReply end = await DataAsync(session, octets, cancel);
            outcomes.AddRange(accepted.Select(recipient => DeliveryOutcome.From(recipient, end, session.Host) with { NotifiesItself = session.Has("DSN") }));
            LogSent(mail.Id.Value, session.Host, end);
            return outcomes;
        }
        catch (RemoteFaultException fault) when (outcomes.Count > 0 || fault.IsAfterEnd)
        {
            // RFC 5321 §6.1: it may have been taken. Another host asked at once would take it once more; a later try is all that is left.
            return await EndedAsync(outcomes, accepted, fault);
        }
    }

    /// <summary>The message itself; the reply that says whether the host has it.</summary>
    private static async ValueTask<RemoteReply> DataAsync(RemoteSession session, OutgoingOctets octets, CancellationToken cancel)
    {
        RemoteReply begin = await session.CommandAsync("DATA", cancel);
        if (begin.IsPositive)
        {
            // RFC 5321 §4.3.2: no such answer to DATA. Nothing was sent: nothing was taken.
            throw new RemoteFaultException($"{session.Host} answered DATA with {begin}, before it had the message.");
        }

        if (!begin.IsIntermediate)
        {
            return begin;
        }

        RemoteReply end = await session.DataAsync(octets.Open(), cancel);
        session.IsInTransaction = !end.IsPositive;
        return end;
    }

    /// <summary>What was answered counts, whatever became of the connection then; who had no last answer is tried again later.</summary>
    private async ValueTask<IReadOnlyList<DeliveryOutcome>> EndedAsync(
        IReadOnlyList<DeliveryOutcome> outcomes, IReadOnlyList<QueuedRecipient> open, RemoteFaultException? broken)
    {
        if (broken is null)
        {
            return outcomes;
        }

        await CloseAsync();
        return [.. outcomes, .. open.Select(recipient => new DeliveryOutcome(recipient, DeliveryStatus.Deferred, "4.4.2", broken.Message))];
    }

    /// <summary>It goes on a protected way or not at all.</summary>
    /// <remarks>RFC 8689 §4.2.1, §5: with the null sender it only asks for one. A notification must not be lost because the way back is less protected.</remarks>
    private static bool Demands(QueuedMail mail) => mail.Envelope is { RequireTls: true, Sender.Length: > 0 };

    /// <summary>What the host lacks that the message needs; null when nothing.</summary>
    private static List<DeliveryOutcome>? Obstacle(RemoteSession session, QueuedMail mail)
    {
        if (mail.Envelope.IsSmtpUtf8 && !session.Has("SMTPUTF8"))
        {
            // RFC 6531 §3.3: it cannot be turned into something else.
            return All(mail, DeliveryStatus.Failed, "5.6.7", $"{session.Host} does not take international addresses or headers (SMTPUTF8).", session.Host);
        }

        if (!Demands(mail))
        {
            return null;
        }

        if (!session.IsTls || !session.IsVerified)
        {
            return Unprotected(mail, session.Host, session.IsTls ? $"the certificate of {session.Host} is not good for that name" : $"{session.Host} offers no TLS");
        }

        return session.Has("REQUIRETLS")
            ? null
            : All(mail, DeliveryStatus.Failed, "5.7.30", $"{session.Host} does not pass on what asks for a protected way (REQUIRETLS).", session.Host);
    }

    /// <summary>RFC 8689 §4.2.1: to wait would help only if that host were set up anew, and the sender learns of it at once.</summary>
    private static List<DeliveryOutcome> Unprotected(QueuedMail mail, string host, string reason) => All(
        mail, DeliveryStatus.Failed, "5.7.10", $"The message asks for a protected way (REQUIRETLS), and {host} does not give one: {reason.TrimEnd('.')}.", host);

    private string MailCommand(RemoteSession session, QueuedMail mail, OutgoingOctets octets)
    {
        string line = $"MAIL FROM:<{mail.Envelope.Sender}>";
        line += session.Has("SIZE") ? FormattableString.Invariant($" SIZE={octets.Length}") : "";
        line += octets.IsEightBit && session.Has("8BITMIME") ? " BODY=8BITMIME" : "";
        line += mail.Envelope.IsSmtpUtf8 ? " SMTPUTF8" : "";
        // RFC 8689 §2: never where the way is not protected.
        line += mail.Envelope.RequireTls && _isProved && session is { IsTls: true, IsVerified: true } && session.Has("REQUIRETLS") ? " REQUIRETLS" : "";
        if (session.Has("DSN"))
        {
            line += mail.Envelope.Return == Core.Delivery.DsnReturn.Full ? " RET=FULL" : " RET=HDRS";
            line += mail.Envelope.EnvelopeIdentifier is { } id ? $" ENVID={Xtext.Encode(id)}" : "";
        }

        return line;
    }

    private static string RcptCommand(RemoteSession session, QueuedRecipient recipient)
    {
        string line = $"RCPT TO:<{recipient.Address}>";
        if (!session.Has("DSN"))
        {
            return line;
        }

        line += recipient.Notify == Core.Delivery.DsnNotify.Default ? "" : $" NOTIFY={recipient.Notify.ToString().Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant()}";
        return line + (recipient.OriginalRecipient is { } original ? $" ORCPT={original}" : "");
    }

    private static List<DeliveryOutcome> Undeliverable(QueuedMail mail, MxOutcome outcome) => outcome switch
    {
        MxOutcome.NullMx => All(mail, DeliveryStatus.Failed, "5.1.10", $"The domain {mail.Domain} says that it takes no mail (RFC 7505)."),
        MxOutcome.NoSuchDomain => All(mail, DeliveryStatus.Failed, "5.1.2", $"There is no domain {mail.Domain}. Look for a typing error in the address."),
        MxOutcome.Loop => All(mail, DeliveryStatus.Failed, "5.4.6", $"The mail of {mail.Domain} is said to come to this server, which does not know the domain."),
        _ => All(mail, DeliveryStatus.Deferred, "4.4.3", $"The name servers of {mail.Domain} do not answer."),
    };

    private static List<DeliveryOutcome> All(QueuedMail mail, DeliveryStatus status, string enhanced, string reply, string? host = null) =>
        [.. mail.Recipients.Select(recipient => new DeliveryOutcome(recipient, status, enhanced, reply, host))];

    private async ValueTask CloseAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Queued message {Envelope}: {Host} answered {Reply}")]
    private partial void LogSent(long envelope, string host, RemoteReply reply);

    [LoggerMessage(Level = LogLevel.Information, Message = "Queued message {Envelope}: {Host} cannot be used now: {Reason}")]
    private partial void LogFault(long envelope, string host, string reason);
}
