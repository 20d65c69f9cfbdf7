namespace Posthorn.Server.Connections;

/// <summary>The limits of one protocol's connections. Each protocol has its own, shared by all its listeners.</summary>
public sealed record ConnectionLimits
{
    /// <summary>Connections open at once, over all addresses.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Connections open at once from one IPv4 address or one IPv6 /64.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 100;

    /// <summary>From the first byte awaited to the end of the TLS handshake.</summary>
    public TimeSpan TlsHandshakeTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one flush may wait for a client that does not read.</summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the last answers may take to reach the client once the session is over.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a session may go on after it was told that the server stops.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);
}
