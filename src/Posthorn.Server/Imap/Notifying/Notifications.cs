using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Notifying;

/// <summary>What a session was asked to tell by NOTIFY, in place of what every session tells.</summary>
/// <remarks>RFC 5465 §3.1. NOTIFY NONE is one of these, with nothing in it.</remarks>
/// <param name="selected">Events of the selected mailbox; null: it stays as the client knows it, but for what the client itself does.</param>
/// <param name="watch">The other mailboxes; null: they are not watched.</param>
internal sealed class Notifications(EventGroup? selected, MailboxWatch? watch) : IDisposable
{
    private readonly List<uint> _new = [];
    private UidSet _own = UidSet.Empty;

    public static Notifications None => new(null, null);

    public EventGroup? Selected { get; } = selected is { Events: not NotifyEvents.None } ? selected : null;

    public MailboxWatch? Watch => watch;

    public bool TellsFlags => Selected is not null && Selected.Events.HasFlag(NotifyEvents.FlagChange);

    /// <summary>Of the selected mailbox: what this session put there.</summary>
    public UidSet Own => _own;

    /// <summary>Messages of the selected mailbox that came from this session: the client knows what they hold.</summary>
    public void Created(UidSet uids) => _own = _own.Union(uids);

    /// <summary>New in the selected mailbox, told by EXISTS; what they hold is still to be told.</summary>
    public void Came(IEnumerable<uint> uids)
    {
        if (Selected?.Fetch is not null)
        {
            _new.AddRange(uids.Where(uid => !_own.Contains(uid)));
        }
    }

    public IReadOnlyList<uint> TakeNew()
    {
        uint[] taken = [.. _new];
        _new.Clear();
        return taken;
    }

    /// <summary>Another mailbox is selected, or none.</summary>
    public void Forget()
    {
        _new.Clear();
        _own = UidSet.Empty;
    }

    public void Dispose() => watch?.Dispose();
}
