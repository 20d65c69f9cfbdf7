using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap;

/// <summary>The mailbox a session has open, as its client knows it.</summary>
/// <remarks>
/// <see cref="View"/> is what the client was told: position + 1 is the sequence number. It moves on only by <see cref="MoveOn"/>, whose result is
/// told to the client in the same breath; so nothing is told twice, and nothing that was not told is ever counted.
/// </remarks>
internal sealed class SelectedMailbox(MailboxSnapshot snapshot, bool isReadOnly)
{
    private MailboxSnapshot _newest = snapshot;

    public MailboxSnapshot View { get; private set; } = snapshot;

    public MailboxId Id => View.Mailbox.Id;

    public bool IsReadOnly => isReadOnly;

    /// <summary>From the first to the last message the client knows of; empty when it knows none.</summary>
    public UidSet KnownUids => View.Count == 0 ? UidSet.Empty : UidSet.Of(View[0].Uid, View[View.Count - 1].Uid);

    /// <summary>What <c>$</c> names (RFC 9051 §6.4.4.1).</summary>
    public UidSet SavedSearch { get; set; } = UidSet.Empty;

    /// <summary>Messages are gone that the client was not told of yet.</summary>
    public bool HoldsExpunges => !ReferenceEquals(View, _newest);

    /// <summary>Flags that STORE may set: those of the system, and keywords (RFC 9051 §7.1 PERMANENTFLAGS).</summary>
    public bool CanNameKeywords => View.Mailbox.Keywords.Count < KeywordBits.Most;

    /// <summary>Goes over to a newer snapshot; without <paramref name="expunges"/> messages that are gone stay in their places (RFC 9051 §7.5.1).</summary>
    public ViewChanges MoveOn(MailboxSnapshot newest, bool expunges)
    {
        MailboxSnapshot before = View, after = expunges ? newest : newest.Retaining(View);
        (View, _newest) = (after, newest);
        return new ViewChanges(before, after, MailboxSnapshot.Compare(before, after));
    }
}

/// <summary>A step of the view: what the client has to be told.</summary>
internal readonly record struct ViewChanges(MailboxSnapshot Before, MailboxSnapshot After, SnapshotChanges Differences);
