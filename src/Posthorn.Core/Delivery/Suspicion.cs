namespace Posthorn.Core.Delivery;

/// <summary>What the checks found against a message; automatic mail about it would reach somebody who never wrote. Numbers are stored: never change one.</summary>
public enum Suspicion
{
    None = 0,

    /// <summary>The reverse path did not come from its domain (SPF fail), and nothing else proves the author: nothing is sent back to it.</summary>
    Sender = 1,

    /// <summary>It fails DMARC, or was judged junk: nothing is sent back, and it is not forwarded.</summary>
    Message = 2,
}
