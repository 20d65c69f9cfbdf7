using System.Collections.Concurrent;
using Npgsql;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Tells what came of a COMMIT whose answer was lost: every write leaves a row of its own, which is there exactly when it was committed.</summary>
/// <remarks>
/// The transaction's id alone does not tell. PostgreSQL gives the id of a transaction that a crash undid to another one after its recovery, and
/// <c>pg_xact_status</c> then says "committed" of a stranger. It serves to learn that the transaction has ended; the row says how. Rows whose outcome is known are
/// taken away by later writes; those of a process that was killed, when a store is opened.
/// </remarks>
internal sealed class CommitMarks(PostgresConnections connections)
{
    /// <summary>Rows of the past that one write takes away: with one written for each, they do not grow.</summary>
    private const int TakenAway = 64;

    /// <summary>How long a lost COMMIT is asked after, until the database must have come back.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentQueue<Guid> _settled = new();

    /// <summary>Posts the mark with the transaction, and takes settled ones away. If that transaction fails, their rows stay until a store is opened.</summary>
    /// <param name="begun">Told the transaction's id with the first round trip.</param>
    public void Write(PostgresTransaction transaction, Guid mark, Action<string> begun)
    {
        transaction.Use("INSERT INTO commit_mark(id) VALUES($1) RETURNING pg_current_xact_id()::text").Bind(mark).Post(row => begun(row.GetString(0)));
        var settled = new List<Guid>();
        while (settled.Count < TakenAway && _settled.TryDequeue(out Guid old))
        {
            settled.Add(old);
        }

        if (settled.Count > 0)
        {
            transaction.Use("DELETE FROM commit_mark WHERE id = ANY($1)").Bind(settled.ToArray()).Post();
        }
    }

    /// <summary>Its outcome is known: nobody will ask for it.</summary>
    public void Settle(Guid mark) => _settled.Enqueue(mark);

    /// <param name="transaction">The id that the server gave it; null: it had not said so yet.</param>
    /// <returns>Null: the database cannot say.</returns>
    public async ValueTask<bool?> WasCommittedAsync(Guid mark, string? transaction)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < Patience)
        {
            try
            {
                await using NpgsqlConnection connection = await connections.OpenAsync(CancellationToken.None);
                // First whether it has ended, then how: the other way round it could end in between.
                bool hasEnded = transaction is not null && await HasEndedAsync(connection, transaction);
                if (await IsThereAsync(connection, mark))
                {
                    return true;
                }

                if (hasEnded)
                {
                    return false;
                }
            }
            catch (NpgsqlException fault) when (PostgresFault.IsUnavailable(fault))
            {
                connections.Clear();
            }

            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }

        return null;
    }

    private static async ValueTask<bool> HasEndedAsync(NpgsqlConnection connection, string transaction)
    {
        await using var command = new NpgsqlCommand("SELECT pg_xact_status($1::xid8)", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = transaction, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        try
        {
            // Null: so long ago that the server has forgotten it. In progress: it has not noticed yet that nobody waits for it.
            return await command.ExecuteScalarAsync(CancellationToken.None) as string != "in progress";
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.InvalidParameterValue)
        {
            // "in the future": a crash undid it, and its id was not given again yet.
            return true;
        }
    }

    private static async ValueTask<bool> IsThereAsync(NpgsqlConnection connection, Guid mark)
    {
        await using var command = new NpgsqlCommand("SELECT count(*) FROM commit_mark WHERE id = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = mark });
        return (long)(await command.ExecuteScalarAsync(CancellationToken.None))! > 0;
    }
}
