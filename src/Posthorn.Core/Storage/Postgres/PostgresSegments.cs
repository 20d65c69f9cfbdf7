using Posthorn.Core.Search.Index;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Segments of the search index in PostgreSQL.</summary>
internal sealed class PostgresSegments(PostgresTransaction transaction)
{
    private const string SelectState = """
        SELECT i.generation, i.version, i.epoch, i.reached, s.id, s.messages, length(s.octets)
        FROM search_index i LEFT JOIN search_segment s ON s.account = i.account WHERE i.account = $1 ORDER BY s.place
        """;

    private const string InsertState = """
        INSERT INTO search_index(account, generation, version, epoch, reached) VALUES($1, $2, $3, $4, $5) ON CONFLICT (account) DO NOTHING
        """;

    private const string UpdateState = "UPDATE search_index SET generation = $2, version = $3, epoch = $4, reached = $5 WHERE account = $1";

    public async ValueTask<IndexState> StateAsync(AccountId account)
    {
        IndexState state = IndexState.None;
        var segments = new List<SegmentInfo>();
        await transaction.Use(SelectState).Bind(account.Value).EachAsync(row =>
        {
            state = new IndexState(row.GetInt64(0), row.GetInt32(1), row.GetString(2), new EmailId(row.GetInt64(3)), segments);
            if (!row.IsDBNull(4))
            {
                segments.Add(new SegmentInfo(row.GetGuid(4), row.GetInt32(5), row.GetInt32(6)));
            }
        });
        return state;
    }

    /// <summary>False: the state is no longer <paramref name="before"/>.</summary>
    public async ValueTask<bool> TakeAsync(AccountId account, IndexState before, IndexState after)
    {
        if (before.Generation == 0)
        {
            return await Bind(transaction.Use(InsertState), account, after).RunAsync() > 0;
        }

        // Locked by a statement of its own, so that the next one sees what whoever held it before has done.
        transaction.Use("SELECT 1 FROM search_index WHERE account = $1 FOR UPDATE").Bind(account.Value).Post(static _ => { });
        if (!(await StateAsync(account)).IsSame(before))
        {
            return false;
        }

        Bind(transaction.Use(UpdateState), account, after).Post();
        return true;
    }

    /// <summary>Leaves the segments of a state, in its order.</summary>
    public void Keep(AccountId account, IndexState state)
    {
        Guid[] ids = [.. state.Segments.Select(static segment => segment.Id)];
        transaction.Use("DELETE FROM search_segment WHERE account = $1 AND id <> ALL($2)").Bind(account.Value).Bind(ids).Post();
        transaction.Use("UPDATE search_segment s SET place = k.place FROM unnest($2::uuid[]) WITH ORDINALITY AS k(id, place) WHERE s.account = $1 AND s.id = k.id AND s.place <> k.place")
            .Bind(account.Value).Bind(ids).Post();
    }

    public void Insert(AccountId account, SegmentInfo segment, int place, byte[] octets) =>
        transaction.Use("INSERT INTO search_segment(account, id, place, messages, octets) VALUES($1, $2, $3, $4, $5)")
            .Bind(account.Value).Bind(segment.Id).Bind(place).Bind(segment.Messages).Bind(octets).Post();

    /// <summary>Null: it is no more.</summary>
    public ValueTask<byte[]?> OctetsAsync(AccountId account, Guid segment) =>
        transaction.Use("SELECT octets FROM search_segment WHERE account = $1 AND id = $2").Bind(account.Value).Bind(segment).FirstAsync(static row => row.Blob(0));

    public void Drop(AccountId account)
    {
        // In the order of a commit, which it may have to wait for: then it takes what that has brought.
        transaction.Use("DELETE FROM search_index WHERE account = $1").Bind(account.Value).Post();
        transaction.Use("DELETE FROM search_segment WHERE account = $1").Bind(account.Value).Post();
    }

    public ValueTask<IReadOnlyList<AccountId>> AccountsAsync() =>
        transaction.Use("SELECT account FROM search_index ORDER BY account").AllAsync(static row => new AccountId(row.GetInt64(0)));

    private static PostgresStatement Bind(PostgresStatement statement, AccountId account, IndexState state) =>
        statement.Bind(account.Value).Bind(state.Generation).Bind(state.Version).Bind(state.Epoch).Bind(state.Reached.Value);
}
