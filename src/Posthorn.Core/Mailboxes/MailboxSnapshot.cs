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
    /// <summary>The mailbox row of the same moment (UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ, keywords).</summary>
    public Mailbox Mailbox => throw new NotImplementedException();

    public int Count => throw new NotImplementedException();

    /// <summary>By position from 0.</summary>
    public MessageEntry this[int index] => throw new NotImplementedException();

    /// <summary>Position of a UID, or the complement of where it would stand (as Array.BinarySearch).</summary>
    public int IndexOf(uint uid) => throw new NotImplementedException();

    /// <summary>What differs between two snapshots of one mailbox; chunks they share are passed over without a look.</summary>
    public static SnapshotChanges Compare(MailboxSnapshot before, MailboxSnapshot after) => throw new NotImplementedException();

    /// <summary>
    /// This snapshot with the messages of <paramref name="before"/> that are gone put back where they stood: what a session may see while a
    /// command forbids EXPUNGE (RFC 9051 §7.5.1). Same snapshot when nothing is gone.
    /// </summary>
    public MailboxSnapshot Retaining(MailboxSnapshot before) => throw new NotImplementedException();
}

/// <param name="Vanished">UIDs that were in the older and are not in the newer.</param>
/// <param name="Changed">Messages in both whose flags or modseq differ, as they are in the newer.</param>
/// <param name="Added">Messages only in the newer.</param>
public sealed record SnapshotChanges(UidSet Vanished, IReadOnlyList<MessageEntry> Changed, IReadOnlyList<MessageEntry> Added)
{
    public bool IsEmpty => Vanished.IsEmpty && Changed.Count == 0 && Added.Count == 0;
}
