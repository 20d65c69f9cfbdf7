using Npgsql;
using Posthorn.Core.Bodies;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Bodies in PostgreSQL: the row, with the octets of small ones.</summary>
internal sealed class PostgresBodies(PostgresTransaction transaction) : IWriteBodies
{
    private const string Columns = "SELECT id, size, codec, hash, octets FROM body";

    /// <summary>Shared by who deletes bodies, alone for who begins to hold them: "Hold" in ASCII.</summary>
    private const long HoldLock = 0x486F6C64;

    private const string SelectById = Columns + " WHERE id = $1";
    private const string SelectByIds = Columns + " WHERE id = ANY($1)";
    private const string SelectAll = Columns + " WHERE id > $1 ORDER BY id LIMIT $2";
    private const string SelectExternal = Columns + " WHERE NOT inline AND id > $1 ORDER BY id LIMIT $2";
    private const string SelectUnreferenced = Columns + " WHERE refs = 0 AND released < $1 LIMIT $2";

    private const string Refer = """
        INSERT INTO body(id, size, codec, hash, inline, refs, released, octets) VALUES($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT(id) DO UPDATE SET refs = body.refs + excluded.refs
        """;

    // Bodies this transaction wrote: their octets need not travel again for the next recipient.
    private readonly HashSet<BodyId> _written = [];

    public ValueTask<StoredBody?> GetAsync(BodyId id) => transaction.Use(SelectById).Bind(id.Value).FirstAsync(Read);

    public ValueTask<IReadOnlyList<StoredBody>> GetAsync(IReadOnlyCollection<BodyId> ids) =>
        transaction.Use(SelectByIds).Bind([.. ids.Select(static id => id.Value)]).AllAsync(Read);

    public async ValueTask<IReadOnlySet<BodyId>> KnownAsync(IReadOnlyCollection<BodyId> ids) =>
        (await transaction.Use("SELECT id FROM body WHERE id = ANY($1)").Bind([.. ids.Select(static id => id.Value)]).AllAsync(static row => new BodyId(row.GetGuid(0)))).ToHashSet();

    public ValueTask<IReadOnlyList<StoredBody>> AllAsync(BodyId? after, int most) =>
        transaction.Use(SelectAll).Bind(after?.Value ?? Guid.Empty).Bind(most).AllAsync(Read);

    public ValueTask<IReadOnlyList<StoredBody>> ExternalAsync(BodyId? after, int most) =>
        transaction.Use(SelectExternal).Bind(after?.Value ?? Guid.Empty).Bind(most).AllAsync(Read);

    public ValueTask<IReadOnlyList<StoredBody>> UnreferencedAsync(DateTimeOffset before, int most) =>
        transaction.Use(SelectUnreferenced).Bind(before).Bind(most).AllAsync(Read);

    public ValueTask ReferAsync(StoredBody body, int references, DateTimeOffset now)
    {
        if (_written.Add(body.Id))
        {
            transaction.Use(Refer).Bind(body.Id.Value).Bind(body.SizeBytes).Bind((int)body.Codec).Bind(body.Hash).Bind(body.Inline is not null)
                .Bind((long)references).Bind(now).Bind(body.Inline).Post();
        }
        else
        {
            transaction.Use("UPDATE body SET refs = refs + $2 WHERE id = $1").Bind(body.Id.Value).Bind((long)references).Post();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask AddReferenceAsync(BodyId id)
    {
        transaction.HoldsSharedRows = true;
        transaction.Use("UPDATE body SET refs = refs + 1 WHERE id = $1").Bind(id.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask ReleaseAsync(BodyId id, DateTimeOffset now)
    {
        transaction.HoldsSharedRows = true;
        transaction.Use("UPDATE body SET refs = refs - 1, released = $2 WHERE id = $1").Bind(id.Value).Bind(now).Post();
        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> AreHeldAsync(DateTimeOffset now) =>
        await transaction.Use("SELECT count(*) FROM body_hold WHERE until > $1").Bind(now).ScalarAsync<long>() > 0;

    public ValueTask HoldAsync(Guid hold, DateTimeOffset until)
    {
        // Waits for deletions that have not seen it.
        transaction.Use("SELECT pg_advisory_xact_lock($1)").Bind(HoldLock).Post(static _ => { });
        transaction.Use("INSERT INTO body_hold(id, until) VALUES($1, $2) ON CONFLICT(id) DO UPDATE SET until = excluded.until").Bind(hold).Bind(until).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask EndHoldAsync(Guid hold)
    {
        transaction.Use("DELETE FROM body_hold WHERE id = $1").Bind(hold).Post();
        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> DeleteUnreferencedAsync(BodyId id, DateTimeOffset now)
    {
        transaction.Use("SELECT pg_advisory_xact_lock_shared($1)").Bind(HoldLock).Post(static _ => { });
        return !await AreHeldAsync(now) && await transaction.Use("DELETE FROM body WHERE id = $1 AND refs = 0").Bind(id.Value).RunAsync() > 0;
    }

    private static StoredBody Read(NpgsqlDataReader row) =>
        new(new BodyId(row.GetGuid(0)), row.GetInt64(1), (BodyCodec)row.GetInt32(2), row.Blob(3), row.NullableBlob(4));
}
