namespace Posthorn.Server.Pop3;

/// <summary>Limits of a POP3 session.</summary>
public sealed record Pop3Limits
{
    /// <summary>RFC 2449 §4: 255 octets; AUTH with an initial response and addresses in UTF-8 want more.</summary>
    public int MaxCommandLine { get; init; } = 4_096;

    /// <summary>RFC 4422 leaves it open; as SMTP (RFC 4954 §4).</summary>
    public int MaxAuthLine { get; init; } = 12 * 1024;

    /// <summary>Commands that are not understood before the connection ends, while nobody is signed in.</summary>
    public int MaxBadCommandsBeforeSignIn { get; init; } = 3;

    public int MaxBadCommands { get; init; } = 20;

    public int MaxFailedSignIns { get; init; } = 3;

    /// <summary>Octets of answers that may wait for the rest of a pipelined batch.</summary>
    public int MaxUnflushed { get; init; } = 64 * 1024;

    /// <summary>From the greeting to the sign-in.</summary>
    // Deviates from RFC 1939 §3: 10 minutes are for who has a maildrop; a stranger does not hold a connection that long.
    public TimeSpan SignInTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>RFC 1939 §3: at least 10 minutes.</summary>
    public TimeSpan Autologout { get; init; } = TimeSpan.FromMinutes(10);
}
