using System.Net.Sockets;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>Changes one thing that the server says at the start: its major version.</summary>
internal sealed class OlderServer(string clusterFolder) : PostgresRelay(clusterFolder)
{
    protected override Task ServeAsync(Socket node, Socket server, CancellationToken stop) => Task.WhenAny(ForwardAsync(node, server, stop), ForwardAsync(server, node, stop));

    private static async Task ForwardAsync(Socket from, Socket to, CancellationToken stop)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, stop) is > 0 and int count)
        {
            // ParameterStatus: the name, NUL, the value. Two digits stay two digits.
            if (buffer.AsSpan(0, count).IndexOf("server_version\0"u8) is >= 0 and int name)
            {
                "14"u8.CopyTo(buffer.AsSpan(name + "server_version\0"u8.Length));
            }

            await to.SendAsync(buffer.AsMemory(0, count), stop);
        }
    }
}
