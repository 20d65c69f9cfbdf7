namespace Posthorn.Server.Delivery.Checks;

/// <summary>How the senders of incoming mail are checked.</summary>
public sealed record SenderCheckSettings
{
    /// <summary>Our name in Authentication-Results (RFC 8601 §2.5).</summary>
    public required string AuthservId { get; init; }

    /// <summary>SPF and DKIM of one message together, and DMARC after them. RFC 7208 §4.6.4 asks for at least 20 seconds; clients wait ten minutes (RFC 5321 §4.5.3.2.6).</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(30);
}
