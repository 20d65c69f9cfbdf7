using Posthorn.Core.Queue;

namespace Posthorn.Server.Outbound;

internal enum DeliveryStatus
{
    /// <summary>A host of the recipient's domain has it.</summary>
    Delivered,

    /// <summary>It will never be delivered.</summary>
    Failed,

    /// <summary>It may be delivered later.</summary>
    Deferred,
}

/// <summary>What one try came to for one recipient.</summary>
/// <param name="Enhanced">RFC 3463 status code, for notifications.</param>
/// <param name="Reply">What the other side answered, or what kept us from asking it.</param>
/// <param name="Host">The host that answered; null when none did.</param>
/// <param name="NotifiesItself">The host took over NOTIFY (RFC 3461 §5.2.1): it tells of success itself.</param>
internal sealed record DeliveryOutcome(
    QueuedRecipient Recipient, DeliveryStatus Status, string Enhanced, string Reply, string? Host = null, bool NotifiesItself = false)
{
    public static DeliveryOutcome From(QueuedRecipient recipient, RemoteReply reply, string host)
    {
        DeliveryStatus status = reply.IsPositive ? DeliveryStatus.Delivered : reply.IsPermanent ? DeliveryStatus.Failed : DeliveryStatus.Deferred;
        return new DeliveryOutcome(recipient, status, EnhancedOf(reply), reply.ToString(), host);
    }

    /// <summary>The code the reply begins with (RFC 2034), or the general one of its class.</summary>
    private static string EnhancedOf(RemoteReply reply)
    {
        string first = reply.Text.Split(' ')[0];
        string[] parts = first.Split('.');
        bool isCode = parts.Length == 3 && parts.All(part => part.Length is > 0 and <= 3 && part.All(char.IsAsciiDigit)) && (parts[0] is "2" or "4" or "5");
        return isCode ? first : reply.IsPositive ? "2.0.0" : reply.IsPermanent ? "5.0.0" : "4.0.0";
    }
}
