using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Scheduling;
using Posthorn.Web.Mail.List;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail;

/// <summary>What the pages of Mail show, read through the operations that every protocol uses.</summary>
public sealed class MailReading(Mailboxes mailboxes, Messages messages, Conversations conversations, Snoozing snoozing)
{
    /// <summary>Rows of a page of the list.</summary>
    public const int PageSize = 50;

    /// <summary>Rows that the script of the page asks for at a time.</summary>
    public const int MaxRows = 200;

    private const string ForwardedKeyword = "$Forwarded";

    /// <summary>Folders in the order people look for them: the inbox, those with a use, the others by name; each with those inside it behind it.</summary>
    internal async ValueTask<IReadOnlyList<Mailbox>> FoldersAsync(WebSession session, CancellationToken cancel)
    {
        IReadOnlyList<Mailbox> all = (await mailboxes.ListAsync(session.Actor, session.Account.Id, cancel)).Value;
        Dictionary<string, int> ranks = all.ToDictionary(static box => box.Name, Rank, StringComparer.Ordinal);
        // A folder goes with the outermost one that it lies in.
        return
        [
            .. all.OrderBy(box => ranks.GetValueOrDefault(box.Name.Split(Mailbox.Separator)[0], OwnFolder))
                .ThenBy(static box => box.Name, Comparer<string>.Create(ByLevels)),
        ];
    }

    /// <summary>Rows from the newest on.</summary>
    /// <param name="session">Whose mail.</param>
    /// <param name="box">Which folder.</param>
    /// <param name="first">How many newer ones are left out.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="byTalk">A row for each conversation: its newest message there.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async ValueTask<Result<MessageList>> ListAsync(WebSession session, MailboxId box, int first, int count, bool byTalk, CancellationToken cancel)
    {
        if (!(await PlaceAsync(session, box, first, Math.Clamp(count, 1, MaxRows), byTalk, cancel)).TryGet(out Placed? placed, out Refusal? refusal))
        {
            return refusal;
        }

        UidSet uids = UidSet.From(placed.Rows.Select(static row => row.Newest));
        IReadOnlyList<Message> found = uids.IsEmpty
            ? []
            : (await messages.ReadAsync(
                session.Actor, session.Account.Id, box, uids, MessageFields.Envelope | MessageFields.Preview | MessageFields.Structure, cancel)).Value;
        Dictionary<uint, Message> byUid = found.ToDictionary(static message => message.Uid);
        Dictionary<uint, DateTimeOffset> due = await DueAsync(session, placed.Mailbox, cancel);
        MessageFlags forwarded = Keyword(placed.Mailbox);
        return new MessageList(
            placed.Mailbox, placed.First, placed.Count,
            [
                .. placed.Rows.Where(row => byUid.ContainsKey(row.Newest)).Select(row =>
                    MessageRow.Of(placed.Mailbox, byUid[row.Newest], forwarded, due.TryGetValue(row.Newest, out DateTimeOffset moment) ? moment : null) with
                    {
                        TalkCount = row.Count,
                        IsTalkUnread = byTalk && row.IsUnread,
                    }),
            ]);
    }

    /// <summary>UIDs of a range of the list, the newest first: what a tick with the shift key takes.</summary>
    internal async ValueTask<Result<IReadOnlyList<uint>>> UidsAsync(WebSession session, MailboxId box, int first, int count, bool byTalk, CancellationToken cancel) =>
        (await PlaceAsync(session, box, first, Math.Clamp(count, 0, MailActions.MaxTicked), byTalk, cancel)).Map<IReadOnlyList<uint>>(static placed => [.. placed.Rows.Select(static row => row.Newest)]);

    /// <summary>Messages with all others of their conversations in the folder.</summary>
    internal async ValueTask<UidSet> WholeTalksAsync(WebSession session, MailboxId box, UidSet uids, CancellationToken cancel) =>
        (await conversations.ListAsync(session.Actor, session.Account.Id, box, cancel)).TryGet(out ConversationList? list, out _) ? list.Whole(uids) : uids;

    private async ValueTask<Result<Placed>> PlaceAsync(WebSession session, MailboxId box, int first, int count, bool byTalk, CancellationToken cancel)
    {
        if (byTalk)
        {
            return (await conversations.ListAsync(session.Actor, session.Account.Id, box, cancel)).Map(list =>
            {
                int start = Math.Clamp(first, 0, Math.Max(0, list.All.Count - 1));
                return new Placed(list.Snapshot.Mailbox, start, list.All.Count, [.. list.All.Skip(start).Take(count)]);
            });
        }

        if (!(await mailboxes.SnapshotAsync(session.Actor, session.Account.Id, box, cancel)).TryGet(out MailboxSnapshot? snapshot, out Refusal? refusal))
        {
            return refusal;
        }

        int start = Math.Clamp(first, 0, Math.Max(0, snapshot.Count - 1)), rows = Math.Max(0, Math.Min(count, snapshot.Count - start));
        await snapshot.LoadAsync(snapshot.Count - start - rows, cancel);
        return new Placed(snapshot.Mailbox, start, snapshot.Count, [.. Enumerable.Range(start, rows).Select(at => new Conversation(default, snapshot[snapshot.Count - 1 - at].Uid, 1, false))]);
    }

    private sealed record Placed(Mailbox Mailbox, int First, int Count, IReadOnlyList<Conversation> Rows);

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

    /// <summary>When what waits in this folder leaves it, by UID.</summary>
    private async ValueTask<Dictionary<uint, DateTimeOffset>> DueAsync(WebSession session, Mailbox box, CancellationToken cancel) =>
        box.Name is Snoozing.MailboxName or Writing.Later.MailboxName
            ? (await snoozing.ListAsync(session.Actor, session.Account.Id, cancel)).Value.Where(planned => planned.Mailbox == box.Id).ToDictionary(static planned => planned.Uid, static planned => planned.Due)
            : [];

    private static MessageFlags Keyword(Mailbox box)
    {
        for (int position = 0; position < box.Keywords.Count; position++)
        {
            if (box.Keywords[position].Equals(ForwardedKeyword, StringComparison.OrdinalIgnoreCase))
            {
                return KeywordBits.Of(position);
            }
        }

        return MessageFlags.None;
    }

    private const int OwnFolder = 8;

    private static int Rank(Mailbox box) => box.Name == Mailbox.Inbox ? 0 : box.Use switch
    {
        SpecialUse.Drafts => 1,
        SpecialUse.Sent => 2,
        SpecialUse.Archive => 5,
        SpecialUse.Junk => 6,
        SpecialUse.Trash => 7,
        _ => box.Name switch
        {
            Snoozing.MailboxName => 3,
            Writing.Later.MailboxName => 4,
            _ => OwnFolder,
        },
    };

    // Level by level, so that what lies in a folder follows it whatever its neighbours are called.
    private static int ByLevels(string left, string right)
    {
        string[] one = left.Split(Mailbox.Separator), other = right.Split(Mailbox.Separator);
        for (int level = 0; level < Math.Min(one.Length, other.Length); level++)
        {
            int order = string.Compare(one[level], other[level], StringComparison.OrdinalIgnoreCase);
            order = order != 0 ? order : string.CompareOrdinal(one[level], other[level]);
            if (order != 0)
            {
                return order;
            }
        }

        return one.Length - other.Length;
    }
}
