using Posthorn.Core;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Notifying;

/// <summary>Mailboxes of the account beside the selected one: tells by STATUS, LIST and METADATA what is new of them.</summary>
/// <remarks>
/// RFC 5465 §5, §6. It keeps the account as the client was told of it and compares: nothing is queued, so a client that reads slowly, or a node whose
/// announcements were lost, costs nothing and misses nothing that still matters. Bounded by <see cref="ImapLimits.MaxWatchedMailboxes"/>.
/// Deviates from RFC 5465 §5: what APPEND, COPY and MOVE of the same client do to another mailbox is told, because what other clients did to it in the same moment
/// cannot be told apart from that.
/// </remarks>
internal sealed class MailboxWatch : IDisposable
{
    private readonly IReadOnlyList<EventGroup> _groups;
    private readonly OwnChanges _own = new();
    private readonly AnnotationMemory _annotations;
    private AccountView _told;

    // The signal was taken back, and what it stood for could not be read.
    private bool _missed;

    private MailboxWatch(IReadOnlyList<EventGroup> groups, ChangeSubscription changes, AccountView told)
    {
        (_groups, Changes, _told) = (groups, changes, told);
        _annotations = new AnnotationMemory(groups);
    }

    /// <summary>Signalled when something of the account changed.</summary>
    public ChangeSubscription Changes { get; }

    /// <summary>What this session changes itself, so that it is not told of it.</summary>
    public OwnChanges Own => _own;

    /// <summary>Refusal.Limit: there is more to watch than a session may.</summary>
    public static async ValueTask<Result<MailboxWatch>> StartAsync(ImapSession session, IReadOnlyList<EventGroup> groups, CancellationToken cancel)
    {
        // First the signal, then the state: what comes between is looked at twice.
        ChangeSubscription changes = session.Services.Changes.Subscribe(session.Account!.Id);
        Result<AccountView> read = await AccountView.ReadAsync(session, cancel);
        if (!read.TryGet(out AccountView? view, out Refusal? refusal))
        {
            changes.Dispose();
            return refusal;
        }

        if (Object(session, view) is { } tooMany)
        {
            changes.Dispose();
            return tooMany;
        }

        var watch = new MailboxWatch(groups, changes, view);
        await watch._annotations.LearnAsync(session, view, cancel);
        return watch;
    }

    /// <summary>The STATUS indicator of NOTIFY SET: where the client starts from (RFC 5465 §3.1).</summary>
    public async ValueTask TellStatusAsync(ImapSession session, CancellationToken cancel)
    {
        foreach (Mailbox mailbox in _told.Mailboxes.Where(mailbox => !mailbox.IsContainer && session.Selected?.Is(mailbox) != true))
        {
            NotifyEvents events = EventsOf(mailbox.Id, mailbox.Name, _told.Subscriptions);
            StatusItems items = events.HasFlag(NotifyEvents.MessageNew) ? StatusItems.Messages | StatusItems.UidNext | StatusItems.UidValidity : StatusItems.None;
            items |= events.HasFlag(NotifyEvents.FlagChange) ? StatusItems.UidValidity | StatusItems.HighestModSeq : StatusItems.None;
            if (items != StatusItems.None)
            {
                await StatusResponse.WriteAsync(session, mailbox, items, cancel);
                await session.Writer.FlushIfLargeAsync(cancel);
            }
        }
    }

    /// <summary>Tells what is new since the last time.</summary>
    /// <returns>False: there is more to watch than a session may; nothing is watched any more (RFC 5465 §5.8).</returns>
    public async ValueTask<bool> TellAsync(ImapSession session, CancellationToken cancel)
    {
        if (!Changes.IsSignalled && !_missed)
        {
            return true;
        }

        _missed = true;
        Changes.Reset();
        Result<AccountView> read = await AccountView.ReadAsync(session, cancel);
        if (!read.TryGet(out AccountView? now, out _))
        {
            return true;
        }

        if (Object(session, now) is { } limit)
        {
            session.Writer.Status("OK"u8, ResponseCode.NotificationOverflow, limit.Text);
            return false;
        }

        AccountView before = _told;
        foreach (NameEvent named in AccountView.Compare(before, now))
        {
            Tell(session, named, before, now);
            await session.Writer.FlushIfLargeAsync(cancel);
        }

        foreach (Mailbox mailbox in now.Mailboxes)
        {
            await TellAsync(session, mailbox, before, now, cancel);
            await session.Writer.FlushIfLargeAsync(cancel);
        }

        await _annotations.TellAsync(session, before, now, _own, cancel);
        (_told, _missed) = (now, false);
        _own.Clear();
        return true;
    }

