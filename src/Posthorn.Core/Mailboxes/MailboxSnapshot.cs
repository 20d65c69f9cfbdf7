using Posthorn.Core.Messages;

namespace Posthorn.Core.Mailboxes;

/// <summary>The hot part of a message in a mailbox: 24 bytes.</summary>
public readonly record struct MessageEntry(uint Uid, MessageFlags Flags, ModSeq ModSeq);

/// <summary>
/// A mailbox as it was at one modseq, in UID order: position + 1 is the sequence number. Immutable; the next one shares all chunks
/// that did not change, so a thousand sessions on one mailbox hold one copy.
/// </summary>
public sealed class MailboxSnapshot
{
    /// <summary>Messages of a full chunk: what one flag change copies.</summary>
    private const int ChunkSize = 512;

    private readonly MessageEntry[][] _chunks;

    // Position of each chunk's first message.
    private readonly int[] _starts;

    private MailboxSnapshot(Mailbox mailbox, MessageEntry[][] chunks)
    {
        (Mailbox, _chunks) = (mailbox, chunks);
        _starts = new int[chunks.Length];
        for (int i = 0; i < chunks.Length; i++)
        {
            _starts[i] = Count;
            Count += chunks[i].Length;
        }
    }

    /// <summary>The mailbox row of the same moment (UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ, keywords).</summary>
    public Mailbox Mailbox { get; }

    public int Count { get; }

    /// <summary>By position from 0.</summary>
    public MessageEntry this[int index]
    {
        get
        {
            int chunk = Array.BinarySearch(_starts, index);
            chunk = chunk < 0 ? ~chunk - 1 : chunk;
            return _chunks[chunk][index - _starts[chunk]];
        }
    }

    public static MailboxSnapshot From(Mailbox mailbox, IReadOnlyList<MessageEntry> entries)
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

        return new MailboxSnapshot(mailbox, chunks);
    }

    /// <summary>All messages in UID order.</summary>
    public IEnumerable<MessageEntry> Enumerate() => _chunks.SelectMany(chunk => chunk);

    /// <summary>Position of a UID, or the complement of where it would stand (as Array.BinarySearch).</summary>
    public int IndexOf(uint uid)
    {
        int low = 0, high = _chunks.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            MessageEntry[] chunk = _chunks[middle];
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
                return inside >= 0 ? _starts[middle] + inside : ~(_starts[middle] + ~inside);
            }
        }

        return ~(low < _chunks.Length ? _starts[low] : Count);
    }

    /// <summary>The next snapshot: <paramref name="changed"/> (in UID order) replaces or adds messages, <paramref name="vanished"/> takes them out.</summary>
    public MailboxSnapshot With(Mailbox mailbox, IReadOnlyList<MessageEntry> changed, UidSet vanished)
    {
        var chunks = new List<MessageEntry[]>(_chunks.Length + 1);
        int next = 0;
        for (int i = 0; i < _chunks.Length; i++)
        {
            MessageEntry[] chunk = _chunks[i];
            // What comes before the next chunk's first UID belongs here: UIDs only grow, so real additions go to the last.
            uint until = i + 1 < _chunks.Length ? _chunks[i + 1][0].Uid - 1 : uint.MaxValue;
            int from = next;
            while (next < changed.Count && changed[next].Uid <= until)
            {
                next++;
            }

            bool touched = next > from || Overlaps(vanished, chunk[0].Uid, chunk[^1].Uid);
            AddChunks(chunks, touched ? Merge(chunk, changed, from, next, vanished) : chunk);
        }

        if (_chunks.Length == 0)
        {
            AddChunks(chunks, Merge([], changed, 0, changed.Count, vanished));
        }

        return new MailboxSnapshot(mailbox, [.. chunks]);
    }

    /// <summary>What differs between two snapshots of one mailbox; chunks they share are passed over without a look.</summary>
    public static SnapshotChanges Compare(MailboxSnapshot before, MailboxSnapshot after)
    {
        var vanished = new UidSet.Builder();
        var changed = new List<MessageEntry>();
        var added = new List<MessageEntry>();
        Cursor left = new(before), right = new(after);
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

    /// <summary>
    /// This snapshot with the messages of <paramref name="before"/> that are gone put back where they stood: what a session may see while a
    /// command forbids EXPUNGE (RFC 9051 §7.5.1). Same snapshot when nothing is gone.
    /// </summary>
    public MailboxSnapshot Retaining(MailboxSnapshot before)
    {
        UidSet vanished = Compare(before, this).Vanished;
        if (vanished.IsEmpty)
        {
            return this;
        }

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

    /// <summary>A place in a snapshot.</summary>
    private struct Cursor(MailboxSnapshot snapshot)
    {
        private readonly MessageEntry[][] _chunks = snapshot._chunks;
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
