using System.Data;
using Npgsql;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>
/// One transaction on one connection. Statements gather and travel together: BEGIN with the first, COMMIT with the last, those without a result with the next
/// that has one. A transaction that reads once and writes is two round trips.
/// </summary>
internal sealed class PostgresTransaction(NpgsqlConnection connection, string begin)
{
    private readonly List<(NpgsqlBatchCommand Command, Action<NpgsqlDataReader>? Row)> _pending = [(new NpgsqlBatchCommand(begin), null)];

    /// <summary>The server has heard of it.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Something came back.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>How often the server was spoken to.</summary>
    public int RoundTrips { get; private set; }

    /// <summary>COMMIT is on its way: when the connection breaks now, nobody here knows what came of it.</summary>
    public bool IsCommitSent { get; private set; }

    /// <summary>
    /// It holds rows that writers of other accounts may want (bodies that several share, envelopes): no other write joins it. They would wait longer, and two transactions
    /// with several of these each could wait for each other.
    /// </summary>
    public bool HoldsSharedRows { get; set; }

    /// <summary>Its statements are work on very many rows, and take the time they need. Who sets it bounds how long they wait for others.</summary>
    public bool TakesLong { get; set; }

    /// <summary><paramref name="sql"/> with parameters <c>$1</c>, <c>$2</c>, ...</summary>
    public PostgresStatement Use(string sql) => new(this, sql);

    public void Post(NpgsqlBatchCommand command) => _pending.Add((command, null));

    public void Post(NpgsqlBatchCommand command, Action<NpgsqlDataReader> row) => _pending.Add((command, row));

    /// <summary>One round trip with everything that waits.</summary>
    public async ValueTask FlushAsync()
    {
        if (_pending.Count == 0)
        {
            return;
        }

        await using NpgsqlBatch batch = connection.CreateBatch();
        batch.Timeout = TakesLong ? 0 : batch.Timeout;
        var results = new Queue<Action<NpgsqlDataReader>>();
        foreach ((NpgsqlBatchCommand command, Action<NpgsqlDataReader>? row) in _pending)
        {
            batch.BatchCommands.Add(command);
            if (row is not null)
            {
                results.Enqueue(row);
            }
        }

        _pending.Clear();
        HasBegun = true;
        RoundTrips++;
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(CancellationToken.None);
        do
        {
            // Statements without rows have no result here.
            if (!results.TryDequeue(out Action<NpgsqlDataReader>? row))
            {
                continue;
            }

            while (await reader.ReadAsync(CancellationToken.None))
            {
                row(reader);
            }
        }
        while (await reader.NextResultAsync(CancellationToken.None));
        HasAnswered = true;
    }

    /// <summary>Ends it; a transaction that the server never heard of needs no end.</summary>
    public async ValueTask CommitAsync()
    {
        if (!HasBegun && _pending.Count == 1)
        {
            return;
        }

        Post(new NpgsqlBatchCommand("COMMIT"));
        IsCommitSent = true;
        await FlushAsync();
    }

    /// <summary>Undoes it as well as can be: a connection that is broken has undone it already.</summary>
    public async ValueTask RollBackAsync()
    {
        _pending.Clear();
        if (!HasBegun || connection.State != ConnectionState.Open)
        {
            return;
        }

        try
        {
            Post(new NpgsqlBatchCommand("ROLLBACK"));
            await FlushAsync();
        }
        catch (NpgsqlException)
        {
            // The server ends it with the connection.
        }
    }
}
