using Posthorn.Core.Scheduling;

namespace Posthorn.Core.Storage;

/// <summary>Messages that go to another mailbox at a time.</summary>
public interface IReadScheduled
{
    /// <summary>Of one account, the earliest first.</summary>
    ValueTask<IReadOnlyList<ScheduledMessage>> ListAsync(AccountId account);

    ValueTask<ScheduledMessage?> GetAsync(AccountId account, MailboxId mailbox, uint uid);

    /// <summary>Those that wait in a mailbox.</summary>
    ValueTask<IReadOnlyList<ScheduledMessage>> InAsync(AccountId account, MailboxId mailbox);

    /// <summary>Of all accounts, the earliest first.</summary>
    ValueTask<IReadOnlyList<(AccountId Account, ScheduledMessage Message)>> DueAsync(DateTimeOffset now, int most);

    /// <summary>When the earliest of all accounts is due; null: there is none.</summary>
    ValueTask<DateTimeOffset?> NextDueAsync();
}

public interface IWriteScheduled : IReadScheduled
{
    /// <summary>Adds it, or changes what was said of the same message.</summary>
    ValueTask SetAsync(AccountId account, ScheduledMessage message);

    ValueTask RemoveAsync(AccountId account, MailboxId mailbox, uint uid);
}
