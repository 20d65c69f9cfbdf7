using Microsoft.AspNetCore.Http;
using MimeKit;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Scheduling;
using Posthorn.Web.Sessions;
using Posthorn.Web.Settings;

namespace Posthorn.Web.Mail.Reading;

/// <summary>Opens a message to read it: what the page shows of it, by what the address asks for and its reader wishes. As a rule it counts as read from then on.</summary>
internal sealed class MessageOpening(MailReading reading, Messages messages, Talks talks, Snoozing snoozing, SenderPictures senders, Writing.Composing composing)
{
    /// <summary>Null: there is no such message.</summary>
    /// <param name="http">The request.</param>
    /// <param name="place">Which.</param>
    /// <param name="folders">Of the account.</param>
    /// <param name="withTalk">With its conversation.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<OpenedMessage?> OpenAsync(HttpContext http, MessagePlace place, IReadOnlyList<Mailbox> folders, bool withTalk, CancellationToken cancel)
    {
        WebSession session = http.Session();
        if (await reading.OpenAsync(session, place.Mailbox, place.Uid, cancel) is not var (row, content))
        {
            return null;
        }

        await using MessageContent opened = content;
        (MimeMessage read, bool isWhole) = await ShownMessage.ReadAsync(opened, cancel);
        using MimeMessage message = read;
        ReadingSettings wishes = session.Settings.Reading;
        bool isUnread = !row.Flags.HasFlag(MessageFlags.Seen);
        if (isUnread && wishes.MarkRead == ReadAfter.Opening)
        {
            isUnread = false;
            await messages.ChangeFlagsAsync(
                session.Actor, session.Account.Id, place.Mailbox, UidSet.Of(place.Uid), new FlagChange(FlagOperation.Add, MessageFlags.Seen, []), null, cancel);
        }

        IQueryCollection query = http.Request.Query;
        MessageView view = query["view"].ToString() switch
        {
            "text" => MessageView.Text,
            "headers" => MessageView.Headers,
            "usual" => MessageView.Usual,
            _ => wishes.AsText ? MessageView.Text : MessageView.Usual,
        };
        bool areAllowed = await senders.IsAllowedAsync(session, row, message, cancel);
        bool waits = folders.FirstOrDefault(folder => folder.Id == place.Mailbox)?.Name is Snoozing.MailboxName or Writing.Later.MailboxName;
        return new OpenedMessage(ShownMessage.Of(row, message, view == MessageView.Text))
        {
            IsWhole = isWhole,
            Talk = withTalk ? await talks.OfAsync(session, row.Thread, folders, cancel) : [],
            Planned = waits
                ? (await snoozing.ListAsync(session.Actor, session.Account.Id, cancel)).Value.FirstOrDefault(planned => (planned.Mailbox, planned.Uid) == (place.Mailbox, place.Uid))
                : null,
            View = view,
            IsUnread = isUnread,
            WithPictures = await senders.AreLoadedAsync(session, row, message, query["pictures"] == "true", cancel),
            AreSendersPicturesAllowed = areAllowed,
            AsksOthers = MessageBody.Of(message).Rich.Any(static part => part.IsHtml && HtmlDocument.AsksOthers(part.Text)),
            IsSenderProved = SenderPictures.IsProved(row),
            Headers = query["view"] == "headers" ? [.. message.Headers.Take(MaxHeaders).Select(static header => (header.Field, header.Value))] : [],
            Reply = Writing.Answers.Head(
                message, place, session.Settings.Composing.AnswersAll ? Writing.Writing.ReplyAll : Writing.Writing.Reply, await composing.SendersAsync(session, cancel)),
            Unsubscribe = UnsubscribeWays.Of(message),
            Unsubscribed = query["unsubscribed"].ToString() switch
            {
                "done" => true,
                "failed" => false,
                _ => null,
            },
        };
    }

    /// <summary>Fields of a header that are listed; the source has all.</summary>
    private const int MaxHeaders = 500;
}

/// <summary>A message on a page.</summary>
public sealed record OpenedMessage(ShownMessage Message)
{
    public MessageView View { get; init; }

    /// <summary>False: it has more than a page shows; its source has all.</summary>
    public bool IsWhole { get; init; }

    /// <summary>It did not become read by being opened.</summary>
    public bool IsUnread { get; init; }

    /// <summary>Pictures from other hosts are loaded.</summary>
    public bool WithPictures { get; init; }

    /// <summary>They are loaded for this sender always.</summary>
    public bool AreSendersPicturesAllowed { get; init; }

    /// <summary>There are pictures on other hosts.</summary>
    public bool AsksOthers { get; init; }

    /// <summary>The sender's domain stood for the message when it came.</summary>
    public bool IsSenderProved { get; init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Its conversation, itself included, the oldest first; empty: it is not asked for.</summary>
    public IReadOnlyList<TalkMessage> Talk { get; init; } = [];

    /// <summary>What an answer to it begins with.</summary>
    public Writing.ComposeForm? Reply { get; init; }

    /// <summary>When it leaves the folder in which it waits; null: it does not wait.</summary>
    public ScheduledMessage? Planned { get; init; }

    /// <summary>Null: it is no mail of a list.</summary>
    public UnsubscribeWays? Unsubscribe { get; init; }

    /// <summary>What came of it; null: nobody asked.</summary>
    public bool? Unsubscribed { get; init; }
}

/// <summary>How a message is shown.</summary>
public enum MessageView
{
    Usual,
    Text,
    Headers,
}
