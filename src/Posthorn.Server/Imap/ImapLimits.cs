namespace Posthorn.Server.Imap;

/// <summary>Limits of IMAP sessions. Each is checked before anything is buffered or waited for.</summary>
public sealed record ImapLimits
{
    /// <summary>Octets of one command with its line ends and literals; the message of APPEND is not counted, it is streamed.</summary>
    public int MaxCommandBytes { get; init; } = 64 * 1024;

    /// <summary>Octets of a command before login, all its literals counted: a user name, a password and what SASL adds.</summary>
    public int MaxCommandBytesBeforeLogin { get; init; } = 16 * 1024;

    /// <summary>Octets of a message in APPEND (RFC 7889 APPENDLIMIT).</summary>
    public long MaxMessageBytes { get; init; } = 50L * 1024 * 1024;

    /// <summary>Octets of a refused non-synchronizing literal that are read and dropped; beyond it the connection ends (RFC 7888 §4).</summary>
    public long MaxDiscardBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Mailboxes of an account that NOTIFY watches; with more the client is told that it is too much (RFC 5465 §5.8).</summary>
    public int MaxWatchedMailboxes { get; init; } = 10_000;

    /// <summary>Commands that are not understood before the connection ends, while nobody is logged in.</summary>
    public int BadCommandsBeforeLogin { get; init; } = 3;

    /// <summary>Wrong passwords in one connection.</summary>
    public int MaxFailedLogins { get; init; } = 5;

    /// <summary>From the greeting to the login.</summary>
    public TimeSpan LoginTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>RFC 9051 §5.4: at least 30 minutes. IDLE ends by it too (RFC 2177 §3).</summary>
    public TimeSpan Autologout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>A pause inside a literal.</summary>
    public TimeSpan LiteralTimeout { get; init; } = TimeSpan.FromMinutes(5);
}
