using Microsoft.Extensions.Logging;
using Npgsql;
using Posthorn.Core.Accounts;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>
/// The open mail sessions of all nodes, a row each, so that an account's owner sees them and can end them from any node. A node writes what came, changed and went since its last
/// look, in one go and never in the way of a sign-in: sessions that are shorter than <see cref="Interval"/> are mostly never written. Another node asks a session to end by marking its
/// row; the node that has it finds the mark when it looks.
/// </summary>
/// <remarks>
/// Nothing is decided by a row but that: a session lives on without it. Rows of a node whose own row (<see cref="PostgresNodes"/>) is gone or old are not shown, and go when that node is
/// buried. After anything that makes it unsure what the table holds (its start, a fault, its own burial) a node reads its rows again.
/// </remarks>
internal sealed partial class PostgresSessions(PostgresConnections connections, PostgresNodes nodes, ILogger log)
{
    /// <summary>How soon other nodes know of a session, and how soon it ends when they ask.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Rows of one statement.</summary>
    private const int Batch = 2_000;

    private const string Insert = """
        INSERT INTO open_session(account, id, node, protocol, client, address, credential, since)
        SELECT given.account, given.id, $1, given.protocol, given.client, given.address, given.credential, given.since
        FROM (SELECT 1 FROM node WHERE name = $1 FOR KEY SHARE) AS living, unnest($2, $3, $4, $5, $6, $7, $8) AS given(account, id, protocol, client, address, credential, since)
        ON CONFLICT(account, id) DO UPDATE SET client = excluded.client
        """;

    private const string Listed = """
        SELECT s.id, s.protocol, s.client, s.address, s.credential, s.since FROM open_session s JOIN node n ON n.name = s.node
        WHERE s.account = $1 AND s.node <> $2 AND NOT s.ending AND n.seen >= (extract(epoch FROM now()) * 1000)::bigint - $3
        """;

    /// <summary>What this node has in the table; null: it does not know.</summary>
    private Dictionary<Guid, (AccountId Account, string? Client)>? _written;
    private int _entries;

