using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Posthorn.Quickstart;

/// <summary>This machine.</summary>
internal sealed class HostNetwork(TimeProvider time) : IHostNetwork
{
    public string HostName => Dns.GetHostName();

    public IReadOnlyList<IPAddress> Addresses() =>
        [.. NetworkInterface.GetAllNetworkInterfaces().Where(card => card.OperationalStatus == OperationalStatus.Up)
            .SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address)
            .Where(address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal)];

    public PortProblem TryListen(int port)
    {
        bool both = Socket.OSSupportsIPv6;
        using var socket = new Socket(both ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (both)
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(both ? IPAddress.IPv6Any : IPAddress.Any, port));
            socket.Listen();
            return PortProblem.None;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode == SocketError.AccessDenied ? PortProblem.NotPermitted : PortProblem.InUse;
        }
    }

    public async ValueTask<bool> TryConnectAsync(IPEndPoint server, TimeSpan limit, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(server, either.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}
