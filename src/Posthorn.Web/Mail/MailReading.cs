using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Standards.Mime;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail;

/// <summary>What the pages of Mail show, read through the operations that every protocol uses.</summary>
public sealed class MailReading(Mailboxes mailboxes, Messages messages)
{
    /// <summary>Rows of a page of the list.</summary>
    public const int PageSize = 50;

    /// <summary>Folders in the order people look for them: the inbox, those with a use, the others by name.</summary>
    internal async ValueTask<IReadOnlyList<Mailbox>> FoldersAsync(WebSession session, CancellationToken cancel)
    {
        IReadOnlyList<Mailbox> all = (await mailboxes.ListAsync(session.Actor, session.Account.Id, cancel)).Value;
        return [.. all.OrderBy(Rank).ThenBy(static box => box.Name, StringComparer.OrdinalIgnoreCase)];
    }

    /// <param name="page">0: the newest.</param>
    internal async ValueTask<Result<MessageList>> ListAsync(WebSession session, MailboxId box, int page, CancellationToken cancel)
    {
        if (!(await mailboxes.SnapshotAsync(session.Actor, session.Account.Id, box, cancel)).TryGet(out MailboxSnapshot? snapshot, out Refusal? refusal))
        {
            return refusal;
        }

        int pages = Math.Max(1, (snapshot.Count + PageSize - 1) / PageSize), shown = Math.Clamp(page, 0, pages - 1);
        int last = snapshot.Count - 1 - (shown * PageSize), first = Math.Max(0, last - PageSize + 1);
        UidSet uids = UidSet.From(Enumerable.Range(first, last - first + 1).Select(index => snapshot[index].Uid));
        IReadOnlyList<Message> rows = uids.IsEmpty
            ? []
            : (await messages.ReadAsync(session.Actor, session.Account.Id, box, uids, MessageFields.Envelope | MessageFields.Preview, cancel)).Value;
        return new MessageList(snapshot.Mailbox, shown, pages, snapshot.Count, [.. rows.Reverse().Select(Row)]);
    }

    /// <summary>Null: there is no such message, or its octets are gone.</summary>
    internal async ValueTask<(Message Row, MessageContent Content)?> OpenAsync(WebSession session, MailboxId box, uint uid, CancellationToken cancel)
    {
        Result<IReadOnlyList<Message>> found = await messages.ReadAsync(
            session.Actor, session.Account.Id, box, UidSet.Of(uid), MessageFields.Content | MessageFields.Envelope, cancel);
        return found.TryGet(out IReadOnlyList<Message>? rows, out _) && rows is [var row]
            && await messages.OpenAsync(session.Actor, session.Account.Id, row, cancel) is { } content
            ? (row, content)
            : null;
    }

    private static MessageRow Row(Message message)
    {
        EnvelopeSummary envelope = EnvelopeSummary.Read(message.Envelope);
        return new MessageRow(
            message.Uid,
            message.Flags,
            envelope.From is [var from, ..] ? from.Shown : "(nobody)",
            envelope.To is [var to, ..] ? to.Shown : "(nobody)",
            envelope.Subject.Length > 0 ? envelope.Subject : "(no subject)",
            message.Preview ?? "",
            message.InternalDate);
    }

    private static int Rank(Mailbox box) => box.Name == Mailbox.Inbox ? 0 : box.Use switch
    {
        SpecialUse.Drafts => 1,
        SpecialUse.Sent => 2,
        SpecialUse.Archive => 3,
        SpecialUse.Junk => 4,
        SpecialUse.Trash => 5,
        _ => 6,
    };
}

/// <param name="Page">0 is the newest.</param>
/// <param name="Count">Messages of the folder.</param>
public sealed record MessageList(Mailbox Mailbox, int Page, int Pages, int Count, IReadOnlyList<MessageRow> Rows);

/// <summary>A line of the list.</summary>
public sealed record MessageRow(uint Uid, MessageFlags Flags, string From, string To, string Subject, string Preview, DateTimeOffset Received);
