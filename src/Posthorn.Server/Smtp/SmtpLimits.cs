using Posthorn.Server.Connections;

namespace Posthorn.Server.Smtp;

/// <summary>Every limit of an SMTP session. Octets, unless the name says otherwise.</summary>
public sealed record SmtpLimits
{
    public ConnectionLimits Connections { get; init; } = new();

    /// <summary>A command line, CRLF included. RFC 5321 §4.5.3.1.4 asks for 512, its extensions for about 1,700 more.</summary>
    public int MaxCommandLine { get; init; } = 4096;

    /// <summary>A line of an AUTH exchange, CRLF included: RFC 4954 §4 (12,288 octets of base64).</summary>
    public int MaxAuthLine { get; init; } = 12 * 1024 + 64;

    /// <summary>The header of a message; it is held in memory until it is whole.</summary>
    public int MaxHeader { get; init; } = 256 * 1024;

    /// <summary>What is read and thrown away of a message that was refused already, before the connection ends.</summary>
    public long MaxDiscard { get; init; } = 256L * 1024 * 1024;

    /// <summary>Recipients of one message; RFC 5321 §4.5.3.1.8 asks for 100 at least.</summary>
    public int MaxRecipients { get; init; } = 1000;

    /// <summary>Received lines that a message may carry before it counts as looping; RFC 5321 §6.3 asks for 100 at least.</summary>
    public int MaxReceivedLines { get; init; } = 100;

    /// <summary>Commands of one connection.</summary>
    public int MaxCommands { get; init; } = 1_000_000;

    /// <summary>Commands that are unknown, malformed or out of order before the connection ends.</summary>
    public int MaxBadCommands { get; init; } = 20;

    /// <summary>The same before EHLO was accepted: other protocols knock on this port too.</summary>
    public int MaxBadCommandsBeforeHello { get; init; } = 3;

    /// <summary>Failed sign-ins of one connection.</summary>
    public int MaxFailedSignIns { get; init; } = 3;

    /// <summary>From the last reply to the end of the next command line. RFC 5321 §4.5.3.2.7.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Silence within a message. RFC 5321 §4.5.3.2.5.</summary>
    public TimeSpan DataBlockTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>A message from 354 to its last octet: who sends an octet now and then does not hold a connection for ever.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How far ahead a message may be submitted. RFC 4865.</summary>
    public TimeSpan MaxHold { get; init; } = TimeSpan.FromDays(30);
}
