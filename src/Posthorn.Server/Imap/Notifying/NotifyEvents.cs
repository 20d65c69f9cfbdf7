namespace Posthorn.Server.Imap.Notifying;

/// <summary>What NOTIFY can tell of (RFC 5465 §5).</summary>
[Flags]
internal enum NotifyEvents
{
    None = 0,
    MessageNew = 1,
    MessageExpunge = 2,
    FlagChange = 4,
    MailboxName = 8,
    SubscriptionChange = 16,
    MailboxMetadataChange = 32,
    ServerMetadataChange = 64,

    /// <summary>message-event: what the selected mailbox can be watched for. Messages have no annotations here, so there is no AnnotationChange.</summary>
    OfMessages = MessageNew | MessageExpunge | FlagChange,
}
