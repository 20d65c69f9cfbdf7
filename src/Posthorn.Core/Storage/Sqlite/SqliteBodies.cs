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
        if (connection.Use("UPDATE body SET refs = refs + ?2 WHERE id = ?1").Bind(body.Id.Value).Bind(references).Run() > 0)
        {
            return ValueTask.CompletedTask;
        }

        connection.Use("INSERT INTO body(id, size, codec, hash, inline, refs, released) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .Bind(body.Id.Value).Bind(body.SizeBytes).Bind((long)body.Codec).Bind(body.Hash).Bind(body.Inline is not null).Bind(references)
            .Bind(now).Run();
        if (body.Inline is { } octets)
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

    public ValueTask<bool> DeleteUnreferencedAsync(BodyId id)
    {
        connection.Use("DELETE FROM body_octets WHERE number = (SELECT number FROM body WHERE id = ?1 AND refs = 0)").Bind(id.Value).Run();
        return ValueTask.FromResult(connection.Use("DELETE FROM body WHERE id = ?1 AND refs = 0").Bind(id.Value).Run() > 0);
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
