using Posthorn.Core.Changes;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Mailboxes;

/// <summary>The hot part of a message in a mailbox: 24 bytes.</summary>
public readonly record struct MessageEntry(uint Uid, MessageFlags Flags, ModSeq ModSeq);

/// <summary>
/// A mailbox as it was at one modseq, in UID order: position + 1 is the sequence number. Immutable; the next one shares all chunks
/// that did not change, so a thousand sessions on one mailbox hold one copy. Of a large mailbox only the newest messages are read at first (<see cref="SnapshotHead"/>): who looks at others awaits
/// <see cref="LoadAsync(CancellationToken)"/> before it.
/// </summary>
public sealed class MailboxSnapshot
{
    /// <summary>Messages of a full chunk: what one flag change copies.</summary>
    private const int ChunkSize = 512;

    // Older messages; null: all are in the chunks.
    private readonly SnapshotHead? _head;
    private readonly Part _tail;
    private Part? _whole;

    private MailboxSnapshot(Mailbox mailbox, MessageEntry[][] chunks, SnapshotHead? head = null)
    {
        (Mailbox, _head, _tail) = (mailbox, head, new Part(chunks, head?.Count ?? 0));
        Count = _tail.End;
    }

    /// <summary>The mailbox row of the same moment (UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ, keywords).</summary>
    public Mailbox Mailbox { get; }

    public int Count { get; }

    /// <summary>By position from 0.</summary>
    public MessageEntry this[int index]
    {
        get
        {
            Part part = index < _head?.Count ? Whole : _tail;
            int chunk = Array.BinarySearch(part.Starts, index);
            chunk = chunk < 0 ? ~chunk - 1 : chunk;
            return part.Chunks[chunk][index - part.Starts[chunk]];
        }
    }

    /// <summary>All messages; the older ones were read.</summary>
    private Part Whole => _head is null ? _tail : _whole ??= new Part([.. _head.Chunks, .. _tail.Chunks], 0);

    public static MailboxSnapshot From(Mailbox mailbox, IReadOnlyList<MessageEntry> entries) => new(mailbox, ChunksOf(entries));

    /// <param name="newest">The newest messages; <paramref name="head"/> has all others.</param>
    internal static MailboxSnapshot From(Mailbox mailbox, IReadOnlyList<MessageEntry> newest, SnapshotHead head) => new(mailbox, ChunksOf(newest), head);

    /// <summary>In chunks as snapshots have them.</summary>
    internal static MessageEntry[][] ChunksOf(IReadOnlyList<MessageEntry> entries)
    {
        var chunks = new MessageEntry[(entries.Count + ChunkSize - 1) / ChunkSize][];
        for (int i = 0; i < chunks.Length; i++)
        {
            int start = i * ChunkSize;
            var chunk = new MessageEntry[Math.Min(ChunkSize, entries.Count - start)];
            for (int j = 0; j < chunk.Length; j++)
            {
                chunk[j] = entries[start + j];
            }

            chunks[i] = chunk;
        }

        return chunks;
    }

    /// <summary>Nothing of it is still to be read.</summary>
    public bool IsWhole => _head is not { IsLoaded: false };

    /// <summary>Positions before this one may still have to be read.</summary>
    public int FirstHeld => IsWhole ? 0 : _head!.Count;

    /// <summary>Reads what was not read yet: to be awaited by who is going to look at older messages.</summary>
    public async ValueTask LoadAsync(CancellationToken cancel)
    {
        if (!IsWhole)
        {
            await _head!.LoadAsync().WaitAsync(cancel);
        }
    }

    /// <summary>The same for who looks at no message before a position.</summary>
    public ValueTask LoadAsync(int from, CancellationToken cancel) => from < FirstHeld ? LoadAsync(cancel) : ValueTask.CompletedTask;

