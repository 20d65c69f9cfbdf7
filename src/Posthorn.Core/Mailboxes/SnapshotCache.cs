using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
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

    /// <summary>Mailboxes up to this size are read whole; of larger ones the newest <see cref="NewestMessages"/> first, so that opening one costs the same whatever it holds.</summary>
    internal int WholeMessages { get; set; } = 8_192;

    internal int NewestMessages { get; set; } = 2_048;

    private readonly ConcurrentDictionary<(AccountId, MailboxId), Slot> _slots = new();
    private long _clock;

    // Mailboxes whose counter and rows disagree: read whole. posthorn check names and repairs them.
    private readonly ConcurrentDictionary<(AccountId, MailboxId), bool> _miscounted = new();

    // Views of guests go with the snapshot that they were made of.
    private readonly ConditionalWeakTable<MailboxSnapshot, ConcurrentDictionary<AccountId, MailboxSnapshot>> _views = new();

    /// <summary>The state of now as a guest has it: \Seen is the guest's own.</summary>
    public async ValueTask<MailboxSnapshot?> GetAsync(AccountId account, MailboxId mailbox, AccountId viewer, CancellationToken cancel)
    {
        while (await GetAsync(account, mailbox, cancel) is { } shared)
        {
            ConcurrentDictionary<AccountId, MailboxSnapshot> views = _views.GetValue(shared, static _ => new ConcurrentDictionary<AccountId, MailboxSnapshot>());
            if (views.TryGetValue(viewer, out MailboxSnapshot? known))
            {
                return known;
            }

            _slots.TryGetValue((account, mailbox), out Slot? slot);
            ViewerSeen? before = slot?.Seen.GetValueOrDefault(viewer);

            // A change of \Seen raises the mailbox's modseq: at the same one, both are of one state.
            ViewerSeen? seen = await store.ReadAsync(
                account,
                async session => (await session.Mailboxes.GetAsync(account, mailbox))?.HighestModSeq == shared.Mailbox.HighestModSeq
                    ? await ViewerSeen.ReadAsync(session, account, mailbox, viewer, before)
                    : null,
                cancel);
            if (seen is not null)
            {
                slot?.Seen[viewer] = seen;
                await shared.LoadAsync(cancel);
                return views.GetOrAdd(viewer, shared.For(seen));
            }
        }

        return null;
    }

    /// <summary>The state of now; null when there is no such mailbox.</summary>
    public async ValueTask<MailboxSnapshot?> GetAsync(AccountId account, MailboxId mailbox, CancellationToken cancel)
    {
        Slot slot = _slots.GetOrAdd((account, mailbox), static _ => new Slot());
        slot.LastUsed = Interlocked.Increment(ref _clock);

        // One loads, the others wait for it: a hundred sessions that wake together read the rows once.
        await slot.Gate.WaitAsync(cancel);
        try
        {
            MailboxSnapshot? before = slot.Snapshot is { IsWhole: false } && _miscounted.ContainsKey((account, mailbox)) ? null : slot.Snapshot;
            Step? step = await store.ReadAsync(account, session => BringUpAsync(session, account, mailbox, before), cancel);
            if (step?.NeedsHead is true)
            {
                // Outside of that read: two reads of one caller could wait for each other's connections.
                await step.Before.LoadAsync(cancel);
            }

            slot.Snapshot = step?.Make();
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

    /// <summary>Drops them all; sessions keep theirs.</summary>
    internal void Clear() => _slots.Clear();

    private async ValueTask<Step?> BringUpAsync(IReadSession session, AccountId account, MailboxId id, MailboxSnapshot? before)
    {
        if (before is not null)
        {
            session.Changes.Expect(account, id, before.Mailbox.HighestModSeq);
        }

        if (await session.Mailboxes.GetAsync(account, id) is not { IsContainer: false } mailbox)
        {
            return null;
        }

        if (before is not null && before.Mailbox.HighestModSeq == mailbox.HighestModSeq)
        {
            return before.Mailbox.Keywords.Count == mailbox.Keywords.Count && before.Mailbox.Name == mailbox.Name
                ? new Step(before, mailbox, null, UidSet.Empty)
                : new Step(before, mailbox, [], UidSet.Empty);
        }

        if (before is null || before.Mailbox.HighestModSeq < await session.Changes.OldestAsync(account))
        {
            return new Step(await OpenAsync(session, account, mailbox), mailbox, null, UidSet.Empty);
        }

        var entries = new List<MessageEntry>(16);
        ChangedUids changed = await session.Changes.UidsSinceAsync(account, id, before.Mailbox.HighestModSeq);
        await session.Messages.EntriesAsync(account, id, changed.Touched, entries);
        return new Step(before, mailbox, entries, changed.Removed);
    }

    private async ValueTask<MailboxSnapshot> OpenAsync(IReadSession session, AccountId account, Mailbox mailbox)
    {
        if (mailbox.Messages > WholeMessages && !_miscounted.ContainsKey((account, mailbox.Id)))
        {
            IReadOnlyList<MessageEntry> newest = await session.Messages.NewestAsync(account, mailbox.Id, NewestMessages);
            if (newest.Count == NewestMessages)
            {
                int older = mailbox.Messages - newest.Count;
                uint last = newest[0].Uid - 1;
                return MailboxSnapshot.From(mailbox, newest, new SnapshotHead(older, last, () => LoadAsync(account, mailbox, last, older)));
            }
        }

        var entries = new List<MessageEntry>(mailbox.Messages);
        await session.Messages.EntriesAsync(account, mailbox.Id, UidSet.All, entries);
        return MailboxSnapshot.From(mailbox, entries);
    }

    /// <summary>The older messages of a mailbox as it was at <paramref name="then"/>.</summary>
    private async Task<MessageEntry[][]> LoadAsync(AccountId account, Mailbox then, uint last, int expected)
    {
        List<MessageEntry> older = await store.ReadAsync(account, session => OlderAsync(session, account, then, last, expected), CancellationToken.None);
        if (older.Count == expected)
        {
            return MailboxSnapshot.ChunksOf(older);
        }

        // The counter of the mailbox is wrong: who opens it from now on gets what its rows say.
        _miscounted.TryAdd((account, then.Id), true);
        throw new StoreUnavailableException(
            $"Mailbox {then.Id} of account {account} should hold {expected} older messages, but has {older.Count}: open it again, and run posthorn check.", isFull: false);
    }

    private static async ValueTask<List<MessageEntry>> OlderAsync(IReadSession session, AccountId account, Mailbox then, uint last, int expected)
    {
        var entries = new List<MessageEntry>(expected);
        await session.Messages.EntriesAsync(account, then.Id, UidSet.Of(1, last), entries);
        for (int i = 0; i < entries.Count; i++)
        {
            // Changed since: what it was is gone, but it still differs from what comes after.
            entries[i] = entries[i].ModSeq > then.HighestModSeq ? entries[i] with { ModSeq = then.HighestModSeq } : entries[i];
        }

        foreach (ChangeEntry entry in await session.Changes.SinceAsync(account, CollectionKind.Mailbox, then.Id.Value, then.HighestModSeq))
        {
            // A message expunged since: its flags are gone, its place is not.
            entries.AddRange(entry.Change == ChangeKind.Removed
                ? entry.Ids.Ranges.Where(range => range.First <= last).SelectMany(range => UidSet.Of(range.First, Math.Min(range.Last, last)).Enumerate()).Select(uid => new MessageEntry(uid, MessageFlags.None, then.HighestModSeq))
                : []);
        }

        entries.Sort(static (left, right) => left.Uid.CompareTo(right.Uid));
        return entries;
    }

    private void Trim()
    {
        long held = 0;
        foreach (Slot slot in _slots.Values)
        {
            held += Held(slot);
        }

        if (held <= MaxMessages)
        {
            return;
        }

        foreach (((AccountId, MailboxId) key, Slot slot) in _slots.OrderBy(pair => pair.Value.LastUsed))
        {
            _slots.TryRemove(key, out _);
            held -= Held(slot);
            if (held <= MaxMessages)
            {
                return;
            }
        }
    }

    private static int Held(Slot slot) => (slot.Snapshot is { } snapshot ? snapshot.Count - snapshot.FirstHeld : 0) + slot.Seen.Values.Sum(static seen => seen.Count);

    /// <summary>What leads from one snapshot to the next; null changes: to itself.</summary>
    private sealed record Step(MailboxSnapshot Before, Mailbox Mailbox, IReadOnlyList<MessageEntry>? Changed, UidSet Vanished)
    {
        public bool NeedsHead => Changed is not null && Before.NeedsHead(Changed, Vanished);

        public MailboxSnapshot Make() => Changed is null ? Before : Before.With(Mailbox, Changed, Vanished);
    }

    private sealed class Slot
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public MailboxSnapshot? Snapshot { get; set; }

        /// <summary>Of guests, as it was read last: the next is read from there.</summary>
        public ConcurrentDictionary<AccountId, ViewerSeen> Seen { get; } = new();

        public long LastUsed { get; set; }
    }
}
