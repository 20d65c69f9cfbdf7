using System.Net;

namespace Posthorn.Quickstart;

/// <summary>Why a port cannot be had.</summary>
internal enum PortProblem
{
    None,
    InUse,
    NotPermitted,
}

/// <summary>What the checks ask of this machine and its network besides the DNS.</summary>
internal interface IHostNetwork
{
    /// <summary>As the system has it; may lack a domain.</summary>
    string HostName { get; }

    /// <summary>Addresses of this machine that others could reach: neither loopback nor link-local.</summary>
    IReadOnlyList<IPAddress> Addresses();

    PortProblem TryListen(int port);

    /// <summary>Whether a connection comes about within <paramref name="limit"/>; nothing is said on it.</summary>
    ValueTask<bool> TryConnectAsync(IPEndPoint server, TimeSpan limit, CancellationToken cancel);
}
