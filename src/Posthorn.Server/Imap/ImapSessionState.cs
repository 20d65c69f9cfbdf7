using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Server.Connections;

namespace Posthorn.Server.Imap;

/// <summary>What commands change of the session, and what other sessions changed of its mailbox.</summary>
internal sealed partial class ImapSession
{
    private readonly Action _wake;
    private ChangeSubscription? _changes;
    private int _wakeArmed;

    /// <summary>The password was right: the session is this account's.</summary>
    public void LogIn(Account account)
    {
        Account = account;
        Actor = new Actor(account.Id, Protocol, Connection.Id, Connection.RemoteAddress?.Address) { IsAdministrator = account.IsAdministrator };
        _changes = Services.Changes.Subscribe(account.Id);
    }

    /// <summary>After STARTTLS nothing counts that was said before it (RFC 9051 §6.2.1).</summary>
    public void Forget()
    {
        _badCommands = 0;
        Writer.Dialect = ImapDialect.None;
    }

    public void Open(SelectedMailbox mailbox) => Selected = mailbox;

    public void CloseMailbox() => Selected = null;

    /// <summary>The snapshot of now, for a mailbox that is to be opened.</summary>
    public ValueTask<Result<MailboxSnapshot>> SnapshotAsync(MailboxId mailbox, CancellationToken cancel)
    {
        // First the signal, then the state: what comes between is looked at twice, never missed.
        _changes!.Reset();
        return Services.Mailboxes.SnapshotAsync(Actor!, Account!.Id, mailbox, cancel);
    }

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
            Writer.Status("OK"u8, ResponseCode.HighestModSeq(Selected.View.Mailbox.HighestModSeq), "Modification sequences are told from now on");
        }
    }

    /// <summary>Brings the view up to now and tells all that changed.</summary>
    /// <param name="expunges">EXPUNGE may be told now.</param>
    /// <param name="cancel">Ends the reading.</param>
    public async ValueTask TellUpdatesAsync(bool expunges, CancellationToken cancel)
    {
        if (Selected is null || (!_changes!.IsSignalled && !(expunges && Selected.HoldsExpunges)))
        {
            return;
        }

        if (await MoveOnAsync(expunges, cancel) is { } changes)
        {
            await TellFlagsAsync(changes, changes.Differences.Changed, cancel);
        }
    }

    /// <summary>
    /// Brings the view up to now and tells expunges, new messages and new keywords; changed flags are left to the caller. Null: the mailbox is gone,
    /// and with it the session.
    /// </summary>
    public async ValueTask<ViewChanges?> MoveOnAsync(bool expunges, CancellationToken cancel)
    {
        SelectedMailbox selected = Selected!;
        if (!(await SnapshotAsync(selected.Id, cancel)).TryGet(out MailboxSnapshot? newest, out _))
        {
            // RFC 2180 §3.3: another session deleted the mailbox.
            Writer.Status("BYE"u8, default, "The selected mailbox was deleted");
            End = EndReason.Revoked;
            CloseMailbox();
            return null;
        }

        ViewChanges changes = selected.MoveOn(newest, expunges);
        int gone = 0;
        foreach (UidRange range in changes.Differences.Vanished.Ranges)
        {
            int first = changes.Before.IndexOf(range.First), last = changes.Before.IndexOf(range.Last);
            for (int position = first; position <= last; position++)
            {
                Writer.Numbered(position + 1 - gone++, "EXPUNGE"u8);
                await Writer.FlushIfLargeAsync(cancel);
            }
        }

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

        Writer.PermanentFlags(AllFlags(keywords.Count), keywords, selected.CanNameKeywords);
        Writer.Line("] Flags that are kept"u8);
    }

    /// <summary>Untagged FETCH of flags that changed.</summary>
    public async ValueTask TellFlagsAsync(ViewChanges changes, IReadOnlyList<MessageEntry> messages, CancellationToken cancel)
    {
        foreach (MessageEntry message in messages)
        {
            TellFlags(changes.After.IndexOf(message.Uid), message, changes.After.Mailbox.Keywords);
            await Writer.FlushIfLargeAsync(cancel);
        }
    }

    public void TellFlags(int position, MessageEntry message, IReadOnlyList<string> keywords)
    {
        Writer.BeginFetch(position + 1);
        Writer.FlagItems(message, keywords);
        Writer.Line(")"u8);
    }

    public void TellModSeq(int position, MessageEntry message)
    {
        Writer.BeginFetch(position + 1);
        Writer.Write("UID "u8);
        Writer.Number(message.Uid);
        Writer.Space();
        Writer.ModSeqItem(message.ModSeq);
        Writer.Line(")"u8);
    }

    /// <summary>Makes the pending read end when the account changes: what IDLE waits for besides its client. Once for each signal.</summary>
    public void WakeOnChange()
    {
        if (Interlocked.Exchange(ref _wakeArmed, 1) == 0)
        {
            _changes!.WaitAsync(CancellationToken.None).GetAwaiter().UnsafeOnCompleted(_wake);
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
