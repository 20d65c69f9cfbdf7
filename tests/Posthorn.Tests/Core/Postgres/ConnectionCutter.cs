using System.Net.Sockets;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>As often as told, it cuts a connection on which a write begins; the database does not hear of it.</summary>
internal sealed class ConnectionCutter(string clusterFolder) : PostgresRelay(clusterFolder)
{
    private int _cuts;

    /// <summary>Of the cuts that were asked for, how many are still to come.</summary>
    public int Left => Math.Max(0, Volatile.Read(ref _cuts));

    public void CutNext(int times) => Volatile.Write(ref _cuts, times);

    protected override Task ServeAsync(Socket node, Socket server, CancellationToken stop) =>
        Task.WhenAny(ForwardAsync(node, server, stop), CopyAsync(server, node, stop));

    private async Task ForwardAsync(Socket from, Socket to, CancellationToken stop)
    {
        var words = new WordsOnTheWay();
        while (await words.ReceiveAsync(from, stop) is { IsEmpty: false } piece)
        {
            if (words.Contains(WordsOnTheWay.BeginWrite) && Interlocked.Decrement(ref _cuts) >= 0)
            {
                return;
            }

            await to.SendAsync(piece, stop);
        }
    }
}
