using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Server.Connections;
using Posthorn.Server.Imap.Contexts;

namespace Posthorn.Server.Imap;

/// <summary>What commands change of the session, and what other sessions changed of its mailbox.</summary>
internal sealed partial class ImapSession
{
    private readonly Action _wake;
    private ChangeSubscription? _changes;
    private SignedInSession? _signedIn;
    private int _wakeArmed;

    // Of the account whose mailbox is open, where that is another's.
    private ChangeSubscription? _othersChanges;
    private ChangeSubscription? _othersArmed;
    private bool _owesModSeq;

    // The signal was taken back, and what it stood for could not be read.
    private bool _missed;

    // Of what the client did itself it hears, whatever NOTIFY asked for.
    private bool _owesOwn;
    private SearchContexts? _contexts;

    /// <summary>Searches of the selected mailbox whose results are kept up to date. Few sessions have any.</summary>
    public SearchContexts Contexts => _contexts ??= new SearchContexts();

    /// <summary>What the client calls itself (RFC 2971): for the owner's list of devices, never for behaviour.</summary>
    public string? ClientName
    {
        get;
        set
        {
            field = value;
            if (value is not null)
            {
                _signedIn?.Record(value);
            }
        }
    }

    /// <summary>Where a sign-in comes from. Many clients say their name only after it.</summary>
    public SignInOrigin Origin => new(Connection.RemoteAddress?.Address, ClientName);

    /// <summary>The password was right: the session is this account's.</summary>
    public void LogIn(SignIn.Accepted signIn)
    {
        Account account = signIn.Account;
        Account = account;
        Actor = new Actor(account.Id, Protocol, Connection.Id, Connection.RemoteAddress?.Address)
        {
            IsAdministrator = account.IsAdministrator,
            Scopes = signIn.Scopes,
        };
        _changes = Services.Changes.Subscribe(account.Id);
        _signedIn = Services.Credentials.Sessions.Enter(Actor, signIn, () => Connection.RequestEnd(EndReason.Revoked));
        if (ClientName is { } name)
        {
            // Else it is recorded when the client says its name, or at the session's end.
            _signedIn.Record(name);
        }
    }

    /// <summary>After STARTTLS nothing counts that was said before it (RFC 9051 §6.2.1).</summary>
    public void Forget()
    {
        _badCommands = 0;
        Writer.Dialect = ImapDialect.None;
    }

    /// <summary>Nobody is logged in any more; what was enabled is off (RFC 8437 §2).</summary>
    public void LogOut()
    {
        CloseMailbox();
        LeaveAccount();
        Forget();
        _started = Services.Time.GetTimestamp();
    }

    private void LeaveAccount()
    {
        NotifyOf(null);
        _othersChanges?.Dispose();
        _othersChanges = null;
        _changes?.Dispose();
        _signedIn?.Dispose();
        (_changes, _signedIn, Account, Actor) = (null, null, null, null);
    }

    /// <summary>The one before is closed already.</summary>
    public void Open(SelectedMailbox mailbox) => Selected = mailbox;

    public void CloseMailbox()
    {
        (Selected, _owesModSeq, _missed, _owesOwn, _contexts) = (null, false, false, false, null);
        Notifications?.Forget();
        _othersChanges?.Dispose();
        _othersChanges = null;
    }

    /// <summary>The snapshot of now, for a mailbox that is to be opened.</summary>
    public ValueTask<Result<MailboxSnapshot>> SnapshotAsync(AccountId account, MailboxId mailbox, CancellationToken cancel)
    {
        if (account != Watched.Account)
        {
            _othersChanges?.Dispose();
            _othersChanges = account == Account!.Id ? null : Services.Changes.Subscribe(account);
        }

        // First the signal, then the state: what comes between is looked at twice, never missed.
        Watched.Reset();
        return Services.Mailboxes.SnapshotAsync(Actor!, account, mailbox, cancel);
    }

    /// <summary>Changes of the account whose mailbox is open; of one's own where none is.</summary>
    private ChangeSubscription Watched => _othersChanges ?? _changes!;

