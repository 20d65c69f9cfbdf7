using Posthorn.Core;
using Posthorn.Core.Messages;
using Posthorn.Server.Connections;
using Posthorn.Server.Imap.Contexts;
using Posthorn.Server.Imap.Notifying;

namespace Posthorn.Server.Imap;

/// <summary>What a session tells unasked, and while no command runs: NOTIFY (RFC 5465) and results kept up to date (RFC 5267).</summary>
internal sealed partial class ImapSession
{
    /// <summary>Before a store that was not there is asked again while nothing else happens.</summary>
    internal static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(7);

    /// <summary>What NOTIFY asked for; null: it never came, and the session tells what every session does.</summary>
    public Notifications? Notifications { get; private set; }

    /// <summary>From now on; null: as if NOTIFY had never come.</summary>
    public void NotifyOf(Notifications? notifications)
    {
        Notifications?.Dispose();
        Notifications = notifications;

        // What was armed on a watch that is gone never wakes; armed twice wakes once too often.
        Volatile.Write(ref _wakeArmed, 0);
    }

    /// <summary>A change of the account may have to be told, and looking at it takes the signal back. Otherwise nothing may wait for the signal.</summary>
    public bool HearsChanges => Notifications is null ? Selected is not null : Notifications.Watch is not null || (Selected is not null && Notifications.Selected is not null);

    /// <summary>New messages that this session made: in the selected mailbox, their content is not news to its client.</summary>
    public void Created(AccountId account, MailboxId mailbox, UidSet uids)
    {
        if (Selected?.Id == mailbox && Selected.Account == account)
        {
            _owesOwn |= !uids.IsEmpty;
            Notifications?.Created(uids);
        }
    }

    /// <summary>Messages that this session took out of the selected mailbox.</summary>
    public void Removed(UidSet uids) => _owesOwn |= !uids.IsEmpty;

    /// <summary>Keeps a result up to date, or says that it is not; null: it would hold too much (RFC 5267 §4.3.1).</summary>
    public void Update(SearchContext? context)
    {
        if (context is null || !Contexts.TryAdd(context))
        {
            Writer.Write("* NO [NOUPDATE "u8);
            Writer.String(Tag);
            Writer.Line(context is null ? "] There are too many messages in it"u8 : "] There are too many updates already"u8);
        }
    }

    /// <summary>The next command. While none is here, a client that asked for it hears what changes.</summary>
    private ValueTask<ImapFrame> ReadAsync(CancellationToken cancel) =>
        Account is null ? ReadBeforeLoginAsync(cancel)
        : Notifications is not null && HearsChanges ? ReadNotifyingAsync(cancel)
        : Commands.ReadAsync(Services.Limits.MaxCommandBytes, Timeout, cancel);

    // Also where a command is here already, and nothing has to be waited for.
    private ValueTask<ImapFrame> ReadBeforeLoginAsync(CancellationToken cancel) => Timeout is { Ticks: > 0 } left
        ? Commands.ReadWholeAsync(Services.Limits.MaxCommandBytesBeforeLogin, left, cancel)
        : new(new ImapFrame(ImapFrameStatus.TimedOut));

    private async ValueTask<ImapFrame> ReadNotifyingAsync(CancellationToken cancel)
    {
        long started = Services.Time.GetTimestamp();
        while (true)
        {
            // Armed before it looks: a commit in between wakes the read.
            WakeOnChange();
            bool isTold = await TryNotifyAsync(cancel);
            if (End is not null || Writer.IsMidResponse)
            {
                return new ImapFrame(ImapFrameStatus.Closed);
            }

            using ITimer? retry = isTold ? null : Services.Time.CreateTimer(static input => ((ConnectionInput)input!).Wake(), Connection.Input, RetryPause, System.Threading.Timeout.InfiniteTimeSpan);
            TimeSpan left = Timeout - Services.Time.GetElapsedTime(started);
            ImapFrame frame = await Commands.ReadOrWakeAsync(Services.Limits.MaxCommandBytes, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancel);
            if (frame.Status != ImapFrameStatus.Woken)
            {
                return frame;
            }
        }
    }

    /// <summary>False: the store is not there.</summary>
    private async ValueTask<bool> TryNotifyAsync(CancellationToken cancel)
    {
        // No command runs: nothing is in progress.
        Progress.Begin(Services.Time.GetTimestamp());
        try
        {
            // RFC 5465 §6.1: SELECTED-DELAYED keeps sequence numbers as they are until a command that may change them.
            await TellUpdatesAsync(expunges: Notifications?.Selected is { IsDelayed: false }, cancel);
            return true;
        }
        catch (StoreUnavailableException fault)
        {
            // What was missed is told after a pause, after the next change, or with the next command.
            LogUnavailable(Services.Logger, fault, Connection.Id, "NOTIFY");
            return false;
        }
    }

    /// <summary>After the view moved: what new messages hold, what changed in results, what is new in other mailboxes.</summary>
    private async ValueTask TellNotificationsAsync(CancellationToken cancel)
    {
        if (Selected is not null)
        {
            await TellNewAsync(cancel);
        }

        if (Notifications?.Watch is { } watch && End is null && !await watch.TellAsync(this, cancel))
        {
            NotifyOf(Notifications.None);
        }
    }

    private async ValueTask TellNewAsync(CancellationToken cancel)
    {
        IReadOnlyList<uint> came = Notifications?.TakeNew() ?? [];
        if (came.Count == 0 && _contexts is not { HasNews: true })
        {
            return;
        }

        var fetch = new NewMessages();
        if (came.Count > 0 && Notifications?.Selected?.Fetch is { } asked)
        {
            fetch.Add(came, asked);
        }

        try
        {
            await Contexts.TellAsync(this, Notifications?.Own ?? UidSet.Empty, fetch, cancel);
        }
        catch (StoreUnavailableException)
        {
            Notifications?.Came(came);
            throw;
        }
    }
}
