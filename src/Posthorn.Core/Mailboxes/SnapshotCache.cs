using System.Collections.Concurrent;
using Posthorn.Core.Changes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Mailboxes;

/// <summary>
/// The newest snapshot of each mailbox somebody has open, shared by all sessions and brought up from the change log. Bounded by messages held; what was
/// used longest ago goes first (a session keeps its own reference, so nothing it shows disappears).
/// </summary>
internal sealed class SnapshotCache(IStore store)
{
    /// <summary>Messages in all cached snapshots: 4 million are about 96 MiB.</summary>
    private const long MaxMessages = 4_000_000;

    private readonly ConcurrentDictionary<(AccountId, MailboxId), Slot> _slots = new();
    private long _clock;

    /// <summary>The state of now; null when there is no such mailbox.</summary>
    public async ValueTask<MailboxSnapshot?> GetAsync(AccountId account, MailboxId mailbox, CancellationToken cancel)
    {
        Slot slot = _slots.GetOrAdd((account, mailbox), static _ => new Slot());
        slot.LastUsed = Interlocked.Increment(ref _clock);

        // One loads, the others wait for it: a hundred sessions that wake together read the rows once.
        await slot.Gate.WaitAsync(cancel);
        try
        {
            MailboxSnapshot? before = slot.Snapshot;
            slot.Snapshot = await store.ReadAsync(account, session => BringUpAsync(session, account, mailbox, before), cancel);
            if (slot.Snapshot is null)
            {
                _slots.TryRemove((account, mailbox), out _);
            }

            return slot.Snapshot;
        }
        finally
        {
            slot.Gate.Release();
            if ((slot.LastUsed & 255) == 0)
            {
                Trim();
            }
        }
    }

    private static async ValueTask<MailboxSnapshot?> BringUpAsync(IReadSession session, AccountId account, MailboxId id, MailboxSnapshot? before)
    {
        if (await session.Mailboxes.GetAsync(account, id) is not { IsContainer: false } mailbox)
        {
            return null;
        }

        if (before is not null && before.Mailbox.HighestModSeq == mailbox.HighestModSeq)
        {
            return before.Mailbox.Keywords.Count == mailbox.Keywords.Count && before.Mailbox.Name == mailbox.Name ? before : before.With(mailbox, [], UidSet.Empty);
        }

        var entries = new List<MessageEntry>(before is null ? mailbox.Messages : 16);
        if (before is null || before.Mailbox.HighestModSeq < await session.Changes.OldestAsync(account))
        {
            await session.Messages.EntriesAsync(account, id, UidSet.All, entries);
            return MailboxSnapshot.From(mailbox, entries);
        }

        UidSet touched = UidSet.Empty, vanished = UidSet.Empty;
        foreach (ChangeEntry entry in await session.Changes.SinceAsync(account, CollectionKind.Mailbox, id.Value, before.Mailbox.HighestModSeq))
        {
            if (entry.Change == ChangeKind.Removed)
            {
                vanished = vanished.Union(entry.Ids);
            }
            else
            {
                touched = touched.Union(entry.Ids);
            }
        }

        await session.Messages.EntriesAsync(account, id, touched, entries);
        return before.With(mailbox, entries, vanished);
    }

    private void Trim()
    {
        long held = 0;
        foreach (Slot slot in _slots.Values)
        {
            held += slot.Snapshot?.Count ?? 0;
        }

        if (held <= MaxMessages)
        {
            return;
        }

        foreach (((AccountId, MailboxId) key, Slot slot) in _slots.OrderBy(pair => pair.Value.LastUsed))
        {
            _slots.TryRemove(key, out _);
            held -= slot.Snapshot?.Count ?? 0;
            if (held <= MaxMessages)
            {
                return;
            }
        }
    }

    private sealed class Slot
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public MailboxSnapshot? Snapshot { get; set; }

        public long LastUsed { get; set; }
    }
}
