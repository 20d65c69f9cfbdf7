using System.Net.Sockets;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>Once told to, it lets the next COMMIT of filed messages reach the database and cuts the connection instead of handing the answer back.</summary>
/// <remarks>Not any COMMIT: the node says now and then that it lives, in transactions of its own.</remarks>
internal sealed class AnswerThief(string clusterFolder) : PostgresRelay(clusterFolder)
{
    private int _steals;
    private int _stolen;

    public int Stolen => Volatile.Read(ref _stolen);

    public void StealNext() => Volatile.Write(ref _steals, 1);

    protected override Task ServeAsync(Socket node, Socket server, CancellationToken stop)
    {
        var committed = new TaskCompletionSource();
        return Task.WhenAny(ForwardAsync(node, server, committed, stop), ReturnAsync(server, node, committed.Task, stop));
    }

    private async Task ForwardAsync(Socket from, Socket to, TaskCompletionSource committed, CancellationToken stop)
    {
        var words = new WordsOnTheWay();
        bool files = false;
        while (await words.ReceiveAsync(from, stop) is { IsEmpty: false } piece)
        {
            files |= words.Contains(WordsOnTheWay.Filing);
            if (files && words.Contains(WordsOnTheWay.Commit))
            {
                files = false;
                if (Interlocked.Exchange(ref _steals, 0) == 1)
                {
                    committed.SetResult();
                }
            }

            await to.SendAsync(piece, stop);
        }
    }

    private async Task ReturnAsync(Socket from, Socket to, Task committed, CancellationToken stop)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, stop) is > 0 and int count)
        {
            if (committed.IsCompleted)
            {
                // The database has answered: it is done.
                Interlocked.Increment(ref _stolen);
                return;
            }

            await to.SendAsync(buffer.AsMemory(0, count), stop);
        }
    }
}