    /// <summary>The client knows of modseqs from now on (RFC 7162 §3.1).</summary>
    public void EnableCondStore()
    {
        if (Writer.Dialect.HasFlag(ImapDialect.CondStore))
        {
            return;
        }

        Writer.Dialect |= ImapDialect.CondStore;
        if (Selected is not null)
        {
            Writer.Status("OK"u8, ResponseCode.HighestModSeq(Selected.ToldModSeq), "Modification sequences are told from now on");
        }
    }

    /// <summary>Brings the view up to now and tells all that changed.</summary>
    /// <param name="expunges">EXPUNGE may be told now.</param>
    /// <param name="cancel">Ends the reading.</param>
    public async ValueTask TellUpdatesAsync(bool expunges, CancellationToken cancel)
    {
        bool isWatched = Notifications is null or { Selected: not null } || (expunges && _owesOwn);
        if (Selected is not null && isWatched && (Watched.IsSignalled || _missed || (expunges && Selected.HoldsExpunges))
            && await MoveOnAsync(expunges, cancel) is { } changes)
        {
            await TellOthersFlagsAsync(changes, changes.Differences.Changed, cancel);
        }

        if (End is null)
        {
            await TellNotificationsAsync(cancel);
        }
    }

    /// <summary>
    /// Brings the view up to now and tells expunges, new messages and new keywords; changed flags are left to the caller. Null: the mailbox is gone,
    /// and with it the session.
    /// </summary>
    public async ValueTask<ViewChanges?> MoveOnAsync(bool expunges, CancellationToken cancel)
    {
        SelectedMailbox selected = Selected!;
        _missed = true;
        if (!(await SnapshotAsync(selected.Account, selected.Id, cancel)).TryGet(out MailboxSnapshot? newest, out _))
        {
            // RFC 2180 §3.3: another session deleted the mailbox.
            Writer.Status("BYE"u8, default, "The selected mailbox was deleted");
            End = EndReason.Revoked;
            CloseMailbox();
            return null;
        }

        await MailboxSnapshot.LoadAsync(selected.View, newest, cancel);
        _missed = false;
        _owesOwn &= !expunges;
        ViewChanges changes = selected.MoveOn(newest, expunges);
        _contexts?.Touch(changes.Differences);
        Notifications?.Came(changes.Differences.Added.Select(message => message.Uid));
        await TellExpungesAsync(changes, cancel);
        if (changes.Differences.Added.Count > 0)
        {
            Writer.Numbered(changes.After.Count, "EXISTS"u8);
        }

        if (changes.Before.Mailbox.Keywords.Count != changes.After.Mailbox.Keywords.Count)
        {
            TellKeywords();
        }

        return changes;
    }

    private async ValueTask TellExpungesAsync(ViewChanges changes, CancellationToken cancel)
    {
        UidSet vanished = changes.Differences.Vanished;
        if (vanished.IsEmpty)
        {
            return;
        }

        _owesModSeq = true;
        await (_contexts?.TellRemovedAsync(this, vanished, changes.Before, cancel) ?? ValueTask.CompletedTask);
        if ((Writer.Dialect & ImapDialect.TellsUids) != 0)
        {
            await Writer.VanishedAsync(vanished, isEarlier: false, cancel);
            return;
        }

        int gone = 0;
        foreach (UidRange range in vanished.Ranges)
        {
            int first = changes.Before.IndexOf(range.First), last = changes.Before.IndexOf(range.Last);
            for (int position = first; position <= last; position++)
            {
                Writer.Numbered(position + 1 - gone++, "EXPUNGE"u8);
                await Writer.FlushIfLargeAsync(cancel);
            }
        }
    }

    /// <summary>
    /// The modseq from which the client may resume, where it could not tell it from the MODSEQ of what it heard: some messages went, or something is not
    /// told yet (RFC 7162 §3.2.7, §3.2.9; §6 for what it takes otherwise).
    /// </summary>
    private ImapResult WithModSeq(ImapResult result)
    {
        bool owes = _owesModSeq;
        _owesModSeq = false;
        if (Selected is not { } selected || !Writer.Dialect.HasFlag(ImapDialect.CondStore) || !(owes || selected.HoldsBack))
        {
            return result;
        }

        ResponseCode code = ResponseCode.HighestModSeq(selected.ToldModSeq);
        if (result is { Status: ImapStatus.Ok, Code.Text: null })
        {
            return result with { Code = code };
        }

        Writer.Status("OK"u8, code, "All changes up to here are told");
        return result;
    }

