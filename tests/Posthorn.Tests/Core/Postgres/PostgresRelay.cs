using System.Net.Sockets;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>Stands between a node and PostgreSQL; what is changed on the way is up to the one that derives from it.</summary>
internal abstract class PostgresRelay : IAsyncDisposable
{
    private const string SocketName = ".s.PGSQL.5432";

    private readonly string _target;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("posthorn-relay-");
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    protected PostgresRelay(string clusterFolder)
    {
        _target = Path.Combine(clusterFolder, SocketName);
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder.FullName, SocketName)));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>A connection string's Host.</summary>
    public string Folder => _folder.FullName;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Hands on what both say; both connections are closed when it ends.</summary>
    protected abstract Task ServeAsync(Socket node, Socket server, CancellationToken stop);

    /// <summary>Hands on what one of them says.</summary>
    protected static async Task CopyAsync(Socket from, Socket to, CancellationToken stop)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, stop) is > 0 and int count)
        {
            await to.SendAsync(buffer.AsMemory(0, count), stop);
        }
    }

    private async Task AcceptAsync()
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                running.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(running);
        }
    }

    private async Task ServeAsync(Socket node)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (node)
        {
            try
            {
                await server.ConnectAsync(new UnixDomainSocketEndPoint(_target), _stop.Token);
                await ServeAsync(node, server, _stop.Token);
            }
            catch (Exception failure) when (failure is OperationCanceledException or SocketException)
            {
                // Both sides are closed by leaving.
            }
        }
    }
}
