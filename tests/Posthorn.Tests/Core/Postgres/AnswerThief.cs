using System.Net.Sockets;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>Stands between a node and PostgreSQL. Once told to, it lets the next COMMIT reach the database and cuts the connection instead of handing the answer back.</summary>
internal sealed class AnswerThief : IAsyncDisposable
{
    private const string SocketName = ".s.PGSQL.5432";

    private readonly string _target;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("posthorn-thief-");
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _steals;
    private int _stolen;

    public AnswerThief(string clusterFolder)
    {
        _target = Path.Combine(clusterFolder, SocketName);
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder.FullName, SocketName)));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public string Folder => _folder.FullName;

    public int Stolen => Volatile.Read(ref _stolen);

    public void StealNext() => Volatile.Write(ref _steals, 1);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
        _folder.Delete(recursive: true);
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

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (client)
        {
            try
            {
                await server.ConnectAsync(new UnixDomainSocketEndPoint(_target), _stop.Token);
                var committed = new TaskCompletionSource();
                await Task.WhenAny(ForwardAsync(client, server, committed), ReturnAsync(server, client, committed.Task));
            }
            catch (Exception failure) when (failure is OperationCanceledException or SocketException)
            {
                // Both sides are closed by leaving.
            }
        }
    }

    private async Task ForwardAsync(Socket from, Socket to, TaskCompletionSource committed)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and int count)
        {
            if (buffer.AsSpan(0, count).IndexOf("COMMIT\0"u8) >= 0 && Interlocked.Exchange(ref _steals, 0) == 1)
            {
                committed.SetResult();
            }

            await to.SendAsync(buffer.AsMemory(0, count), _stop.Token);
        }
    }

    private async Task ReturnAsync(Socket from, Socket to, Task committed)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and int count)
        {
            if (committed.IsCompleted)
            {
                // The database has answered: it is done.
                Interlocked.Increment(ref _stolen);
                return;
            }

            await to.SendAsync(buffer.AsMemory(0, count), _stop.Token);
        }
    }
}
