using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap;

/// <summary>The mailbox a session has open, as its client knows it.</summary>
/// <remarks>
/// <see cref="View"/> is what the client was told: position + 1 is the sequence number. It moves on only by <see cref="MoveOn"/>, whose result is
/// told to the client in the same breath; so nothing is told twice, and nothing that was not told is ever counted.
/// </remarks>
/// <param name="snapshot">As it is opened.</param>
/// <param name="isReadOnly">Nothing is changed.</param>
/// <param name="name">As the client calls it: of another account's mailbox, with the owner. Null: as it is called.</param>
/// <param name="rights">What the session may do there; null: everything.</param>
internal sealed class SelectedMailbox(MailboxSnapshot snapshot, bool isReadOnly, string? name = null, RightSet? rights = null)
{
    private readonly HashSet<uint> _withheld = [];
    private MailboxSnapshot _newest = snapshot;
    private ModSeq _toldBefore = snapshot.Mailbox.HighestModSeq;

    public MailboxSnapshot View { get; private set; } = snapshot;

    /// <summary>
    /// The client knows of every change up to here, and may resume from it. It stays behind the view while expunges are held, or flags withheld: what came later
    /// is told before them (RFC 7162 §3.2).
    /// </summary>
    public ModSeq ToldModSeq { get; private set; } = snapshot.Mailbox.HighestModSeq;

    public MailboxId Id => View.Mailbox.Id;

    /// <summary>Whose it is.</summary>
    public AccountId Account => View.Mailbox.Account;

    public bool Is(Mailbox mailbox) => mailbox.Id == Id && mailbox.Account == Account;

    public string Name => name ?? View.Mailbox.Name;

    public RightSet Rights { get; } = rights ?? RightSet.All;

    public bool IsReadOnly => isReadOnly;

    /// <summary>Up to the last message the client knows of; empty when it knows none. What is not there before the first one never comes back.</summary>
    public UidSet KnownUids => View.Count == 0 ? UidSet.Empty : UidSet.Of(1, View[View.Count - 1].Uid);

    /// <summary>What <c>$</c> names (RFC 9051 §6.4.4.1).</summary>
    public UidSet SavedSearch { get; set; } = UidSet.Empty;

    /// <summary>The client does not know of some change up to the view's.</summary>
    public bool HoldsBack => HoldsExpunges || _withheld.Count > 0;

    /// <summary>Messages whose flags others changed and the client did not hear of, because it did not ask to (RFC 5465 §5.3); in order.</summary>
    public IReadOnlyList<uint> WithheldFlags => [.. _withheld.Order()];

    /// <summary>Messages are gone that the client was not told of yet.</summary>
    public bool HoldsExpunges => !ReferenceEquals(View, _newest);

    /// <summary>Flags that STORE may set: those of the system, and keywords (RFC 9051 §7.1 PERMANENTFLAGS).</summary>
    public bool CanNameKeywords => Rights.Has(Right.Write) && View.Mailbox.Keywords.Count < KeywordBits.Most;

    /// <summary>Goes over to a newer snapshot; without <paramref name="expunges"/> messages that are gone stay in their places (RFC 9051 §7.5.1).</summary>
    public ViewChanges MoveOn(MailboxSnapshot newest, bool expunges)
    {
        MailboxSnapshot before = View, after = newest;
        SnapshotChanges differences = MailboxSnapshot.Compare(before, newest);
        if (!expunges && !differences.Vanished.IsEmpty)
        {
            (after, differences) = (newest.Retaining(before, differences.Vanished), differences with { Vanished = UidSet.Empty });
        }

        (View, _newest, _toldBefore) = (after, newest, ToldModSeq);
        if (_withheld.Count > 0 && !differences.Vanished.IsEmpty)
        {
            _withheld.RemoveWhere(differences.Vanished.Contains);
        }

        ToldModSeq = HoldsBack ? ToldModSeq : newest.Mailbox.HighestModSeq;
        return new ViewChanges(before, after, differences);
    }

    /// <summary>The flags of these messages changed with the last step, and are not told.</summary>
    public void Withhold(IEnumerable<uint> uids)
    {
        _withheld.UnionWith(uids);
        ToldModSeq = HoldsBack ? _toldBefore : ToldModSeq;
    }

    /// <summary>The client does not know what flags the message had before its own change.</summary>
    public bool Withholds(uint uid) => _withheld.Contains(uid);

    /// <summary>The client hears of the flags that the message has in the view.</summary>
    public void Told(uint uid)
    {
        if (_withheld.Remove(uid) && !HoldsBack)
        {
            ToldModSeq = _newest.Mailbox.HighestModSeq;
        }
    }
}

/// <summary>A step of the view: what the client has to be told.</summary>
internal readonly record struct ViewChanges(MailboxSnapshot Before, MailboxSnapshot After, SnapshotChanges Differences);
