using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Forwarding;
using Posthorn.Core.Replies;
using Posthorn.Core.Security;
using Posthorn.Core.Storage;
using Posthorn.Standards.Mime;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Delivery;

/// <summary>What automatic mail is decided by, read before the transaction.</summary>
/// <param name="Header">Of the message, trace lines included.</param>
/// <param name="Domains">Those of this store.</param>
/// <param name="Secret">Makes the way back of what is forwarded.</param>
internal sealed record AutomaticFacts(ReplyHeader Header, IReadOnlyDictionary<string, Domain> Domains, byte[] Secret)
{
    /// <summary>The addresses by which the queue reaches an address: those of accounts, and those elsewhere that an alias of ours leads to.</summary>
    public async ValueTask<IReadOnlyList<string>> ReachAsync(IWriteSession session, EmailAddress address) =>
        !Domains.ContainsKey(address.Domain)
            ? [address.ToString()]
            : await Recipients.ResolveAsync(session.Directory, address) switch
            {
                Recipient.Local local => [.. local.Accounts.Select(static account => account.Address), .. local.Elsewhere],
                // The queue tries again.
                Recipient.OverQuota => [address.Canonical],
                _ => [],
            };
}

/// <summary>
/// Vacation replies and forwarding, within the transaction that delivers the message: a kill loses neither and doubles neither, and a delivery that is done again is
/// the one that sends. What is sent lies in the queue then, whoever it is for.
/// </summary>
internal sealed class AutomaticDelivery(Domains domains, StoreSecret secret)
{
    /// <summary>Octets of a message that are looked at for its header.</summary>
    private const int MaxHeaderBytes = 256 * 1024;

    /// <summary>Null: none of the recipients has anything of it, and nothing was read.</summary>
    public ValueTask<AutomaticFacts?> PrepareAsync(Envelope envelope, IncomingMessage message, CancellationToken cancel)
    {
        if (envelope.HoldUntil is null)
        {
            foreach (EnvelopeRecipient recipient in envelope.Recipients)
            {
                if (recipient.Target is Recipient.Local local && HasAny(local.Accounts))
                {
                    return ReadAsync(envelope, message, cancel);
                }
            }
        }

        return ValueTask.FromResult<AutomaticFacts?>(null);
    }

    public ValueTask<AutomaticFacts?> PrepareAsync(IReadOnlyList<Account> accounts, Envelope envelope, IncomingMessage message, CancellationToken cancel) =>
        HasAny(accounts) ? ReadAsync(envelope, message, cancel) : ValueTask.FromResult<AutomaticFacts?>(null);

    /// <returns>False: it went on, and is not wanted here.</returns>
    public static async ValueTask<bool> RunAsync(
        IWriteSession session, Account owner, Envelope envelope, string address, DsnNotify notify, IncomingMessage message, AutomaticFacts facts, DateTimeOffset now)
    {
        bool wentOn = await MailForward.SendAsync(session, owner, envelope, address, notify, message, facts, now);
        await VacationAnswer.SendAsync(session, owner, envelope, address, facts, now);
        return !wentOn || MailForward.KeepsCopy(owner, envelope, notify);
    }

    private static bool HasAny(IReadOnlyList<Account> accounts)
    {
        foreach (Account account in accounts)
        {
            if ((account.Automatic & (AutomaticMail.Vacation | AutomaticMail.Forwarding)) != 0)
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask<AutomaticFacts?> ReadAsync(Envelope envelope, IncomingMessage message, CancellationToken cancel)
    {
        await using Stream octets = await message.OpenReadAsync(cancel);
        byte[] header = new byte[envelope.Trace.Length + (int)Math.Min(octets.Length, MaxHeaderBytes)];
        envelope.Trace.CopyTo(header, 0);
        int read = await octets.ReadAtLeastAsync(header.AsMemory(envelope.Trace.Length), header.Length - envelope.Trace.Length, throwOnEndOfStream: false, cancel);
        return new AutomaticFacts(
            ReplyHeader.Read(header.AsSpan(0, envelope.Trace.Length + read)), await domains.AllAsync(cancel), await secret.GetAsync(cancel));
    }
}
