namespace Posthorn.Core.Scheduling;

/// <summary>A message that goes to another mailbox at a time. It is named by where it lies: no mailbox gives a UID twice, so one that was moved meanwhile is not mistaken.</summary>
/// <param name="Mailbox">Where it waits.</param>
/// <param name="Target">Where it goes; the inbox, if that is gone by then.</param>
/// <param name="Envelope">Of mail that is sent later: its id in the queue.</param>
public sealed record ScheduledMessage(MailboxId Mailbox, uint Uid, ScheduledKind Kind, DateTimeOffset Due, MailboxId Target, EnvelopeId? Envelope);

/// <summary>Why it waits.</summary>
public enum ScheduledKind
{
    /// <summary>Put off by its reader: comes back unread.</summary>
    Snooze,

    /// <summary>The copy of mail that is sent later: goes to the sent mail when the mail leaves.</summary>
    SendLater,
}
