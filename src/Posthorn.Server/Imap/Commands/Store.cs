using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Commands;

/// <summary>STORE and UID STORE: changes the flags of messages.</summary>
/// <remarks>RFC 9051 §6.4.6; UNCHANGEDSINCE: RFC 7162 §3.1.3.</remarks>
internal sealed record Store(SequenceSet Messages, FlagOperation Operation, FlagList Flags, bool IsSilent, ModSeq? UnchangedSince)
    : IImapCommand<Store>
{
    // store = "STORE" SP sequence-set [SP "(" store-modifier ")"] SP store-att-flags     RFC 9051 §9, RFC 7162 §7
    public static Store Parse(ref ImapReader reader)
    {
        reader.Space();
        SequenceSet messages = reader.SequenceSet();
        reader.Space();
        ModSeq? unchangedSince = null;
        if (reader.TryRead((byte)'('))
        {
            reader.Keyword("UNCHANGEDSINCE"u8);
            reader.Space();
            unchangedSince = reader.ModSeq();
            reader.Expect((byte)')');
            reader.Space();
        }

        // store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
        FlagOperation operation = reader.TryRead((byte)'+') ? FlagOperation.Add : reader.TryRead((byte)'-') ? FlagOperation.Remove : FlagOperation.Replace;
        bool isSilent = reader.TryKeyword("FLAGS.SILENT"u8);
        if (!isSilent)
        {
            reader.Keyword("FLAGS"u8);
        }

        reader.Space();
        FlagList flags = reader.IsNext((byte)'(') ? reader.FlagList() : reader.Flags();
        return new Store(messages, operation, flags, isSilent, unchangedSince);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        SelectedMailbox selected = session.Selected!;
        if (!Messages.TryResolve(selected.View, selected.SavedSearch, out IReadOnlyList<PositionRange> positions))
        {
            return ImapResult.Bad("There is no message with such a number");
        }

        if (UnchangedSince is not null)
        {
            session.EnableCondStore();
        }

        UidSet uids = SequenceSet.Uids(selected.View, positions);
        if (uids.IsEmpty)
        {
            return ImapResult.Completed;
        }

        Result<FlagsChanged> result = await session.Services.Messages.ChangeFlagsAsync(
            session.Actor!, selected.Account, selected.Id, uids, new FlagChange(Operation, Flags.Flags, Flags.Keywords), UnchangedSince, cancel);
        if (!result.TryGet(out FlagsChanged? changed, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        if (await session.MoveOnAsync(expunges: false, cancel) is not { } changes)
        {
            return ImapResult.Replied;
        }

        await TellAsync(session, changes, changed.Changed, cancel);
        return Reply(changes.After, changed, positions.Sum(range => (long)range.Last - range.First + 1));
    }

    /// <summary>
    /// What the client asked for it hears of by FETCH, unless it said .SILENT: then only of flags that came out otherwise than its own change makes
    /// them, because another session changed them too.
    /// </summary>
    private async ValueTask TellAsync(ImapSession session, ViewChanges changes, UidSet own, CancellationToken cancel)
    {
        MessageFlags mask = Flags.Mask(changes.After.Mailbox.Keywords);
        bool knowsModSeq = session.Writer.Dialect.HasFlag(ImapDialect.CondStore);
        SelectedMailbox selected = session.Selected!;
        IReadOnlyList<MessageEntry> different = changes.Differences.Changed;
        if (session.Notifications is { TellsFlags: false })
        {
            selected.Withhold(different.Where(message => !own.Contains(message.Uid)).Select(message => message.Uid));
            different = [.. different.Where(message => own.Contains(message.Uid))];
        }

        if (!IsSilent)
        {
            different = Merge(different, own, changes.After);
        }

        foreach (MessageEntry message in different)
        {
            int position = changes.After.IndexOf(message.Uid);
            bool isExpected = IsSilent && own.Contains(message.Uid) && !selected.Withholds(message.Uid) && message.Flags == Expected(changes.Before[changes.Before.IndexOf(message.Uid)].Flags, mask);
            if (!isExpected)
            {
                session.TellFlags(position, message, changes.After.Mailbox.Keywords);
            }
            else if (knowsModSeq)
            {
                // RFC 7162 §3.1.3: the modseq is told even where the flags are not.
                session.TellModSeq(position, message);
            }

            await session.Writer.FlushIfLargeAsync(cancel);
        }
    }

    private MessageFlags Expected(MessageFlags before, MessageFlags mask) => Operation switch
    {
        FlagOperation.Add => before | mask,
        FlagOperation.Remove => before & ~mask,
        _ => mask,
    };

    /// <summary>In UID order: what differs, and what was asked for but was so already.</summary>
    private static List<MessageEntry> Merge(IReadOnlyList<MessageEntry> different, UidSet own, MailboxSnapshot view)
    {
        var merged = new List<MessageEntry>(different.Count);
        int next = 0;
        foreach (uint uid in own.Enumerate())
        {
            for (; next < different.Count && different[next].Uid < uid; next++)
            {
                merged.Add(different[next]);
            }

            if (next < different.Count && different[next].Uid == uid)
            {
                merged.Add(different[next++]);
            }
            else if (view.IndexOf(uid) is >= 0 and int position)
            {
                merged.Add(view[position]);
            }
        }

        for (; next < different.Count; next++)
        {
            merged.Add(different[next]);
        }

        return merged;
    }

    private ImapResult Reply(MailboxSnapshot view, FlagsChanged changed, long asked)
    {
        if (!changed.Modified.IsEmpty)
        {
            // RFC 7162 §3.1.3: sequence numbers to STORE, UIDs to UID STORE.
            UidSet modified = Messages.ByUid
                ? changed.Modified
                : UidSet.From(changed.Modified.Enumerate().Select(uid => (uint)view.IndexOf(uid) + 1));
            return ImapResult.Ok(ResponseCode.Modified(modified.ToString()), "Conditional STORE failed for some messages");
        }

        // RFC 2180 §4.2.1: another session removed some; EXPUNGE may not be told now (RFC 9051 §7.5.1).
        return !Messages.ByUid && changed.Changed.Count < asked
            ? ImapResult.No(ResponseCode.ExpungeIssued, "Some of the messages are gone")
            : ImapResult.Completed;
    }
}
