using Posthorn.Core.Changes;
using Posthorn.Core.Scheduling;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <summary>Takes messages out of a mailbox: rows, counters, quota, log, and what was planned for them.</summary>
internal static class Removal
{
    public static async ValueTask<UidSet> ApplyAsync(IWriteSession session, AccountId account, MailboxId mailbox, IReadOnlyList<FiledMessage> gone, DateTimeOffset now)
    {
        if (gone.Count == 0)
        {
            return UidSet.Empty;
        }

        ModSeq modSeq = await session.ModSeqAsync(account);
        int unseen = 0, deleted = 0;
        long size = 0;
        var uids = new UidSet.Builder();
        foreach (FiledMessage message in gone)
        {
            uids.Add(message.Uid);
            unseen += message.Flags.HasFlag(MessageFlags.Seen) ? 0 : 1;
            deleted += message.Flags.HasFlag(MessageFlags.Deleted) ? 1 : 0;
            size += message.SizeBytes;
        }

        UidSet set = uids.Build();
        await Plans.EndAsync(session, account, mailbox, set, now);
        await session.Messages.UnfileAsync(account, mailbox, gone);
        await session.Mailboxes.ChangeAsync(account, mailbox, new MailboxDelta(0, -gone.Count, -unseen, -deleted, -size), modSeq);
        await session.Directory.AddUsageAsync(account, -size, -gone.Count);
        await session.Changes.AddAsync(account, modSeq, CollectionKind.Mailbox, mailbox.Value, ChangeKind.Removed, set);
        return set;
    }
}