    /// <summary>FLAGS and PERMANENTFLAGS of the selected mailbox.</summary>
    public void TellKeywords()
    {
        SelectedMailbox selected = Selected!;
        IReadOnlyList<string> keywords = selected.View.Mailbox.Keywords;
        Writer.Write("* FLAGS "u8);
        Writer.Flags(AllFlags(keywords.Count), keywords);
        Writer.EndLine();
        Writer.Write("* OK [PERMANENTFLAGS "u8);
        if (selected.IsReadOnly)
        {
            Writer.Line("()] No flag can be changed"u8);
            return;
        }

        // RFC 4314 §5.1.1: what this user may change.
        Writer.PermanentFlags(AllFlags(keywords.Count) & selected.Rights.ChangeableFlags, keywords, selected.CanNameKeywords);
        Writer.Line("] Flags that are kept"u8);
    }

    /// <summary>Untagged FETCH of flags that changed while the client did not want to hear of such: NOTIFY SET tells all that came together (RFC 5465 §3.1).</summary>
    public async ValueTask TellWithheldFlagsAsync(CancellationToken cancel)
    {
        MailboxSnapshot view = Selected!.View;
        IReadOnlyList<uint> withheld = Selected.WithheldFlags;
        await view.LoadAsync(UidSet.From(withheld), cancel);
        foreach (uint uid in withheld)
        {
            int position = view.IndexOf(uid);
            TellFlags(position, view[position], view.Mailbox.Keywords);
            await Writer.FlushIfLargeAsync(cancel);
        }
    }

    /// <summary>Untagged FETCH of flags that others changed, unless the client does not want to hear of such (RFC 5465 §5.1).</summary>
    public async ValueTask TellOthersFlagsAsync(ViewChanges changes, IReadOnlyList<MessageEntry> messages, CancellationToken cancel)
    {
        if (Notifications is { TellsFlags: false })
        {
            Selected!.Withhold(messages.Select(message => message.Uid));
            return;
        }

        foreach (MessageEntry message in messages)
        {
            TellFlags(changes.After.IndexOf(message.Uid), message, changes.After.Mailbox.Keywords);
            await Writer.FlushIfLargeAsync(cancel);
        }
    }

    public void TellFlags(int position, MessageEntry message, IReadOnlyList<string> keywords)
    {
        Selected?.Told(message.Uid);
        Writer.BeginFetch(position + 1, message.Uid);
        Writer.FlagItems(message, keywords);
        Writer.Line(")"u8);
    }

    public void TellModSeq(int position, MessageEntry message)
    {
        Writer.BeginFetch(position + 1, message.Uid);
        Writer.UidItem(message.Uid);
        Writer.ModSeqItem(message.ModSeq);
        Writer.Line(")"u8);
    }

    /// <summary>Makes the pending read end when the account changes, or the one whose mailbox is open: what IDLE waits for besides its client. Once for each signal.</summary>
    public void WakeOnChange()
    {
        // One's own changes that nobody looks at would wake it for ever.
        if ((Notifications?.Watch?.Changes ?? (_othersChanges is null ? _changes : null)) is { } own && Interlocked.Exchange(ref _wakeArmed, 1) == 0)
        {
            own.WaitAsync(CancellationToken.None).GetAwaiter().UnsafeOnCompleted(_wake);
        }

        // What NOTIFY leaves as it is takes no signal back either.
        if (Selected is not null && _othersChanges is { } others && Notifications is null or { Selected: not null } && Interlocked.Exchange(ref _othersArmed, others) != others)
        {
            others.WaitAsync(CancellationToken.None).GetAwaiter().UnsafeOnCompleted(() =>
            {
                Interlocked.CompareExchange(ref _othersArmed, null, others);
                Connection.Input.Wake();
            });
        }
    }

    private void Wake()
    {
        Volatile.Write(ref _wakeArmed, 0);
        Connection.Input.Wake();
    }

    private static MessageFlags AllFlags(int keywords) =>
        MessageFlags.System | (keywords == 0 ? MessageFlags.None : (MessageFlags)(ulong.MaxValue >> (64 - keywords) << KeywordBits.First));
}
