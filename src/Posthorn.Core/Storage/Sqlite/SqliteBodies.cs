using Posthorn.Core.Bodies;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>Bodies in SQLite: the row, and beside it the octets of small ones.</summary>
internal sealed class SqliteBodies(SqliteConnection connection) : IWriteBodies
{
    private const string Columns = "SELECT b.id, b.size, b.codec, b.hash, o.octets FROM body b LEFT JOIN body_octets o ON o.number = b.number";
    private const string SelectById = Columns + " WHERE b.id = ?1";
    private const string SelectUnreferenced = Columns + " WHERE b.refs = 0 AND b.released < ?1 LIMIT ?2";
    private const string SelectAll = Columns + " WHERE b.id > ?1 ORDER BY b.id LIMIT ?2";
    private const string SelectExternal = Columns + " WHERE b.inline = 0 AND b.id > ?1 ORDER BY b.id LIMIT ?2";

    public ValueTask<StoredBody?> GetAsync(BodyId id)
    {
        using SqliteStatement query = connection.Use(SelectById).Bind(id.Value);
        return ValueTask.FromResult(query.Step() ? Read(query) : null);
    }

    public ValueTask<IReadOnlyList<StoredBody>> GetAsync(IReadOnlyCollection<BodyId> ids)
    {
        var bodies = new List<StoredBody>(ids.Count);
        foreach (BodyId id in ids.Distinct())
        {
            using SqliteStatement query = connection.Use(SelectById).Bind(id.Value);
            if (query.Step())
            {
                bodies.Add(Read(query));
            }
        }

        return ValueTask.FromResult<IReadOnlyList<StoredBody>>(bodies);
    }

    public ValueTask<IReadOnlySet<BodyId>> KnownAsync(IReadOnlyCollection<BodyId> ids)
    {
        var known = new HashSet<BodyId>(ids.Count);
        foreach (BodyId id in ids)
        {
            using SqliteStatement query = connection.Use("SELECT 1 FROM body WHERE id = ?1").Bind(id.Value);
            if (query.Step())
            {
                known.Add(id);
            }
        }

        return ValueTask.FromResult<IReadOnlySet<BodyId>>(known);
    }

    public ValueTask<IReadOnlyList<StoredBody>> AllAsync(BodyId? after, int most)
    {
        using SqliteStatement query = connection.Use(SelectAll).Bind(after?.Value ?? Guid.Empty).Bind(most);
        return ValueTask.FromResult<IReadOnlyList<StoredBody>>(ReadAll(query));
    }

    public ValueTask<IReadOnlyList<StoredBody>> ExternalAsync(BodyId? after, int most)
    {
        using SqliteStatement query = connection.Use(SelectExternal).Bind(after?.Value ?? Guid.Empty).Bind(most);
        return ValueTask.FromResult<IReadOnlyList<StoredBody>>(ReadAll(query));
    }

    public ValueTask<IReadOnlyList<StoredBody>> UnreferencedAsync(DateTimeOffset before, int most)
    {
        using SqliteStatement query = connection.Use(SelectUnreferenced).Bind(before).Bind(most);
        return ValueTask.FromResult<IReadOnlyList<StoredBody>>(ReadAll(query));
    }

    public ValueTask ReferAsync(StoredBody body, int references, DateTimeOffset now)
    {
        // Nearly always it is new: its first reference brings it along.
        bool isNew = connection.Use("INSERT INTO body(id, size, codec, hash, inline, refs, released) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(id) DO NOTHING")
            .Bind(body.Id.Value).Bind(body.SizeBytes).Bind((long)body.Codec).Bind(body.Hash).Bind(body.Inline is not null).Bind(references)
            .Bind(now).Run() > 0;
        if (!isNew)
        {
            connection.Use("UPDATE body SET refs = refs + ?2 WHERE id = ?1").Bind(body.Id.Value).Bind(references).Run();
        }
        else if (body.Inline is { } octets)
        {
            connection.Use("INSERT INTO body_octets(number, octets) VALUES(?1, ?2)").Bind(connection.LastRowId).Bind(octets).Run();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask AddReferenceAsync(BodyId id)
    {
        connection.Use("UPDATE body SET refs = refs + 1 WHERE id = ?1").Bind(id.Value).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask ReleaseAsync(BodyId id, DateTimeOffset now)
    {
        connection.Use("UPDATE body SET refs = refs - 1, released = ?2 WHERE id = ?1").Bind(id.Value).Bind(now).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> AreHeldAsync(DateTimeOffset now)
    {
        using SqliteStatement query = connection.Use("SELECT 1 FROM body_hold WHERE until > ?1").Bind(now);
        return ValueTask.FromResult(query.Step());
    }

    public ValueTask HoldAsync(Guid hold, DateTimeOffset until)
    {
        connection.Use("INSERT INTO body_hold(id, until) VALUES(?1, ?2) ON CONFLICT(id) DO UPDATE SET until = excluded.until").Bind(hold).Bind(until).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask EndHoldAsync(Guid hold)
    {
        connection.Use("DELETE FROM body_hold WHERE id = ?1").Bind(hold).Run();
        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> DeleteUnreferencedAsync(BodyId id, DateTimeOffset now)
    {
        if (await AreHeldAsync(now))
        {
            return false;
        }

        connection.Use("DELETE FROM body_octets WHERE number = (SELECT number FROM body WHERE id = ?1 AND refs = 0)").Bind(id.Value).Run();
        return connection.Use("DELETE FROM body WHERE id = ?1 AND refs = 0").Bind(id.Value).Run() > 0;
    }

    private static List<StoredBody> ReadAll(SqliteStatement query)
    {
        var bodies = new List<StoredBody>();
        while (query.Step())
        {
            bodies.Add(Read(query));
        }

        return bodies;
    }

    private static StoredBody Read(SqliteStatement row) => new(
        new BodyId(row.Guid(0)), row.Int64(1), (BodyCodec)row.Int32(2), row.Blob(3).ToArray(), row.IsNull(4) ? null : row.Blob(4).ToArray());
}
