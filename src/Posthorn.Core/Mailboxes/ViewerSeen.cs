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
    private readonly Dictionary<uint, ModSeq> _changed;
    private readonly ModSeq _floor;

    private ViewerSeen(UidSet seen, Dictionary<uint, ModSeq> changed, ModSeq floor, ModSeq upTo) => (_seen, _changed, _floor, UpTo) = (seen, changed, floor, upTo);

    /// <summary>Modseqs that are known.</summary>
    public int Count => _changed.Count;

    /// <summary>The mailbox's modseq when it was read.</summary>
    public ModSeq UpTo { get; }

    /// <summary>To go on from where changes up to here do not matter.</summary>
    public static ViewerSeen From(ModSeq modSeq) => new(UidSet.Empty, [], default, modSeq);

    /// <param name="session">Of one state.</param>
    /// <param name="account">Whose mailbox it is.</param>
    /// <param name="mailbox">The mailbox.</param>
    /// <param name="viewer">The guest.</param>
    /// <param name="before">What was read earlier: only what the log holds since then is read. Null: all of it.</param>
    public static ValueTask<ViewerSeen> ReadAsync(IReadSession session, AccountId account, MailboxId mailbox, AccountId viewer, ViewerSeen? before) =>
        ReadAsync(session.Mailboxes, session.Changes, account, mailbox, viewer, before);

    /// <summary>Within a transaction nobody reads the whole log, for which all other writers would wait.</summary>
    public static ValueTask<ViewerSeen> ReadAsync(IWriteSession session, AccountId account, MailboxId mailbox, AccountId viewer, ViewerSeen before) =>
        ReadAsync(session.Mailboxes, session.Changes, account, mailbox, viewer, before);

    /// <summary>Which messages are seen, without their modseqs: nothing of the log is read.</summary>
    public static ValueTask<ViewerSeen> FlagsAsync(IReadSession session, AccountId account, MailboxId mailbox, AccountId viewer) => FlagsAsync(session.Mailboxes, account, mailbox, viewer);

    /// <inheritdoc cref="FlagsAsync(IReadSession, AccountId, MailboxId, AccountId)"/>
    public static ValueTask<ViewerSeen> FlagsAsync(IWriteSession session, AccountId account, MailboxId mailbox, AccountId viewer) => FlagsAsync(session.Mailboxes, account, mailbox, viewer);

    private static async ValueTask<ViewerSeen> FlagsAsync(IReadMailboxes mailboxes, AccountId account, MailboxId mailbox, AccountId viewer) =>
        new(await mailboxes.SeenAsync(account, mailbox, viewer) ?? UidSet.Empty, [], default, default);

    private static async ValueTask<ViewerSeen> ReadAsync(
        IReadMailboxes mailboxes, IReadChanges log, AccountId account, MailboxId mailbox, AccountId viewer, ViewerSeen? before)
    {
        ModSeq highest = (await mailboxes.GetAsync(account, mailbox))?.HighestModSeq ?? default;
        if (await mailboxes.SeenAsync(account, mailbox, viewer) is not { } seen)
        {
            return new ViewerSeen(UidSet.Empty, [], default, highest);
        }

        // RFC 7162 §3.1.2.1: no message's modseq is above its mailbox's. The log is the account's, and may be trimmed beyond the mailbox's last change.
        ModSeq oldest = await log.OldestAsync(account);
        IReadOnlyList<ChangeEntry> changes = await log.OfViewerAsync(account, mailbox, viewer, before?.UpTo ?? default);
        return new ViewerSeen(seen, changes.Count == 0 && before is not null ? before._changed : Changed(changes, before), highest < oldest ? highest : oldest, highest);
    }

    // The newest first, and past what is known already in one step: what a message went through before costs nothing.
    private static Dictionary<uint, ModSeq> Changed(IReadOnlyList<ChangeEntry> changes, ViewerSeen? before)
    {
        Dictionary<uint, ModSeq> changed = before is null ? [] : new(before._changed);
        var beyond = new Dictionary<uint, uint>();
        foreach (ChangeEntry change in changes.Reverse())
        {
            foreach (UidRange range in change.Ids.Ranges)
            {
                for (uint uid = Unknown(beyond, range.First); uid <= range.Last; uid = Unknown(beyond, uid + 1))
                {
                    changed[uid] = change.ModSeq;
                    beyond[uid] = uid + 1;
                }
            }
        }

        return changed;
    }

    /// <summary>The first UID from here on of which nothing is known.</summary>
    /// <param name="beyond">For each UID that is known one behind it, and none between them that is not.</param>
    /// <param name="uid">Where to begin.</param>
    private static uint Unknown(Dictionary<uint, uint> beyond, uint uid)
    {
        uint found = uid;
        while (beyond.TryGetValue(found, out uint next))
        {
            found = next;
        }

        // Who passes here again goes straight there.
        while (uid != found)
        {
            uint next = beyond[uid];
            beyond[uid] = found;
            uid = next;
        }

        return found;
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
        UidSet changed = isSeen ? uids.Except(_seen) : uids.Intersect(_seen);
        if (changed.IsEmpty)
        {
            return changed;
        }

        ModSeq modSeq = await session.ModSeqAsync(account);
        UidSet seen = isSeen ? _seen.Union(changed) : _seen.Except(changed);
        await session.Mailboxes.SetSeenAsync(account, mailbox, viewer, seen, modSeq);
        await session.Mailboxes.ChangeAsync(account, mailbox, default, modSeq);
        await session.Changes.AddAsync(account, modSeq, CollectionKind.Mailbox, mailbox.Value, ChangeKind.Changed, changed, viewer);
        return changed;
    }
}