    /// <summary>The same for who looks at these UIDs, whether they are there or not.</summary>
    public ValueTask LoadAsync(UidSet uids, CancellationToken cancel) =>
        _head is not null && Overlaps(uids, 1, _head.LastUid) ? LoadAsync(cancel) : ValueTask.CompletedTask;

    /// <summary>Reads what comparing two snapshots of one mailbox looks at: nothing where they share the older messages, which is all but always.</summary>
    public static async ValueTask LoadAsync(MailboxSnapshot one, MailboxSnapshot other, CancellationToken cancel)
    {
        if (one._head != other._head)
        {
            await one.LoadAsync(cancel);
            await other.LoadAsync(cancel);
        }
    }

    /// <summary>Position of the first message that is not seen. Null: there is none, or finding it would mean to read the whole of a large mailbox.</summary>
    public int? FirstUnseen()
    {
        Part part = IsWhole ? Whole : _tail;
        return Unseen.First(part.Chunks, part.Starts, Mailbox.Unseen, IsWhole);
    }

    /// <summary>All messages in UID order; they were all read.</summary>
    public IEnumerable<MessageEntry> Enumerate() => Whole.Chunks.SelectMany(chunk => chunk);

    /// <summary>Position of a UID, or the complement of where it would stand (as Array.BinarySearch).</summary>
    public int IndexOf(uint uid)
    {
        Part part = uid <= _head?.LastUid ? Whole : _tail;
        int low = 0, high = part.Chunks.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            MessageEntry[] chunk = part.Chunks[middle];
            if (uid < chunk[0].Uid)
            {
                high = middle - 1;
            }
            else if (uid > chunk[^1].Uid)
            {
                low = middle + 1;
            }
            else
            {
                int inside = IndexIn(chunk, uid);
                return inside >= 0 ? part.Starts[middle] + inside : ~(part.Starts[middle] + ~inside);
            }
        }

