using Posthorn.Core.Access;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <param name="ContinueAfter">The last UID looked at when more remain.</param>
/// <param name="ModSeq">Null when nothing changed.</param>
internal sealed record FlagChunk(UidSet Changed, UidSet Modified, ModSeq? ModSeq, uint? ContinueAfter);

/// <summary>One transaction of STORE: range updates, one log entry.</summary>
internal static class FlagChanges
{
    /// <summary>Messages of a transaction: some 15 ms of the writer, for which others wait. Fewer would cost a sync for each so many.</summary>
    public const int ChunkSize = 10_000;

    public static async ValueTask<Result<FlagChunk>> ApplyAsync(
        IWriteSession session, AccountId account, MailboxId id, UidSet uids, uint after, FlagChange change, ModSeq? unchangedSince, Visitor visitor = default,
        ViewerSeen? known = null)
    {
        if (await session.Mailboxes.GetAsync(account, id) is not { } mailbox)
        {
            return new Refusal.NotFound("mailbox");
        }

        // Taking a keyword away does not need to name it.
        IReadOnlyList<string> wanted = change.Operation == FlagOperation.Remove || !visitor.Rights.Has(Right.Write) ? [] : change.Keywords;
        Result<Keywords> named = await Keywords.NameAsync(session, account, mailbox, wanted);
        if (!named.TryGet(out Keywords? keywords, out Refusal? refusal))
        {
            return refusal;
        }

        MessageFlags mask = (change.Flags & MessageFlags.System) | keywords.Mask(change.Keywords);
        MessageFlags touched = change.Operation == FlagOperation.Replace ? ~MessageFlags.None : mask;

        if (visitor.IsGuest && Object(visitor, change) is { } objection)
        {
            return objection;
        }

        (MessageFlags keep, MessageFlags set) = change.Operation switch
        {
            FlagOperation.Replace => (MessageFlags.None, mask),
            FlagOperation.Add => (~MessageFlags.None, mask),
            _ => (~mask, MessageFlags.None),
        };

        (keep, set) = (keep | ~visitor.Shared, set & visitor.Shared);
        var entries = new List<MessageEntry>();
        await session.Messages.EntriesAsync(account, id, After(uids, after), entries, ChunkSize + 1);
        ViewerSeen? seen = !visitor.IsGuest ? null
            : known is null ? await ViewerSeen.FlagsAsync(session, account, id, visitor.Id)
            : await ViewerSeen.ReadAsync(session, account, id, visitor.Id, known);
        if (seen is not null && unchangedSince is not null)
        {
            // The guest's modseq counts; the owner's \Seen stays where it is.
            entries = [.. entries.Select(entry => entry with { ModSeq = seen.Of(entry).ModSeq })];
        }

        uint? continueAfter = entries.Count > ChunkSize ? entries[ChunkSize - 1].Uid : null;
        Plan plan = Plan.Make(entries.Take(ChunkSize), uids, keep, set, unchangedSince);
        bool hasSeen = false;
        if (seen is not null && (touched & visitor.Changeable).HasFlag(MessageFlags.Seen))
        {
            bool isSeen = change.Operation != FlagOperation.Remove && mask.HasFlag(MessageFlags.Seen);
            hasSeen = !(await seen.SetAsync(session, account, id, visitor.Id, plan.Matching, isSeen)).IsEmpty;
        }

        if (plan.Ranges.Count == 0)
        {
            return new FlagChunk(plan.Matching, plan.Modified, hasSeen ? await session.ModSeqAsync(account) : null, continueAfter);
        }

        ModSeq modSeq = await session.ModSeqAsync(account);
        await session.Messages.SetFlagsAsync(account, id, plan.Ranges, keep, set, modSeq);
        await session.Mailboxes.ChangeAsync(account, id, new MailboxDelta(0, 0, plan.Unseen, plan.Deleted, 0), modSeq);
        await session.Changes.AddAsync(account, modSeq, CollectionKind.Mailbox, id.Value, ChangeKind.Changed, plan.Changed);
        return new FlagChunk(plan.Matching, plan.Modified, modSeq, continueAfter);
    }

    /// <summary>RFC 4314 §4: what may not be changed is passed over, unless that is all that was asked for.</summary>
    private static Refusal? Object(Visitor visitor, FlagChange change)
    {
        // Of a keyword that the mailbox does not name there is no bit; asked for it was all the same.
        MessageFlags keywords = change.Keywords.Count > 0 ? ~MessageFlags.System : MessageFlags.None;
        MessageFlags asked = change.Operation == FlagOperation.Replace ? ~MessageFlags.None : (change.Flags & MessageFlags.System) | keywords;
        return asked == MessageFlags.None ? visitor.ObjectTo(Right.Read)
            : (asked & visitor.Changeable) == MessageFlags.None ? visitor.ObjectTo(Right.Write) ?? new Refusal.Denied(Right.Write)
            : null;
    }

    private static UidSet After(UidSet uids, uint after) =>
        after == 0 ? uids : UidSet.From(uids.Ranges.Where(range => range.Last > after).Select(range => range with { First = Math.Max(range.First, after + 1) }));

    /// <summary>What a STORE does to the messages it names.</summary>
    private sealed class Plan
    {
        private readonly UidSet.Builder _matching = new();
        private readonly UidSet.Builder _modified = new();
        private readonly UidSet.Builder _changed = new();

        /// <summary>Ranges to update: all messages inside change, whatever gaps the UIDs have.</summary>
        public List<UidRange> Ranges { get; } = [];

        public UidSet Matching => _matching.Build();

        public UidSet Modified => _modified.Build();

        public UidSet Changed => _changed.Build();

        public int Unseen { get; private set; }

        public int Deleted { get; private set; }

        public static Plan Make(IEnumerable<MessageEntry> entries, UidSet uids, MessageFlags keep, MessageFlags set, ModSeq? unchangedSince)
        {
            var plan = new Plan();
            int asked = 0;
            bool joins = false;
            foreach (MessageEntry entry in entries)
            {
                // Two messages share an update only inside one range that was asked for: between two ranges may lie messages that were not.
                for (; uids.Ranges[asked].Last < entry.Uid; asked++)
                {
                    joins = false;
                }

                joins = plan.Add(entry, (entry.Flags & keep) | set, unchangedSince, joins);
            }

            return plan;
        }

        private bool Add(MessageEntry entry, MessageFlags flags, ModSeq? unchangedSince, bool joins)
        {
            // RFC 7162 §3.1.3: a message changed after UNCHANGEDSINCE is left alone and reported.
            if (unchangedSince is { } limit && entry.ModSeq > limit)
            {
                _modified.Add(entry.Uid);
                return false;
            }

            _matching.Add(entry.Uid);
            if (flags == entry.Flags)
            {
                return false;
            }

            _changed.Add(entry.Uid);
            if (joins)
            {
                Ranges[^1] = Ranges[^1] with { Last = entry.Uid };
            }
            else
            {
                Ranges.Add(new UidRange(entry.Uid, entry.Uid));
            }

            Unseen += Bit(entry.Flags, MessageFlags.Seen) - Bit(flags, MessageFlags.Seen);
            Deleted += Bit(flags, MessageFlags.Deleted) - Bit(entry.Flags, MessageFlags.Deleted);
            return true;
        }

        private static int Bit(MessageFlags flags, MessageFlags bit) => flags.HasFlag(bit) ? 1 : 0;
    }
}
