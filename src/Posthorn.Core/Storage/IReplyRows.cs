using Posthorn.Core.Forwarding;

namespace Posthorn.Core.Storage;

/// <summary>A sender who got the vacation reply.</summary>
/// <param name="Mark">Of the text that it had.</param>
public sealed record AnsweredSender(DateTimeOffset At, long Mark);

/// <summary>Who was answered by itself, and where mail is forwarded to. Rows belong to their account.</summary>
public interface IReadReplies
{
    /// <param name="sender">In comparable form.</param>
    ValueTask<AnsweredSender?> AnsweredAsync(AccountId account, string sender);

    /// <summary>The oldest first; those that were not confirmed too.</summary>
    ValueTask<IReadOnlyList<ForwardRow>> ForwardsAsync(AccountId account);
}

public interface IWriteReplies : IReadReplies
{
    /// <param name="kept">As many senders of the account are remembered, the oldest go.</param>
    ValueTask SetAnsweredAsync(AccountId account, string sender, AnsweredSender answered, int kept);

    /// <summary>In the place of the row of the same address.</summary>
    ValueTask SetForwardAsync(AccountId account, ForwardRow row);

    ValueTask<bool> DeleteForwardAsync(AccountId account, string address);
}
