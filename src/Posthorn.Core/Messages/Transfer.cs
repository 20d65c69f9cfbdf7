using Posthorn.Core.Accounts;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <summary>COPY and MOVE within an account: the message is shared, not its octets copied (RFC 9051 §6.4.7, RFC 6851).</summary>
internal static class Transfer
{
    public static async ValueTask<Result<Copied>> ApplyAsync(
        IWriteSession session, AccountId account, MailboxId from, UidSet uids, MailboxId to, bool move, DateTimeOffset now)
    {
        if (await session.Mailboxes.GetAsync(account, from) is not { } source || await session.Mailboxes.GetAsync(account, to) is not { IsContainer: false } target)
        {
            return new Refusal.NotFound("mailbox");
        }

        IReadOnlyList<FiledMessage> messages = await session.Messages.FiledAsync(account, from, uids);
        if (messages.Count == 0)
        {
            return new Copied(target.UidValidity, UidSet.Empty, UidSet.Empty);
        }

        long size = messages.Sum(message => message.SizeBytes);
        Account? owner = move ? null : await session.Directory.AccountAsync(account);
        if (owner?.ObjectTo(size, messages.Count) is { } refusal)
        {
            return refusal;
        }

        KeywordMap keywords = await KeywordMap.BetweenAsync(session, account, source, target, messages);
        var filing = new Filing(session, account, target, await session.ModSeqAsync(account), now);
        var moved = new UidSet.Builder();
        IReadOnlySet<EmailId> held = await session.Messages.HeldAsync(account, to, messages);
        foreach (FiledMessage message in messages)
        {
            moved.Add(message.Uid);
            // A mailbox holds a message once: a second copy there is a message of its own.
            EmailId email = held.Contains(message.Email) ? await session.Messages.DuplicateEmailAsync(account, message.Email, Uidl.New()) : message.Email;
            await filing.PlaceAsync(email, keywords.Translate(message.Flags), message.SizeBytes);
        }

        UidSet destination = UidSet.Of(target.UidNext, target.UidNext + (uint)messages.Count - 1);
        await filing.FinishAsync();
        if (move)
        {
            await Removal.ApplyAsync(session, account, from, messages);
        }

        await QuotaWarning.FileAsync(session, owner, now);

        return new Copied(target.UidValidity, moved.Build(), destination);
    }
}
