using Posthorn.Core;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Listing;

/// <summary>RFC 9051 §9 <c>status-att</c>, with those of RFC 3501 (RECENT), RFC 7162, RFC 7889, RFC 8474 and RFC 9208.</summary>
[Flags]
internal enum StatusItems
{
    None = 0,
    Messages = 1 << 0,
    Recent = 1 << 1,
    UidNext = 1 << 2,
    UidValidity = 1 << 3,
    Unseen = 1 << 4,
    Deleted = 1 << 5,
    Size = 1 << 6,
    HighestModSeq = 1 << 7,
    AppendLimit = 1 << 8,
    MailboxId = 1 << 9,
    DeletedStorage = 1 << 16,
}

/// <summary>How they are read and written.</summary>
internal static class StatusResponse
{
    // "(" status-att *(SP status-att) ")"
    public static StatusItems ReadItems(ref ImapReader reader)
    {
        StatusItems items = StatusItems.None;
        reader.Expect((byte)'(');
        do
        {
            items |= ReadItem(ref reader);
        }
        while (reader.TrySpace());
        reader.Expect((byte)')');
        return items;
    }

    /// <summary>The whole STATUS response; all but DELETED-STORAGE is in the mailbox's row.</summary>
    /// <returns>Why it may not be told; null: it was.</returns>
    public static async ValueTask<Refusal?> WriteAsync(ImapSession session, Mailbox mailbox, StatusItems items, CancellationToken cancel)
    {
        if (mailbox.Account != session.Account!.Id)
        {
            // Of another's mailbox: what is unseen is one's own matter, and reading it is a right (RFC 4314 §4).
            if (!(await session.Services.Mailboxes.SnapshotAsync(session.Actor!, mailbox.Account, mailbox.Id, cancel)).TryGet(out MailboxSnapshot? view, out Refusal? refusal))
            {
                return refusal;
            }

            mailbox = view.Mailbox with { Name = mailbox.Name };
        }

        // RFC 9208 §4.1.4.
        long deletedBytes = items.HasFlag(StatusItems.DeletedStorage) && mailbox.Deleted > 0
            ? (await session.Services.Messages.DeletedBytesAsync(session.Actor!, mailbox.Account, mailbox.Id, cancel)).TryGet(out long bytes, out _) ? bytes : 0
            : 0;
        Write(session.Writer, mailbox, session.Account!.Id, items, session.Services.Limits.MaxMessageBytes, deletedBytes);
        return null;
    }

    private static void Write(ImapResponseWriter writer, Mailbox mailbox, AccountId own, StatusItems items, long appendLimit, long deletedBytes)
    {
        writer.Write("* STATUS "u8);
        writer.Mailbox(mailbox.Name);
        writer.Write(" ("u8);
        bool isFirst = true;
        Item("MESSAGES "u8, StatusItems.Messages, mailbox.Messages);
        // No session exists to which messages are recent: see SELECT.
        Item("RECENT "u8, StatusItems.Recent, 0);
        Item("UIDNEXT "u8, StatusItems.UidNext, mailbox.UidNext);
        Item("UIDVALIDITY "u8, StatusItems.UidValidity, mailbox.UidValidity.Value);
        Item("UNSEEN "u8, StatusItems.Unseen, mailbox.Unseen);
        Item("DELETED "u8, StatusItems.Deleted, mailbox.Deleted);
        Item("SIZE "u8, StatusItems.Size, mailbox.SizeBytes);
        Item("HIGHESTMODSEQ "u8, StatusItems.HighestModSeq, mailbox.HighestModSeq.Value);
        Item("APPENDLIMIT "u8, StatusItems.AppendLimit, appendLimit);
        Item("DELETED-STORAGE "u8, StatusItems.DeletedStorage, deletedBytes);
        if (items.HasFlag(StatusItems.MailboxId))
        {
            writer.Text($"{(isFirst ? "" : " ")}MAILBOXID ({ResponseCode.MailboxIdText(mailbox, own)})");
        }

        writer.Line(")"u8);

        void Item(ReadOnlySpan<byte> name, StatusItems item, long value)
        {
            if (items.HasFlag(item))
            {
                writer.Write(isFirst ? ""u8 : " "u8);
                writer.Write(name);
                writer.Number(value);
                isFirst = false;
            }
        }
    }

    private static StatusItems ReadItem(ref ImapReader reader) =>
        reader.TryKeyword("MESSAGES"u8) ? StatusItems.Messages
        : reader.TryKeyword("RECENT"u8) ? StatusItems.Recent
        : reader.TryKeyword("UIDNEXT"u8) ? StatusItems.UidNext
        : reader.TryKeyword("UIDVALIDITY"u8) ? StatusItems.UidValidity
        : reader.TryKeyword("UNSEEN"u8) ? StatusItems.Unseen
        : reader.TryKeyword("DELETED-STORAGE"u8) ? StatusItems.DeletedStorage
        : reader.TryKeyword("DELETED"u8) ? StatusItems.Deleted
        : reader.TryKeyword("SIZE"u8) ? StatusItems.Size
        : reader.TryKeyword("HIGHESTMODSEQ"u8) ? StatusItems.HighestModSeq
        : reader.TryKeyword("APPENDLIMIT"u8) ? StatusItems.AppendLimit
        : reader.TryKeyword("MAILBOXID"u8) ? StatusItems.MailboxId
        : throw new ImapSyntaxException("That is no item of STATUS.");
}
