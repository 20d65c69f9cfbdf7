using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Scheduling;

/// <summary>What was planned for messages that somebody takes out of the mailbox in which they wait.</summary>
internal static class Plans
{
    /// <summary>
    /// The plans end: a message that was put off stays where it went, and mail that waits to be sent is not sent. Whoever deletes it from any app, sees it gone and would not
    /// think that it still leaves. Where it is on its way already, it goes.
    /// </summary>
    public static async ValueTask EndAsync(IWriteSession session, AccountId account, MailboxId mailbox, UidSet gone, DateTimeOffset now)
    {
        foreach (ScheduledMessage plan in await session.Scheduled.InAsync(account, mailbox))
        {
            if (!gone.Contains(plan.Uid))
            {
                continue;
            }

            await session.Scheduled.RemoveAsync(account, mailbox, plan.Uid);
            if (plan.Envelope is { } envelope && await session.Queue.WithdrawAsync(envelope, account, now) is { } body)
            {
                await session.Bodies.ReleaseAsync(body, now);
            }
        }
    }
}
