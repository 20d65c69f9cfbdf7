using System.Net;
using System.Net.Sockets;
using Posthorn.Configuration;

namespace Posthorn.Hosting;

/// <summary>
/// Which listener cannot be opened, and why, in one line with its key. Looked at before anything starts: the host's own exception names no listener, and comes
/// with the log of a half-started server.
/// </summary>
internal static class ListenerFault
{
    /// <summary>Null: each can be opened now.</summary>
    public static string? Find(ListenerSet listeners)
    {
        foreach ((string name, ListenerOptions listener) in OptionsCheck.Listeners(listeners))
        {
            if (listener.Port != 0 && FaultOf(listener.EndPoint!) is { } failure)
            {
                return FormattableString.Invariant($"\"listeners.{name}\" cannot be opened on {listener.Address}, port {listener.Port}: {failure.Message}. ") + Advice(failure.SocketErrorCode, listener.Port);
            }
        }

        return null;
    }

    private static string Advice(SocketError fault, int port) => fault switch
    {
        SocketError.AddressAlreadyInUse => FormattableString.Invariant($"Stop what uses the port (ss -ltnp 'sport = :{port}' names it), or change the listener."),
        SocketError.AccessDenied => "Ports below 1024 need root, or the right CAP_NET_BIND_SERVICE, which quickstart's systemd unit gives.",
        SocketError.AddressNotAvailable => "Allowed are addresses of this machine, or * for all.",
        _ => "Change the listener.",
    };

    private static SocketException? FaultOf(IPEndPoint endpoint)
    {
        try
        {
            using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (endpoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            return null;
        }
        catch (SocketException failure)
        {
            return failure;
        }
    }
}
