namespace Posthorn.Server.Connections;

/// <summary>Why a connection ended: logged once, counted once. The first reason given is the one that stands.</summary>
public enum EndReason
{
    /// <summary>The client closed its side in order.</summary>
    ClientClosed,

    /// <summary>The connection broke: reset, or cut within TLS.</summary>
    ConnectionLost,

    /// <summary>The client said QUIT or LOGOUT.</summary>
    Quit,

    /// <summary>No complete command within the protocol's time.</summary>
    IdleTimeout,
    TooManyBadCommands,
    TooManyFailedLogins,

    /// <summary>The client speaks another protocol, such as HTTP.</summary>
    CrossProtocol,

    /// <summary>Plain text followed STARTTLS in the same buffer.</summary>
    CommandInjection,
    TlsFailed,
    LineTooLong,

    /// <summary>The client did not take its answers in time.</summary>
    SlowReader,
    ServerStopping,

    /// <summary>Refused at the door: the protocol's or the address's limit.</summary>
    TooManyConnections,

    /// <summary>The session's own limit of commands, messages or bytes.</summary>
    SessionLimit,

    /// <summary>An administrator or a changed password ended it.</summary>
    Revoked,

    /// <summary>A fault of ours; the log has it.</summary>
    Error,
}
