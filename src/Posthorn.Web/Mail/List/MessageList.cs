using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Standards.Mime;

namespace Posthorn.Web.Mail.List;

/// <summary>A part of a folder's messages.</summary>
/// <param name="First">How many newer messages come before the first row.</param>
/// <param name="Count">Messages of the folder.</param>
public sealed record MessageList(Mailbox Mailbox, int First, int Count, IReadOnlyList<MessageRow> Rows)
{
    /// <summary>0 is the newest.</summary>
    public int Page => First / MailReading.PageSize;

    public int Pages => Math.Max(1, (Count + MailReading.PageSize - 1) / MailReading.PageSize);
}

/// <summary>A line of the list.</summary>
/// <param name="Due">When it leaves the folder in which it waits; null: it does not wait.</param>
public sealed record MessageRow(
    Mailbox Folder, uint Uid, MessageFlags Flags, bool IsForwarded, string From, string To, string Subject, string Preview, bool HasFiles, DateTimeOffset Received,
    DateTimeOffset? Due)
{
    /// <summary>Messages of its conversation in this folder; 1: it stands alone, or messages are shown one by one.</summary>
    public int TalkCount { get; init; } = 1;

    /// <summary>Another message of its conversation is not read.</summary>
    public bool IsTalkUnread { get; init; }

    public MessagePlace Place => new(Folder.Id, Uid);

    /// <summary>Who it went to says more than who wrote it.</summary>
    public bool IsOutgoing => Folder.Use is SpecialUse.Sent or SpecialUse.Drafts || Writing.Later.IsLater(Folder);

    public bool IsRead => Flags.HasFlag(MessageFlags.Seen) && !IsTalkUnread;

    public bool IsFlagged => Flags.HasFlag(MessageFlags.Flagged);

    internal static MessageRow Of(Mailbox folder, Message message, MessageFlags forwarded, DateTimeOffset? due)
    {
        EnvelopeSummary envelope = EnvelopeSummary.Read(message.Envelope);
        return new MessageRow(
            folder,
            message.Uid,
            message.Flags,
            forwarded != MessageFlags.None && message.Flags.HasFlag(forwarded),
            envelope.From is [var from, ..] ? from.Shown : T["(nobody)"],
            envelope.To is [var to, ..] ? to.Shown : T["(nobody)"],
            envelope.Subject.Length > 0 ? envelope.Subject : T["(no subject)"],
            message.Preview ?? "",
            message.Structure is { } structure && HasFile(structure),
            message.InternalDate,
            due);
    }

    private static bool HasFile(byte[] structure)
    {
        BodyStructure? parts = BodyStructure.Read(structure);
        for (int index = 0; index < parts?.Count; index++)
        {
            if (parts[index].IsAttachment)
            {
                return true;
            }
        }

        return false;
    }
}