    /// <summary>Keeps the rows of this node as its sessions are, and ends those that other nodes ask to end, until cancelled; then takes the rows away.</summary>
    public async Task KeepAsync(string node, SignedInSessions sessions, CancellationToken cancel)
    {
        // Traffic between machines is paced by the real clock.
        using var pace = new PeriodicTimer(Interval, TimeProvider.System);
        try
        {
            do
            {
                await KeepOnceAsync(node, sessions);
            }
            while (await pace.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException)
        {
            await TryAsync(connection => RunAsync(connection, "DELETE FROM open_session WHERE node = $1", Text(node)));
        }
    }

    /// <summary>The sessions of an account that nodes other than this one have.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be asked.</exception>
    public ValueTask<IReadOnlyList<ConnectedApp>> OfOthersAsync(AccountId account, string node, CancellationToken cancel) => AskAsync<IReadOnlyList<ConnectedApp>>(
        async connection =>
        {
            var found = new List<ConnectedApp>();
            await using NpgsqlCommand query = Command(connection, Listed, Number(account.Value), Text(node), Number((long)PostgresNodes.Silence.TotalMilliseconds));
            await using NpgsqlDataReader row = await query.ExecuteReaderAsync(cancel);
            while (await row.ReadAsync(cancel))
            {
                found.Add(new ConnectedApp(
                    row.GetGuid(0), row.GetString(1), TextOf(row, 2), TextOf(row, 3), TextOf(row, 4), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5))));
            }

            return found;
        },
        cancel);

    /// <summary>Asks whichever node has it to end a session.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be asked.</exception>
    public async ValueTask AskToEndAsync(AccountId account, Guid id, CancellationToken cancel) => await AskAsync(
        connection => RunAsync(connection, "UPDATE open_session SET ending = true WHERE account = $1 AND id = $2", Number(account.Value), new NpgsqlParameter<Guid> { TypedValue = id }), cancel);

    /// <summary>Asks all nodes to end an account's sessions.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be asked.</exception>
    public async ValueTask AskAllToEndAsync(AccountId account, CancellationToken cancel) => await AskAsync(
        connection => RunAsync(connection, "UPDATE open_session SET ending = true WHERE account = $1", Number(account.Value)), cancel);

    /// <summary>One look: writes what is new, and ends what was asked to end.</summary>
    internal async Task KeepOnceAsync(string node, SignedInSessions sessions)
    {
        // Buried, a node enters itself anew, and its rows are gone.
        int entries = nodes.Entries;
        if (entries != _entries)
        {
            (_written, _entries) = (null, entries);
        }

        Dictionary<Guid, SignedInSession> open = sessions.All().ToDictionary(static session => session.Id);
        if (_written is { Count: 0 } && open.Count == 0)
        {
            return;
        }

        Dictionary<Guid, (AccountId Account, string? Client)>? written = _written;
        _written = null;
        await TryAsync(async connection =>
        {
            written ??= await ReadAsync(connection, node);
            if (await WriteAsync(connection, node, open, written))
            {
                _written = written;
            }

            foreach ((AccountId account, Guid id) in await AskedToEndAsync(connection, node))
            {
                sessions.End(account, id);
            }

            return 0;
        });
    }

    /// <returns>False: it is not known what the table holds now.</returns>
    private static async Task<bool> WriteAsync(
        NpgsqlConnection connection, string node, Dictionary<Guid, SignedInSession> open, Dictionary<Guid, (AccountId Account, string? Client)> written)
    {
        foreach (Guid[] gone in written.Keys.Where(id => !open.ContainsKey(id)).ToArray().Chunk(Batch))
        {
            await RunAsync(
                connection, "DELETE FROM open_session s USING unnest($1, $2) AS gone(account, id) WHERE s.account = gone.account AND s.id = gone.id",
                Array([.. gone.Select(id => written[id].Account.Value)]), Array(gone));
            foreach (Guid id in gone)
            {
                written.Remove(id);
            }
        }

        foreach (SignedInSession[] news in open.Values.Where(session => !written.TryGetValue(session.Id, out var row) || row.Client != ClientOf(session)).Chunk(Batch))
        {
            // A name that comes meanwhile is news of the next look.
            string?[] clients = [.. news.Select(ClientOf)];
            int rows = await RunAsync(
                connection, Insert, Text(node), Array([.. news.Select(static session => session.Actor.Principal.Value)]), Array([.. news.Select(static session => session.Id)]),
                Array([.. news.Select(static session => session.Actor.Protocol)]), Array(clients), Array([.. news.Select(static session => session.Actor.Remote?.ToString())]),
                Array([.. news.Select(static session => session.By)]), Array([.. news.Select(static session => session.Since.ToUnixTimeMilliseconds())]));
            if (rows < news.Length)
            {
                // This node has no row: it has not begun to beat, or was buried. What it has is written when it lives again.
                return false;
            }

            foreach ((SignedInSession session, string? client) in news.Zip(clients))
            {
                written[session.Id] = (session.Actor.Principal, client);
            }
        }

        return true;
    }

    private static async Task<Dictionary<Guid, (AccountId Account, string? Client)>> ReadAsync(NpgsqlConnection connection, string node)
    {
        var rows = new Dictionary<Guid, (AccountId Account, string? Client)>();
        await using NpgsqlCommand query = Command(connection, "SELECT account, id, client FROM open_session WHERE node = $1", Text(node));
        await using NpgsqlDataReader row = await query.ExecuteReaderAsync(CancellationToken.None);
        while (await row.ReadAsync(CancellationToken.None))
        {
            rows[row.GetGuid(1)] = (new AccountId(row.GetInt64(0)), TextOf(row, 2));
        }

        return rows;
    }

    private static async Task<List<(AccountId Account, Guid Id)>> AskedToEndAsync(NpgsqlConnection connection, string node)
    {
        var asked = new List<(AccountId, Guid)>();
        await using NpgsqlCommand query = Command(connection, "SELECT account, id FROM open_session WHERE node = $1 AND ending", Text(node));
        await using NpgsqlDataReader row = await query.ExecuteReaderAsync(CancellationToken.None);
        while (await row.ReadAsync(CancellationToken.None))
        {
            asked.Add((new AccountId(row.GetInt64(0)), row.GetGuid(1)));
        }

        return asked;
    }

    /// <summary>What a client calls itself may be anything; a name that cannot be shown is none.</summary>
    private static string? ClientOf(SignedInSession session) => new SignInOrigin(null, session.Client).Client;

    private async ValueTask<T> AskAsync<T>(Func<NpgsqlConnection, Task<T>> ask, CancellationToken cancel)
    {
        try
        {
            await using NpgsqlConnection connection = await connections.OpenAsync(cancel);
            return await ask(connection);
        }
        catch (NpgsqlException fault) when (PostgresFault.IsUnavailable(fault))
        {
            throw PostgresFault.ToUnavailable(fault);
        }
    }

    private async Task TryAsync(Func<NpgsqlConnection, Task<int>> run)
    {
        try
        {
            await using NpgsqlConnection connection = await connections.OpenAsync(CancellationToken.None);
            await run(connection);
        }
        catch (NpgsqlException fault)
        {
            string reason = PostgresFault.Reason(fault);
            LogMissed(reason);
        }
    }

    private static async Task<int> RunAsync(NpgsqlConnection connection, string sql, params NpgsqlParameter[] values)
    {
        await using NpgsqlCommand command = Command(connection, sql, values);
        return await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params NpgsqlParameter[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(values);
        return command;
    }

    private static NpgsqlParameter<T[]> Array<T>(T[] values) => new() { TypedValue = values };

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value };

    private static string? TextOf(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Other nodes were not told of the sessions of this one, and are at the next look: {Reason}")]
    private partial void LogMissed(string reason);
}
