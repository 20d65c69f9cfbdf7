namespace Posthorn.Server.Outbound;

/// <summary>How mail leaves: the names we use, the limits we keep, the times we wait.</summary>
public sealed record OutboundSettings
{
    /// <summary>Said in EHLO, and the reporting MTA of notifications.</summary>
    public required string HostName { get; init; }

    /// <summary>Takes all mail when set, instead of each domain's exchangers.</summary>
    public string? Smarthost { get; init; }

    /// <summary>Port of the smarthost, and of exchangers where a closed network uses another.</summary>
    public int Port { get; init; } = 25;

    /// <summary>Signs in at the smarthost with AUTH PLAIN, within TLS and when its certificate is good for its name only.</summary>
    public string? SmarthostUser { get; init; }

    public string? SmarthostPassword { get; init; }

    /// <summary>Whom to trust beside the authorities of the system; null: nobody.</summary>
    public Tls.ServerAuthority? Authority { get; init; }

    /// <summary>Connections to one domain at a time.</summary>
    public int MaxConnectionsPerDomain { get; init; } = 5;

    /// <summary>Connections in all.</summary>
    public int MaxConnections { get; init; } = 100;

    /// <summary>Reverse path of notifications is empty; they come from this local part at <see cref="HostName"/>.</summary>
    public string NotificationSender { get; init; } = "MAILER-DAEMON";

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>RFC 5321 §4.5.3.2: greeting, MAIL, RCPT: 5 minutes.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>RFC 5321 §4.5.3.2.6: the answer to the end of data: 10 minutes.</summary>
    public TimeSpan DataEndTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A stop waits so long for the answer to the end of data: what the other side takes meanwhile is not sent again. Less than the host's own patience.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long mail stays with a node that does not say more of it; a delivery that takes longer renews it.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A sender is told that mail is late after so long.</summary>
    public TimeSpan DelayWarning { get; init; } = TimeSpan.FromHours(4);

    /// <summary>Octets of a message that a notification returns whole when the sender asked for it (RET=FULL).</summary>
    public int MaxReturnedBytes { get; init; } = 64 * 1024;
}
