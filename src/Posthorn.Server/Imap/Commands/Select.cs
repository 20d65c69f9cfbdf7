using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Resync;

namespace Posthorn.Server.Imap.Commands;

/// <summary>SELECT: opens a mailbox.</summary>
/// <remarks>RFC 9051 §6.3.2; CONDSTORE: RFC 7162 §3.1.8; QRESYNC: RFC 7162 §3.2.5; parameters: RFC 4466 §2.4.</remarks>
/// <param name="Resync">Null: there was no QRESYNC.</param>
internal sealed record Select(string Mailbox, bool CondStore, QResync? Resync) : IImapCommand<Select>
{
    // select = "SELECT" SP mailbox [select-params]     RFC 9051 §9, RFC 4466 §6
    public static Select Parse(ref ImapReader reader)
    {
        reader.Space();
        string mailbox = reader.Mailbox();
        bool condStore = false;
        QResync? resync = null;
        if (reader.TrySpace())
        {
            reader.Expect((byte)'(');
            do
            {
                if (reader.TryKeyword("QRESYNC"u8))
                {
                    resync = resync is null ? QResync.Read(ref reader) : throw new ImapSyntaxException("QRESYNC comes once.");
                    continue;
                }

                reader.Keyword("CONDSTORE"u8);
                condStore = true;
            }
            while (reader.TrySpace());
            reader.Expect((byte)')');
        }

        return new Select(mailbox, condStore, resync);
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel) => OpenAsync(session, isReadOnly: false, cancel);

    public async ValueTask<ImapResult> OpenAsync(ImapSession session, bool isReadOnly, CancellationToken cancel)
    {
        if (Resync is not null && !session.Writer.Dialect.HasFlag(ImapDialect.QResync))
        {
            return ImapResult.Bad("QRESYNC needs ENABLE QRESYNC first");
        }

        if (Resync?.Match is not null && session.Writer.Dialect.HasFlag(ImapDialect.UidOnly))
        {
            return ImapResult.Bad(ResponseCode.UidRequired, "UIDONLY is on: sequence numbers match nothing");
        }

        if (session.Selected is not null)
        {
            // RFC 9051 §6.3.2: the old mailbox is closed even where the new one cannot be opened.
            session.CloseMailbox();
            session.Writer.Status("OK"u8, ResponseCode.Closed, "The mailbox before is closed");
        }

        if (CondStore)
        {
            session.EnableCondStore();
        }

        Result<Mailbox> found = await session.Services.Mailboxes.ResolveAsync(session.Actor!, Mailbox, cancel);
        if (!found.TryGet(out Mailbox? mailbox, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        bool isOpen = false;
        try
        {
            ImapResult result = await OpenAsync(session, mailbox, isReadOnly, cancel);
            isOpen = result.Status == ImapStatus.Ok;
            return result;
        }
        finally
        {
            if (!isOpen)
            {
                // RFC 9051 §6.3.2: after a SELECT that failed none is selected. Nor are changes waited for that nobody would look at.
                session.CloseMailbox();
            }
        }
    }

    private async ValueTask<ImapResult> OpenAsync(ImapSession session, Mailbox mailbox, bool isReadOnly, CancellationToken cancel)
    {
        Result<RightSet> allowed = await session.Services.Grants.MineAsync(session.Actor!, mailbox.Account, mailbox.Id, cancel);
        Result<MailboxSnapshot> opened = await session.SnapshotAsync(mailbox.Account, mailbox.Id, cancel);
        if (!allowed.TryGet(out RightSet rights, out Refusal? refusal) || !opened.TryGet(out MailboxSnapshot? snapshot, out refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        // RFC 4314 §5.2: read-only where nothing can be changed.
        isReadOnly |= rights.ChangesNothing;
        session.Open(new SelectedMailbox(snapshot, isReadOnly, mailbox.Name, rights));
        Tell(session, snapshot, mailbox.Name);
        bool isSame = Resync is null || await Resync.TellAsync(session, snapshot, cancel);
        string text = isReadOnly ? "EXAMINE completed" : "SELECT completed";
        return ImapResult.Ok(isReadOnly ? ResponseCode.ReadOnly : ResponseCode.ReadWrite, isSame ? text : $"{text}; UIDVALIDITY is another one");
    }

    private static void Tell(ImapSession session, MailboxSnapshot snapshot, string name)
    {
        ImapResponseWriter writer = session.Writer;
        Mailbox mailbox = snapshot.Mailbox;
        bool isRev2 = writer.Dialect.HasFlag(ImapDialect.Imap4Rev2);
        session.TellKeywords();
        writer.Numbered(snapshot.Count, "EXISTS"u8);
        if (!isRev2)
        {
            // RFC 3501 §7.3.2 wants the line; there is no session to which messages are recent.
            writer.Line("* 0 RECENT"u8);
        }

        if (!isRev2 && !writer.Dialect.HasFlag(ImapDialect.UidOnly))
        {
            TellFirstUnseen(writer, snapshot);
        }

        writer.Status("OK"u8, new ResponseCode($"UIDVALIDITY {mailbox.UidValidity}"), "UIDs are valid");
        writer.Status("OK"u8, new ResponseCode($"UIDNEXT {mailbox.UidNext}"), "Predicted next UID");
        writer.Status("OK"u8, ResponseCode.HighestModSeq(mailbox.HighestModSeq), "Highest");
        writer.Status("OK"u8, ResponseCode.MailboxId(mailbox, session.Account!.Id), "The mailbox's own id");
        if (isRev2)
        {
            // RFC 9051 §6.3.2: its name as the server writes it.
            writer.Write("* LIST () \"/\" "u8);
            writer.Mailbox(name);
            writer.EndLine();
        }
    }

    // RFC 3501 §7.1 UNSEEN; RFC 9051 appendix E drops it. RFC 3501 §6.3.1: a client that misses it asks by SEARCH; in a large mailbox it would cost the whole of it.
    private static void TellFirstUnseen(ImapResponseWriter writer, MailboxSnapshot snapshot)
    {
        if (snapshot.Mailbox.Unseen > 0 && snapshot.FirstUnseen() is { } position)
        {
            writer.Status("OK"u8, new ResponseCode($"UNSEEN {position + 1}"), "First unseen message");
        }
    }
}