        return ~(low < part.Chunks.Length ? part.Starts[low] : Count);
    }

    /// <summary>
    /// Of the messages that a client knew those that are gone, by what the log says of the time up to this snapshot. Where it says nothing (null), all that are not here, and all were read:
    /// the client hears of some again, and misses none (RFC 7162 §3.2.6).
    /// </summary>
    public UidSet Vanished(UidSet known, ChangedUids? logged)
    {
        UidSet given = Mailbox.UidNext == 1 ? UidSet.Empty : known.Intersect(UidSet.Of(1, Mailbox.UidNext - 1));
        UidSet removed = logged is null ? given : logged.Removed.Intersect(given);
        if (IsWhole || logged is null)
        {
            return Lacking(removed);
        }

        // What is not read yet is as it was at the snapshot's modseq: of what was removed by then, nothing.
        return removed.Intersect(UidSet.Of(1, _head!.LastUid)).Union(Lacking(removed.Intersect(UidSet.Of(_head.LastUid + 1, uint.MaxValue))));
    }

    /// <summary>The next snapshot: <paramref name="changed"/> (in UID order) replaces or adds messages, <paramref name="vanished"/> takes them out.</summary>
    public MailboxSnapshot With(Mailbox mailbox, IReadOnlyList<MessageEntry> changed, UidSet vanished)
    {
        bool touchesHead = NeedsHead(changed, vanished);
        MessageEntry[][] before = touchesHead ? Whole.Chunks : _tail.Chunks;
        var chunks = new List<MessageEntry[]>(before.Length + 1);
        int next = 0;
        for (int i = 0; i < before.Length; i++)
        {
            MessageEntry[] chunk = before[i];
            // What comes before the next chunk's first UID belongs here: UIDs only grow, so real additions go to the last.
            uint until = i + 1 < before.Length ? before[i + 1][0].Uid - 1 : uint.MaxValue;
            int from = next;
            while (next < changed.Count && changed[next].Uid <= until)
            {
                next++;
            }

            bool touched = next > from || Overlaps(vanished, chunk[0].Uid, chunk[^1].Uid);
            AddChunks(chunks, touched ? Merge(chunk, changed, from, next, vanished) : chunk);
        }

        if (before.Length == 0)
        {
            AddChunks(chunks, Merge([], changed, 0, changed.Count, vanished));
        }

        return new MailboxSnapshot(mailbox, [.. chunks], touchesHead ? null : _head);
    }

    /// <summary>The older messages are needed to make the next snapshot of these changes, or to have a last message after them.</summary>
    internal bool NeedsHead(IReadOnlyList<MessageEntry> changed, UidSet vanished) =>
        _head is not null
        && ((changed.Count > 0 && changed[0].Uid <= _head.LastUid) || Overlaps(vanished, 1, _head.LastUid)
            || (!vanished.IsEmpty && _tail.Chunks.All(chunk => chunk.All(message => vanished.Contains(message.Uid)))));

    /// <summary>The mailbox as somebody else than its owner has it.</summary>
    internal MailboxSnapshot For(ViewerSeen seen)
    {
        int unseen = 0;
        MessageEntry[][] whole = Whole.Chunks;
        var chunks = new MessageEntry[whole.Length][];
        for (int i = 0; i < chunks.Length; i++)
        {
            chunks[i] = new MessageEntry[whole[i].Length];
            for (int j = 0; j < chunks[i].Length; j++)
            {
                chunks[i][j] = seen.Of(whole[i][j]);
                unseen += chunks[i][j].Flags.HasFlag(MessageFlags.Seen) ? 0 : 1;
            }
        }

        return new MailboxSnapshot(Mailbox with { Unseen = unseen }, chunks);
    }

    /// <summary>What differs between two snapshots of one mailbox; chunks they share are passed over without a look.</summary>
    public static SnapshotChanges Compare(MailboxSnapshot before, MailboxSnapshot after)
    {
        var vanished = new UidSet.Builder();
        var changed = new List<MessageEntry>();
        var added = new List<MessageEntry>();
        bool shareHead = before._head == after._head;
        Cursor left = new((shareHead ? before._tail : before.Whole).Chunks), right = new((shareHead ? after._tail : after.Whole).Chunks);
        while (!left.IsAtEnd || !right.IsAtEnd)
        {
            if (Cursor.SkipShared(ref left, ref right))
            {
                continue;
            }

            if (right.IsAtEnd || (!left.IsAtEnd && left.Entry.Uid < right.Entry.Uid))
            {
                vanished.Add(left.Entry.Uid);
                left.Move();
            }
            else if (left.IsAtEnd || right.Entry.Uid < left.Entry.Uid)
            {
                added.Add(right.Entry);
                right.Move();
            }
            else
            {
                if (left.Entry != right.Entry)
                {
                    changed.Add(right.Entry);
                }

                left.Move();
                right.Move();
            }
        }

        return new SnapshotChanges(vanished.Build(), changed, added);
    }

    /// <summary>Those of a set that are not here.</summary>
    public UidSet Lacking(UidSet uids)
    {
        var lacking = new UidSet.Builder();
        foreach (UidRange range in uids.Span)
        {
            int position = IndexOf(range.First);
            position = position < 0 ? ~position : position;
            long next = range.First;
            for (; position < Count && this[position].Uid is var uid && uid <= range.Last; position++)
            {
                if (uid > next)
                {
                    lacking.Add((uint)next, uid - 1);
                }

                next = (long)uid + 1;
            }

            if (next <= range.Last)
            {
                lacking.Add((uint)next, range.Last);
            }
        }

        return lacking.Build();
    }

    /// <summary>
    /// This snapshot with the messages of <paramref name="before"/> that are gone put back where they stood: what a session may see while a
    /// command forbids EXPUNGE (RFC 9051 §7.5.1).
    /// </summary>
    /// <param name="vanished">What is gone, as <see cref="Compare"/> says.</param>
    public MailboxSnapshot Retaining(MailboxSnapshot before, UidSet vanished)
    {
        var gone = new List<MessageEntry>();
        foreach (uint uid in vanished.Enumerate())
        {
            gone.Add(before[before.IndexOf(uid)]);
        }

        return With(Mailbox, gone, UidSet.Empty);
    }

    private static bool Overlaps(UidSet set, uint first, uint last)
    {
        foreach (UidRange range in set.Span)
        {
            if (range.First <= last && range.Last >= first)
            {
                return true;
            }
        }

        return false;
    }

    private static List<MessageEntry> Merge(MessageEntry[] chunk, IReadOnlyList<MessageEntry> changed, int from, int to, UidSet vanished)
    {
        var merged = new List<MessageEntry>(chunk.Length + to - from);
        int i = 0, next = from;
        while (i < chunk.Length || next < to)
        {
            bool takeChanged = i == chunk.Length || (next < to && changed[next].Uid <= chunk[i].Uid);
            MessageEntry entry = takeChanged ? changed[next] : chunk[i];
            if (takeChanged)
            {
                next++;
            }

            if (i < chunk.Length && chunk[i].Uid == entry.Uid)
            {
                i++;
            }

            if (!vanished.Contains(entry.Uid))
            {
                merged.Add(entry);
            }
        }

        return merged;
    }

    private static void AddChunks(List<MessageEntry[]> chunks, IReadOnlyList<MessageEntry> entries)
    {
        if (entries is MessageEntry[] untouched)
        {
            chunks.Add(untouched);
            return;
        }

        for (int start = 0; start < entries.Count; start += ChunkSize)
        {
            chunks.Add([.. entries.Skip(start).Take(ChunkSize)]);
        }
    }

    private static int IndexIn(MessageEntry[] chunk, uint uid)
    {
        int low = 0, high = chunk.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = chunk[middle].Uid.CompareTo(uid);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }

    /// <summary>Chunks that follow each other, with the position of each one's first message.</summary>
    private sealed class Part
    {
        public Part(MessageEntry[][] chunks, int start)
        {
            (Chunks, Starts, End) = (chunks, new int[chunks.Length], start);
            for (int i = 0; i < chunks.Length; i++)
            {
                Starts[i] = End;
                End += chunks[i].Length;
            }
        }

        public MessageEntry[][] Chunks { get; }

        public int[] Starts { get; }

        /// <summary>Position after the last message.</summary>
        public int End { get; }
    }

    /// <summary>A place in a snapshot.</summary>
    private struct Cursor(MessageEntry[][] chunks)
    {
        private readonly MessageEntry[][] _chunks = chunks;
        private int _chunk;
        private int _index;

        public readonly bool IsAtEnd => _chunk == _chunks.Length;

        public readonly MessageEntry Entry => _chunks[_chunk][_index];

        public void Move()
        {
            if (++_index == _chunks[_chunk].Length)
            {
                (_chunk, _index) = (_chunk + 1, 0);
            }
        }

        /// <summary>When both stand at the start of one and the same chunk, both go past it.</summary>
        public static bool SkipShared(ref Cursor left, ref Cursor right)
        {
            if (left.IsAtEnd || right.IsAtEnd || left._index != 0 || right._index != 0 || left._chunks[left._chunk] != right._chunks[right._chunk])
            {
                return false;
            }

            left._chunk++;
            right._chunk++;
            return true;
        }
    }
}

/// <param name="Vanished">UIDs that were in the older and are not in the newer.</param>
/// <param name="Changed">Messages in both whose flags or modseq differ, as they are in the newer.</param>
/// <param name="Added">Messages only in the newer.</param>
public sealed record SnapshotChanges(UidSet Vanished, IReadOnlyList<MessageEntry> Changed, IReadOnlyList<MessageEntry> Added)
{
    public bool IsEmpty => Vanished.IsEmpty && Changed.Count == 0 && Added.Count == 0;
}
