using Microsoft.Extensions.Logging;
using Npgsql;
using Posthorn.Core.Queue;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>
/// The nodes of one database, each with a row that it renews. A node whose row has grown old has died: whoever notices gives back what it had leased, so that neither the mail it
/// was sending nor a maildrop it had open waits for the end of a lease, and takes its sessions off the list.
/// </summary>
/// <remarks>
/// Times are the database's, so clocks of nodes may differ. A node that lives but was cut off from the database for so long loses its leases too: mail it was just sending
/// may be sent twice, as after any crash (RFC 5321 §4.5.3.2.6 and §6.1).
/// </remarks>
internal sealed partial class PostgresNodes(PostgresConnections connections, QueueSignal queue, ILogger log)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Four beats and a bit: no node is declared dead for a slow moment of the database.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    private const string Beat = "UPDATE node SET seen = (extract(epoch FROM now()) * 1000)::bigint WHERE name = $1";

    private const string Enter = """
        INSERT INTO node(name, seen) VALUES($1, (extract(epoch FROM now()) * 1000)::bigint) ON CONFLICT(name) DO UPDATE SET seen = excluded.seen
        """;

    private const string Bury = """
        WITH dead AS (DELETE FROM node WHERE seen < (extract(epoch FROM now()) * 1000)::bigint - $1 RETURNING name),
            mail AS (UPDATE envelope_recipient SET lease_node = NULL, lease_until = NULL FROM dead WHERE lease_node = dead.name),
            maildrops AS (DELETE FROM maildrop_lease USING dead WHERE maildrop_lease.node = dead.name)
        SELECT name FROM dead
        """;

    // A statement after the burial: it sees the sessions that a node wrote while it was being buried (it holds its row meanwhile).
    private const string BurySessions = "DELETE FROM open_session WHERE node = ANY($1)";

    private int _entries;

    /// <summary>How often this process has entered its node: more than once when others took it for dead.</summary>
    public int Entries => Volatile.Read(ref _entries);

    /// <summary>Beats until cancelled, then takes the row away.</summary>
    public async Task BeatAsync(string node, CancellationToken cancel)
    {
        // What this node held before it was killed: nobody works with it.
        await TryAsync("DELETE FROM maildrop_lease WHERE node = $1", node);
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        try
        {
            do
            {
                await BeatOnceAsync(node);
            }
            while (await timer.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException)
        {
            await TryAsync("DELETE FROM node WHERE name = $1", node);
        }
    }

    /// <summary>Says that this node lives, and gives back what dead ones held.</summary>
    internal async Task BeatOnceAsync(string node)
    {
        try
        {
            await using NpgsqlConnection connection = await connections.OpenAsync(CancellationToken.None);
            if (await RunAsync(connection, Beat, node) == 0)
            {
                await RunAsync(connection, Enter, node);
                Interlocked.Increment(ref _entries);
            }

            List<string> dead = await BuryAsync(connection);
            if (dead.Count > 0)
            {
                string names = string.Join(", ", dead);
                LogDead(names, (int)Silence.TotalSeconds);
                queue.Raise();
            }
        }
        catch (NpgsqlException fault)
        {
            string reason = PostgresFault.Reason(fault);
            LogMissed(reason);
        }
    }

    /// <summary>Gives back what nodes had that are dead.</summary>
    private static async Task<List<string>> BuryAsync(NpgsqlConnection connection)
    {
        var dead = new List<string>();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(CancellationToken.None);
        await using var bury = new NpgsqlCommand(Bury, connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = (long)Silence.TotalMilliseconds } } };
        await using (NpgsqlDataReader row = await bury.ExecuteReaderAsync(CancellationToken.None))
        {
            while (await row.ReadAsync(CancellationToken.None))
            {
                dead.Add(row.GetString(0));
            }
        }

        if (dead.Count > 0)
        {
            await using var sessions = new NpgsqlCommand(BurySessions, connection) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = [.. dead] } } };
            await sessions.ExecuteNonQueryAsync(CancellationToken.None);
        }

        await transaction.CommitAsync(CancellationToken.None);
        return dead;
    }

    private async Task TryAsync(string sql, string node)
    {
        try
        {
            await using NpgsqlConnection connection = await connections.OpenAsync(CancellationToken.None);
            await RunAsync(connection, sql, node);
        }
        catch (NpgsqlException fault)
        {
            string reason = PostgresFault.Reason(fault);
            LogMissed(reason);
        }
    }

    private static async Task<int> RunAsync(NpgsqlConnection connection, string sql, string node)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = node } } };
        return await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not heard of for {Seconds} seconds, so what they had leased is given back: {Nodes}")]
    private partial void LogDead(string nodes, int seconds);

    [LoggerMessage(Level = LogLevel.Debug, Message = "A beat was missed: {Reason}")]
    private partial void LogMissed(string reason);
}
