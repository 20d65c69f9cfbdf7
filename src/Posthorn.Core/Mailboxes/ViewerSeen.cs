using Posthorn.Core.Changes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Mailboxes;

/// <summary>Which messages of somebody else's mailbox a viewer has seen: \Seen is each reader's own there.</summary>
/// <remarks>
/// The row holds the set, the change log which of it changed at which modseq. So a message's modseq, to its viewer, is that of the message or of the last
/// change of its \Seen, whichever is higher. What was trimmed from the log counts as changed at its edge: told once more, never missed.
/// </remarks>
internal sealed class ViewerSeen
{
    private readonly UidSet _seen;
    private readonly Dictionary<uint, ModSeq> _changed = [];
    private readonly ModSeq _floor;

    private ViewerSeen(UidSet seen, IReadOnlyList<ChangeEntry> changes, ModSeq floor)
    {
        (_seen, _floor) = (seen, floor);

        // Oldest first: the last change of a message stays.
        foreach (ChangeEntry change in changes)
        {
            foreach (uint uid in change.Ids.Enumerate())
            {
                _changed[uid] = change.ModSeq;
            }
        }
    }

    public static ValueTask<ViewerSeen> ReadAsync(IReadSession session, AccountId account, MailboxId mailbox, AccountId viewer) =>
        ReadAsync(session.Mailboxes, session.Changes, account, mailbox, viewer);

    public static ValueTask<ViewerSeen> ReadAsync(IWriteSession session, AccountId account, MailboxId mailbox, AccountId viewer) =>
        ReadAsync(session.Mailboxes, session.Changes, account, mailbox, viewer);

    private static async ValueTask<ViewerSeen> ReadAsync(IReadMailboxes mailboxes, IReadChanges log, AccountId account, MailboxId mailbox, AccountId viewer)
    {
        if (await mailboxes.SeenAsync(account, mailbox, viewer) is not { } seen)
        {
            return new ViewerSeen(UidSet.Empty, [], default);
        }

        // RFC 7162 §3.1.2.1: no message's modseq is above its mailbox's. The log is the account's, and may be trimmed beyond the mailbox's last change.
        ModSeq oldest = await log.OldestAsync(account);
        ModSeq floor = await mailboxes.GetAsync(account, mailbox) is { } row && row.HighestModSeq < oldest ? row.HighestModSeq : oldest;
        return new ViewerSeen(seen, await log.OfViewerAsync(account, mailbox, viewer), floor);
    }

    /// <summary>The message as its viewer has it.</summary>
    public MessageEntry Of(MessageEntry message)
    {
        ModSeq modSeq = message.ModSeq < _floor ? _floor : message.ModSeq;
        if (_changed.TryGetValue(message.Uid, out ModSeq own) && own > modSeq)
        {
            modSeq = own;
        }

        MessageFlags flags = _seen.Contains(message.Uid) ? message.Flags | MessageFlags.Seen : message.Flags & ~MessageFlags.Seen;
        return message with { Flags = flags, ModSeq = modSeq };
    }

    /// <summary>Marks messages as seen, or as not seen; the modseq is the transaction's.</summary>
    public async ValueTask<UidSet> SetAsync(IWriteSession session, AccountId account, MailboxId mailbox, AccountId viewer, UidSet uids, bool isSeen)
    {
        UidSet changed = UidSet.From(uids.Enumerate().Where(uid => _seen.Contains(uid) != isSeen));
        if (changed.IsEmpty)
        {
            return changed;
        }

        ModSeq modSeq = await session.ModSeqAsync(account);
        UidSet seen = isSeen ? _seen.Union(changed) : UidSet.From(_seen.Enumerate().Where(uid => !changed.Contains(uid)));
        await session.Mailboxes.SetSeenAsync(account, mailbox, viewer, seen, modSeq);
        await session.Mailboxes.ChangeAsync(account, mailbox, default, modSeq);
        await session.Changes.AddAsync(account, modSeq, CollectionKind.Mailbox, mailbox.Value, ChangeKind.Changed, changed, viewer);
        return changed;
    }
}
