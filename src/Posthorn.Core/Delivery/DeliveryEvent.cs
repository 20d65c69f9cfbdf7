namespace Posthorn.Core.Delivery;

/// <summary>What became of one recipient at one moment.</summary>
public enum DeliveryResult
{
    /// <summary>It lies in a mailbox of this store.</summary>
    Delivered = 0,

    /// <summary>It was taken and waits in the queue.</summary>
    Queued = 1,

    /// <summary>Another server took it.</summary>
    Sent = 2,

    /// <summary>It was not possible now and is tried again.</summary>
    Deferred = 3,

    /// <summary>It was given up; the sender was told, where one is proved and wants to know.</summary>
    Returned = 4,

    /// <summary>It was not taken: the other side keeps it.</summary>
    Refused = 5,
}

/// <summary>A line of the log of deliveries.</summary>
/// <param name="Sender">Reverse path; empty: the null sender.</param>
/// <param name="Recipient">Forward path; empty: the message was refused before one was named.</param>
/// <param name="Host">The other server or client, by name or address; empty: none was asked.</param>
/// <param name="Reason">The reply as it was said.</param>
public sealed record DeliveryEvent(DateTimeOffset At, DeliveryResult Result, string Sender, string Recipient, string Host, string Reason)
{
    public bool IsTrouble => Result is DeliveryResult.Deferred or DeliveryResult.Returned or DeliveryResult.Refused;
}
