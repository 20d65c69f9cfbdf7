using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <summary>A message on its way into another account: read before the transaction, as its contract wants. The octets are shared, no copy of them is made.</summary>
internal sealed record CrossingMessage(Message Row, StoredBody Body, MessageMetadata Metadata, bool IsSeen);

/// <summary>COPY and MOVE from one account's mailbox into another's, in one transaction of both.</summary>
internal static class TransferAcross
{
    public static async ValueTask<Result<Copied>> ApplyAsync(
        IWriteSession session, Actor actor, AccountId fromAccount, MailboxId from, AccountId toAccount, MailboxId to,
        IReadOnlyList<CrossingMessage> messages, bool move, DateTimeOffset now)
    {
        Visitor here = await Visitor.OfAsync(session, actor, fromAccount, from), there = await Visitor.OfAsync(session, actor, toAccount, to);
        Refusal? refusal = here.ObjectTo(Right.Read) ?? there.ObjectTo(Right.Insert) ?? (move ? here.ObjectTo(Right.DeleteMessages) ?? here.ObjectTo(Right.Expunge) : null);
        if (refusal is not null)
        {
            return refusal;
        }

        if (await session.Mailboxes.GetAsync(fromAccount, from) is not { } source)
        {
            return new Refusal.Expunged();
        }

        if (await session.Mailboxes.GetAsync(toAccount, to) is not { IsContainer: false } target)
        {
            return new Refusal.NotFound("mailbox");
        }

        // What went meanwhile stays away; the flags are those of now.
        Dictionary<uint, FiledMessage> filed = (await session.Messages.FiledAsync(fromAccount, from, UidSet.From(messages.Select(message => message.Row.Uid))))
            .ToDictionary(message => message.Uid);
        CrossingMessage[] present = [.. messages.Where(message => filed.TryGetValue(message.Row.Uid, out FiledMessage known) && known.Email == message.Row.Email)];
        Account? owner = await session.Directory.AccountAsync(toAccount);
        if (owner?.ObjectTo(present.Sum(message => message.Row.SizeBytes), present.Length) is { } full)
        {
            return full;
        }

        KeywordMap keywords = there.Rights.Has(Right.Write)
            ? await KeywordMap.BetweenAsync(session, toAccount, source, target, [.. present.Select(message => filed[message.Row.Uid])])
            : new KeywordMap([]);
        var filing = new Filing(session, toAccount, target, await session.ModSeqAsync(toAccount), now);
        var moved = new UidSet.Builder();
        var seen = new UidSet.Builder();
        foreach (CrossingMessage message in present)
        {
            moved.Add(message.Row.Uid);
            MessageFlags flags = filed[message.Row.Uid].Flags & ~MessageFlags.Seen;
            flags = keywords.Translate(flags | (message.IsSeen ? MessageFlags.Seen : MessageFlags.None)) & there.Changeable;
            if (there.IsGuest && flags.HasFlag(MessageFlags.Seen))
            {
                seen.Add(filing.NextUid);
            }

            await filing.AddAsync(message.Body, message.Metadata, message.Row.Prefix!, flags & there.Shared, message.Row.InternalDate, Uidl.New());
        }

        UidSet destination = present.Length == 0 ? UidSet.Empty : UidSet.Of(target.UidNext, target.UidNext + (uint)present.Length - 1);
        await filing.FinishAsync();
        if (seen.Build() is { IsEmpty: false } read)
        {
            await (await ViewerSeen.FlagsAsync(session, toAccount, to, there.Id)).SetAsync(session, toAccount, to, there.Id, read, isSeen: true);
        }

        if (move)
        {
            await Removal.ApplyAsync(session, fromAccount, from, [.. present.Select(message => filed[message.Row.Uid])], now);
        }

        await QuotaWarning.FileAsync(session, owner, now);
        return new Copied(target.UidValidity, moved.Build(), destination);
    }
}
