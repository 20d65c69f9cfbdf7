using System.Text;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Storage;
using Posthorn.Standards.Smtp;
using Posthorn.Standards.Srs;

namespace Posthorn.Core.Forwarding;

/// <summary>Sends a message on to the addresses that its recipient has confirmed: octets as they came, so that signatures hold; a line of trace above them.</summary>
/// <remarks>
/// RFC 5321 §3.9.1. The envelope sender becomes one of ours where SPF would fail else (<see cref="Srs0"/>, <see cref="Srs1"/>); the null sender stays null, so nothing comes back about a
/// notification. A message that has been here already is kept and not sent round again: Delivered-To says where it was (RFC 9228), across servers as within this one.
/// </remarks>
internal static class MailForward
{
    /// <summary>Accounts that a message is forwarded by, one after the other: beyond it stays where it is.</summary>
    public const int MaxHops = 4;

    /// <summary>
    /// Whether what goes on stays here, too: where its owner wishes it, and where nobody would be told of a destination that fails. It was taken, and would lie nowhere.
    /// </summary>
    // RFC 5321 §4.2.5, §6.1: what was taken must not be lost. Who is told of a failure, the report of the outcome decides by the same.
    public static bool KeepsCopy(Account owner, Envelope envelope, DsnNotify notify) =>
        !owner.Automatic.HasFlag(AutomaticMail.WithoutCopy)
        || envelope.Sender.Length == 0 || envelope.Suspicion != Suspicion.None || notify.HasFlag(DsnNotify.Never);

    /// <returns>True: it is on its way to at least one address.</returns>
    public static async ValueTask<bool> SendAsync(
        IWriteSession session, Account owner, Envelope envelope, string address, DsnNotify notify, IncomingMessage message, AutomaticFacts facts, DateTimeOffset now)
    {
        if ((owner.Automatic & (AutomaticMail.Forwarding | AutomaticMail.ForwardingBarred)) != AutomaticMail.Forwarding || !MayGo(owner, envelope, facts))
        {
            return false;
        }

        List<string> inside = [], outside = [];
        foreach (ForwardRow row in await session.Replies.ForwardsAsync(owner.Id))
        {
            if (row.Forward.IsConfirmed && EmailAddress.TryParse(row.Forward.Address, out EmailAddress? target) && target.Canonical != owner.Address)
            {
                foreach (string reached in await facts.ReachAsync(session, target))
                {
                    (facts.Domains.ContainsKey(reached[(reached.LastIndexOf('@') + 1)..]) ? inside : outside).Add(reached);
                }
            }
        }

        inside.RemoveAll(facts.Header.DeliveredTo.Contains);
        await EnqueueAsync(session, owner, envelope, address, notify, message, inside, envelope.Sender, now);
        await EnqueueAsync(session, owner, envelope, address, notify, message, outside, Sender(owner, envelope, facts, now), now);
        return inside.Count + outside.Count > 0;
    }

    // What may be forged or is junk would harm the name of this server, and comes back as a bounce to somebody who never wrote.
    private static bool MayGo(Account owner, Envelope envelope, AutomaticFacts facts) =>
        envelope.Suspicion < Suspicion.Message && !facts.Header.IsJunk
        && !facts.Header.DeliveredTo.Contains(owner.Address) && facts.Header.DeliveredTo.Count < MaxHops;

    private static string Sender(Account owner, Envelope envelope, AutomaticFacts facts, DateTimeOffset now)
    {
        if (envelope.Sender.Length == 0)
        {
            return "";
        }

        if (!EmailAddress.TryParse(envelope.Sender, out EmailAddress? sender))
        {
            return owner.Address;
        }

        if (facts.Domains.ContainsKey(sender.Domain))
        {
            return envelope.Sender;
        }

        // An address too long to be rewritten: what comes back is for who forwards.
        string domain = owner.Address[(owner.Address.LastIndexOf('@') + 1)..];
        EmailAddress? rewritten = Srs1.IsRewritten(sender) ? Srs1.Write(sender, domain, facts.Secret) : Srs0.Write(sender, domain, facts.Secret, now);
        return rewritten?.ToString() ?? owner.Address;
    }

    private static async ValueTask EnqueueAsync(
        IWriteSession session, Account owner, Envelope envelope, string address, DsnNotify notify, IncomingMessage message, List<string> targets, string sender,
        DateTimeOffset now)
    {
        if (targets.Count == 0)
        {
            return;
        }

        // Who has a copy got the mail: its sender is told nothing about where else it goes.
        DsnNotify told = KeepsCopy(owner, envelope, notify) ? DsnNotify.Never : DsnNotify.Failure;
        byte[] trace = [.. Encoding.UTF8.GetBytes($"Delivered-To: {owner.Address}\r\n"), .. envelope.Trace];
        Envelope onward = envelope with { Sender = sender, Recipients = [], Trace = trace, HoldUntil = null, Forwarder = owner.Id };
        await Deliveries.EnqueueAsync(
            session, onward, message.Body, [.. targets.Select(target => (target, new EnvelopeRecipient(target, new Recipient.Foreign(), told, Original(address))))], now);
    }

    // ORCPT is xtext: what would need it is left out.
    private static string? Original(string address) =>
        address.All(static letter => letter is > ' ' and < '\x7f' and not ('+' or '=')) ? $"rfc822;{address}" : null;
}
