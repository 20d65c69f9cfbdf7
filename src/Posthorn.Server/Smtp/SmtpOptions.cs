namespace Posthorn.Server.Smtp;

/// <summary>How this host presents itself and what it insists on.</summary>
public sealed record SmtpOptions
{
    /// <summary>Our name in the greeting, in Received and in Authentication-Results: the name of the MX.</summary>
    public required string HostName { get; init; }

    /// <summary>Largest message taken, in octets (RFC 1870); the same as the store's.</summary>
    public long MaxMessageBytes { get; init; } = 50L * 1024 * 1024;

    /// <summary>Refuse mail whose From domain says "reject" by DMARC and that fails it. Off: it is delivered with the verdict.</summary>
    public bool RejectOnDmarc { get; init; } = true;

    public SmtpLimits Limits { get; init; } = new();
}
