using System.Security.Cryptography;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Storage;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Replies;

/// <summary>Answers a message for an account whose owner is away: once to each sender, from the null sender (RFC 5230 §4.2, §5.1).</summary>
internal static class VacationAnswer
{
    /// <summary>Senders remembered of an account; the oldest are forgotten.</summary>
    public const int MaxRemembered = 5_000;

    public static async ValueTask SendAsync(IWriteSession session, Account owner, Envelope envelope, string address, AutomaticFacts facts, DateTimeOffset now)
    {
        if (!owner.Automatic.HasFlag(AutomaticMail.Vacation)
            || Vacations.Read(await session.Settings.GetAsync(owner.Id, Vacation.Key)) is not { } vacation || !vacation.IsActiveAt(now))
        {
            return;
        }

        IReadOnlyList<string> own = await OwnAsync(session, owner, address);
        if (VacationManners.Object(envelope.Sender, facts.Header, envelope.Suspicion, own.ToHashSet()) is not null
            || !EmailAddress.TryParse(envelope.Sender, out EmailAddress? sender) || TextFor(vacation, sender, own) is not { } text)
        {
            return;
        }

        AnsweredSender? before = await session.Replies.AnsweredAsync(owner.Id, sender.Canonical);
        IReadOnlyList<string> reached = await facts.ReachAsync(session, sender);
        if ((before?.Mark == vacation.Mark && now < before.At.AddDays(vacation.Days)) || reached.Count == 0)
        {
            return;
        }

        await session.Replies.SetAnsweredAsync(owner.Id, sender.Canonical, new AnsweredSender(now, vacation.Mark), MaxRemembered);
        string from = own.First(facts.Header.Recipients.Contains);
        byte[] octets = VacationReply.Write(vacation, text, owner.Name, from, sender.ToString(), facts.Header.Summary, now);
        var body = new StoredBody(new BodyId(Guid.CreateVersion7(now)), octets.Length, BodyCodec.Plain, SHA256.HashData(octets), octets);
        // RFC 8689 §6: the subject that it repeats is as protected as it was, where the way back is.
        var reply = new Envelope("", [], [], now) { IsSmtpUtf8 = sender.NeedsSmtpUtf8, IsEightBit = sender.NeedsSmtpUtf8, RequireTls = envelope.RequireTls };
        await Deliveries.EnqueueAsync(
            session, reply, body, [.. reached.Select(target => (target, new EnvelopeRecipient(target, new Recipient.Foreign(), DsnNotify.Never, null)))], now);
    }

    /// <summary>The account's own address first, then aliases that lead to it alone; of a catch-all the address that this message came for.</summary>
    private static async ValueTask<IReadOnlyList<string>> OwnAsync(IWriteSession session, Account owner, string address)
    {
        var own = new List<string> { owner.Address };
        foreach (Alias alias in await session.Directory.AliasesOfAsync(owner.Address))
        {
            if (alias.Address[0] != '@')
            {
                own.Add(alias.Address);
            }
            else if (EmailAddress.TryParse(address, out EmailAddress? given) && "@" + given.Domain == alias.Address)
            {
                own.Add(given.Canonical);
            }
        }

        return own;
    }

    /// <summary>Null: this sender is outside, and people there get no answer. Inside are the domains in which the account has an address.</summary>
    private static string? TextFor(Vacation vacation, EmailAddress sender, IReadOnlyList<string> own)
    {
        bool isInside = own.Any(address => address[(address.LastIndexOf('@') + 1)..] == sender.Domain);
        return isInside ? vacation.Text : vacation.Outside switch
        {
            OutsideAnswer.Same => vacation.Text,
            OutsideAnswer.Other => vacation.OutsideText,
            _ => null,
        };
    }
}
