using Posthorn.Core;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Commands;

/// <summary>SELECT: opens a mailbox.</summary>
/// <remarks>RFC 9051 §6.3.2; CONDSTORE: RFC 7162 §3.1.8; parameters: RFC 4466 §2.4.</remarks>
internal sealed record Select(string Mailbox, bool CondStore) : IImapCommand<Select>
{
    // select = "SELECT" SP mailbox [select-params]     RFC 9051 §9, RFC 4466 §6
    public static Select Parse(ref ImapReader reader)
    {
        reader.Space();
        string mailbox = reader.Mailbox();
        bool condStore = false;
        if (reader.TrySpace())
        {
            reader.Expect((byte)'(');
            do
            {
                reader.Keyword("CONDSTORE"u8);
                condStore = true;
            }
            while (reader.TrySpace());
            reader.Expect((byte)')');
        }

        return new Select(mailbox, condStore);
    }

    public ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel) => OpenAsync(session, isReadOnly: false, cancel);

    public async ValueTask<ImapResult> OpenAsync(ImapSession session, bool isReadOnly, CancellationToken cancel)
    {
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

        Result<Mailbox> found = await session.Services.Mailboxes.FindAsync(session.Actor!, session.Account!.Id, Mailbox, cancel);
        if (!found.TryGet(out Mailbox? mailbox, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        Result<MailboxSnapshot> opened = await session.SnapshotAsync(mailbox.Id, cancel);
        if (!opened.TryGet(out MailboxSnapshot? snapshot, out refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        session.Open(new SelectedMailbox(snapshot, isReadOnly));
        Tell(session, snapshot);
        return isReadOnly
            ? ImapResult.Ok(ResponseCode.ReadOnly, "EXAMINE completed")
            : ImapResult.Ok(ResponseCode.ReadWrite, "SELECT completed");
    }

    private static void Tell(ImapSession session, MailboxSnapshot snapshot)
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
            TellFirstUnseen(writer, snapshot);
        }

        writer.Status("OK"u8, new ResponseCode($"UIDVALIDITY {mailbox.UidValidity}"), "UIDs are valid");
        writer.Status("OK"u8, new ResponseCode($"UIDNEXT {mailbox.UidNext}"), "Predicted next UID");
        writer.Status("OK"u8, ResponseCode.HighestModSeq(mailbox.HighestModSeq), "Highest");
        writer.Status("OK"u8, new ResponseCode($"MAILBOXID (F{mailbox.Id})"), "The mailbox's own id");
        if (isRev2)
        {
            // RFC 9051 §6.3.2: its name as the server writes it.
            writer.Write("* LIST () \"/\" "u8);
            writer.Mailbox(mailbox.Name);
            writer.EndLine();
        }
    }

    // RFC 3501 §7.1 UNSEEN; RFC 9051 appendix E drops it.
    private static void TellFirstUnseen(ImapResponseWriter writer, MailboxSnapshot snapshot)
    {
        if (snapshot.Mailbox.Unseen == 0)
        {
            return;
        }

        int position = 0;
        foreach (MessageEntry message in snapshot.Enumerate())
        {
            position++;
            if (!message.Flags.HasFlag(Core.Messages.MessageFlags.Seen))
            {
                writer.Status("OK"u8, new ResponseCode($"UNSEEN {position}"), "First unseen message");
                return;
            }
        }
    }
}