    public void Dispose() => Changes.Dispose();

    private static Refusal.Limit? Object(ImapSession session, AccountView view) => view.Mailboxes.Count > session.Services.Limits.MaxWatchedMailboxes
        ? new Refusal.Limit("mailboxes that a session watches", session.Services.Limits.MaxWatchedMailboxes)
        : null;

    // LIST, for a name that came, went, or was subscribed or not.
    private void Tell(ImapSession session, NameEvent named, AccountView before, AccountView now)
    {
        NotifyEvents wanted = EventsOf(named.Id, named.Name, now.Subscriptions) | EventsOf(named.Id, named.OldName ?? named.Name, before.Subscriptions);
        if ((wanted & named.Events) != 0 && !_own.Explains(named))
        {
            now.Listed(named.Name, named.OldName).Write(session.Writer, ListReturn.Subscribed);
        }
    }

    // STATUS, for messages that came, went or changed.
    private async ValueTask TellAsync(ImapSession session, Mailbox mailbox, AccountView before, AccountView now, CancellationToken cancel)
    {
        Mailbox? known = before.Find(mailbox.Id);
        if (mailbox.IsContainer || session.Selected?.Is(mailbox) == true || known?.HighestModSeq == mailbox.HighestModSeq)
        {
            return;
        }

        bool knowsModSeq = session.Writer.Dialect.HasFlag(ImapDialect.CondStore);
        NotifyEvents events = EventsOf(mailbox.Id, mailbox.Name, now.Subscriptions);
        StatusItems items = known is null ? OfNew(mailbox, events) : OfChanged(known, mailbox, events, knowsModSeq);
        if (items != StatusItems.None)
        {
            await StatusResponse.WriteAsync(session, mailbox, items | (knowsModSeq ? StatusItems.HighestModSeq : StatusItems.None), cancel);
        }
    }

    // RFC 5465 §5.1: another life of a name has another UIDVALIDITY, which FlagChange wants to be told.
    private static StatusItems OfNew(Mailbox mailbox, NotifyEvents events) =>
        events.HasFlag(NotifyEvents.FlagChange) || (events.HasFlag(NotifyEvents.MessageNew) && mailbox.UidNext > 1)
            ? StatusItems.Messages | StatusItems.UidNext | StatusItems.UidValidity
            : StatusItems.None;

    private static StatusItems OfChanged(Mailbox known, Mailbox mailbox, NotifyEvents events, bool knowsModSeq)
    {
        long came = (long)mailbox.UidNext - known.UidNext, went = known.Messages + came - mailbox.Messages;
        StatusItems items = events.HasFlag(NotifyEvents.MessageNew) && (came > 0 || went > 0) ? StatusItems.UidNext | StatusItems.Messages : StatusItems.None;
        if (events.HasFlag(NotifyEvents.FlagChange))
        {
            items |= known.Unseen != mailbox.Unseen ? StatusItems.UidValidity | StatusItems.Unseen : StatusItems.None;

            // Whoever knows of modseqs hears of each change; others have no use for one that counts nothing.
            items |= knowsModSeq ? StatusItems.UidValidity : StatusItems.None;
        }

        return items;
    }

    /// <summary>Groups add up (RFC 5465 §6).</summary>
    private NotifyEvents EventsOf(MailboxId id, string name, IReadOnlySet<string> subscriptions)
    {
        NotifyEvents events = NotifyEvents.None;
        foreach (EventGroup group in _groups)
        {
            events |= group.Holds(id, name, subscriptions) ? group.Events : NotifyEvents.None;
        }

        return events;
    }
}
