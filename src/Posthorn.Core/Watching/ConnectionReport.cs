using System.Net;

namespace Posthorn.Core.Watching;

/// <summary>What a mail app's connection came to, step by step.</summary>
public enum ConnectionStep
{
    Connected,

    /// <summary>TLS is on.</summary>
    Encrypted,

    /// <summary>The handshake did not come to its end: the client left, spoke no TLS, or agreed to nothing.</summary>
    EncryptionFailed,

    /// <summary>The client wanted to sign in, or to send, before TLS.</summary>
    PasswordWithoutTls,
    SignedIn,
    WrongPassword,

    /// <summary>Too many wrong passwords came from there: this one was not looked at.</summary>
    TriedTooOften,

    /// <summary>A sign-in with another name than the watcher's address; whose, and what came of it, is nobody's business.</summary>
    OtherUser,

    /// <summary>The server said no to something else.</summary>
    Refused,

    /// <summary>A message was taken to be sent.</summary>
    MessageTaken,
    Ended,
}

/// <summary>One step of one connection.</summary>
/// <param name="Connection">Unique in this process.</param>
/// <param name="Service">Name of the listener, such as submission or imaps.</param>
public sealed record ConnectionReport(DateTimeOffset At, string Connection, string Service, int Port, IPAddress? Remote, ConnectionStep Step)
{
    /// <summary>Of a sign-in: the name that was given, in canonical form; empty where it was no address, which may be anything, also a password.</summary>
    public string? User { get; init; }

    /// <summary>What was agreed on, such as "TLS 1.3"; null: there is no TLS.</summary>
    public string? Tls { get; init; }

    /// <summary>The server's words, or the reason of the end.</summary>
    public string? Detail { get; init; }
}
