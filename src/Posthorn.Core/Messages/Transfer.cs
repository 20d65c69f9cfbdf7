using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <summary>COPY and MOVE within an account: the message is shared, not its octets copied (RFC 9051 §6.4.7, RFC 6851).</summary>
internal static class Transfer
{
    public static async ValueTask<Result<Copied>> ApplyAsync(
        IWriteSession session, AccountId account, MailboxId from, UidSet uids, MailboxId to, bool move, DateTimeOffset now,
        Visitor here = default, Visitor there = default)
    {
        if (await session.Mailboxes.GetAsync(account, from) is not { } source)
        {
            return new Refusal.Expunged();
        }

        if (await session.Mailboxes.GetAsync(account, to) is not { IsContainer: false } target)
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

        KeywordMap keywords = there.Rights.Has(Right.Write) ? await KeywordMap.BetweenAsync(session, account, source, target, messages) : new KeywordMap([]);
        ViewerSeen? seen = here.IsGuest ? await ViewerSeen.FlagsAsync(session, account, from, here.Id) : null;
        var read = new UidSet.Builder();
        var filing = new Filing(session, account, target, await session.ModSeqAsync(account), now);
        var moved = new UidSet.Builder();
        IReadOnlySet<EmailId> held = await session.Messages.HeldAsync(account, to, messages);
        foreach (FiledMessage message in messages)
        {
            moved.Add(message.Uid);
            // Deviates from RFC 8474 §5.1: a mailbox holds a message once, so a second copy there is a message of its own, with an EMAILID of its own.
            EmailId email = held.Contains(message.Email) ? await session.Messages.DuplicateEmailAsync(account, message.Email, Uidl.New()) : message.Email;
            MessageFlags flags = keywords.Translate(seen?.Of(new MessageEntry(message.Uid, message.Flags, default)).Flags ?? message.Flags) & there.Changeable;
            if (there.IsGuest && flags.HasFlag(MessageFlags.Seen))
            {
                read.Add(filing.NextUid);
            }

            await filing.PlaceAsync(email, flags & there.Shared, message.SizeBytes);
        }

        UidSet destination = UidSet.Of(target.UidNext, target.UidNext + (uint)messages.Count - 1);
        await filing.FinishAsync();
        if (read.Build() is { IsEmpty: false } marked)
        {
            await (await ViewerSeen.FlagsAsync(session, account, to, there.Id)).SetAsync(session, account, to, there.Id, marked, isSeen: true);
        }

        if (move)
        {
            await Removal.ApplyAsync(session, account, from, messages, now);
        }

        await QuotaWarning.FileAsync(session, owner, now);

        return new Copied(target.UidValidity, moved.Build(), destination);
    }
}
