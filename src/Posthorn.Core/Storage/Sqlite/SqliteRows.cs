using System.Buffers.Binary;
using System.Globalization;
using Posthorn.Core.Bodies;
using Posthorn.Core.Storage.Copying;
using SQLitePCL;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>A SQLite database as rows to copy from or to.</summary>
/// <remarks>
/// Reading holds one transaction, so it is one state, whoever writes meanwhile. As a target it is one transaction with steps (a store being filled) or without (a
/// backup that is replaced at one stroke). A table whose key is <c>key</c> packs account and id into it (see <see cref="SqliteSchema"/>).
/// </remarks>
internal sealed class SqliteRows : IRowTarget
{
    private const string AllTables = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    private const string ColumnsOf = "SELECT name, pk, type FROM pragma_table_info(?1) ORDER BY cid";

    private readonly SqliteConnection _connection;
    private readonly bool _hasSteps;
    private readonly Dictionary<string, TableText> _texts = [];
    private readonly HashSet<string> _numbered = [];

    private SqliteRows(SqliteConnection connection, bool hasSteps)
    {
        (_connection, _hasSteps) = (connection, hasSteps);
        Tables = [.. Discover()];
    }

    public IReadOnlyList<CopiedTable> Tables { get; }

    /// <summary>One state of the database at <paramref name="path"/>, which somebody else may be writing to.</summary>
    public static SqliteRows Read(string path)
    {
        SqliteConnection connection = SqliteConnection.Open(path, readOnly: false);
        try
        {
            connection.Execute("PRAGMA query_only=ON; BEGIN");
            return new SqliteRows(connection, hasSteps: false);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The database at <paramref name="path"/>, which nobody else uses, to be filled.</summary>
    /// <param name="hasSteps">What was written stays from step to step; else all of it with <see cref="Commit"/>, or nothing.</param>
    public static SqliteRows Fill(string path, bool hasSteps)
    {
        SqliteConnection connection = SqliteConnection.Open(path, readOnly: false);
        try
        {
            connection.Execute("PRAGMA synchronous=FULL; BEGIN IMMEDIATE");
            return new SqliteRows(connection, hasSteps);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public IReadOnlyDictionary<string, long> Counters
    {
        get
        {
            var counters = new Dictionary<string, long>();
            using (SqliteStatement query = _connection.Use("SELECT name, seq FROM sqlite_sequence"))
            {
                while (query.Step())
                {
                    counters[query.Text(0)] = query.Int64(1);
                }
            }

            counters[StoreMark.UidValidity] = long.Parse(Setting(StoreMark.UidValidity) ?? "0", CultureInfo.InvariantCulture);
            return counters;
        }
    }

    public string? Setting(string key)
    {
        using SqliteStatement query = _connection.Use("SELECT value FROM setting WHERE key = ?1").Bind(key);
        return query.Step() ? query.Text(0) : null;
    }

    public long Count(CopiedTable table) => _connection.Scalar(_texts[table.Name].Count);

    public IEnumerable<Row> Rows(CopiedTable table)
    {
        using SqliteStatement query = _connection.Use(_texts[table.Name].Select);
        var row = new RowWriter();
        while (query.Step())
        {
            for (int column = 0; column < table.Columns.Count; column++)
            {
                switch (query.Type(column))
                {
                    case raw.SQLITE_NULL: row.Null(); break;
                    case raw.SQLITE_INTEGER: row.Integer(query.Int64(column)); break;
                    case raw.SQLITE_TEXT: row.Text(query.Blob(column)); break;
                    case raw.SQLITE_BLOB: row.Octets(query.Blob(column)); break;
                    default: throw new InvalidDataException($"{table.Name}.{table.Columns[column]} holds a number that is not whole.");
                }
            }

            yield return row.Take();
        }
    }

    public IEnumerable<StoredBody> ExternalBodies()
    {
        using SqliteStatement query = _connection.Use("SELECT id, size, codec, hash FROM body WHERE inline = 0 ORDER BY id");
        while (query.Step())
        {
            yield return new StoredBody(new BodyId(query.Guid(0)), query.Int64(1), (BodyCodec)query.Int32(2), query.Blob(3).ToArray(), null);
        }
    }

    public IReadOnlyList<StoredBody> InlineBodies(IReadOnlyList<BodyId> ids)
    {
        var bodies = new List<StoredBody>(ids.Count);
        foreach (BodyId id in ids)
        {
            using SqliteStatement query = _connection.Use(
                "SELECT b.size, b.codec, b.hash, o.octets FROM body b JOIN body_octets o ON o.number = b.number WHERE b.id = ?1").Bind(id.Value);
            if (query.Step())
            {
                bodies.Add(new StoredBody(id, query.Int64(0), (BodyCodec)query.Int32(1), query.Blob(2).ToArray(), query.Blob(3).ToArray()));
            }
        }

        return bodies;
    }

    public void Add(CopiedTable table, IReadOnlyList<Row> rows) => Run(_texts[table.Name].Insert, rows);

    public void Change(CopiedTable table, IReadOnlyList<Row> rows) => Run(_texts[table.Name].Update, rows);

    public void Remove(CopiedTable table, IReadOnlyList<Row> keys)
    {
        if (table.ChangesInPlace)
        {
            // Octets go with their body.
            Run("DELETE FROM body_octets WHERE number = (SELECT number FROM body WHERE id = ?1)", keys);
        }

        Run(_texts[table.Name].Delete, keys);
    }

    public IReadOnlyList<BodyId> WithoutOctets()
    {
        var ids = new List<BodyId>();
        using SqliteStatement query = _connection.Use("SELECT id FROM body WHERE inline AND NOT EXISTS (SELECT 1 FROM body_octets o WHERE o.number = body.number)");
        while (query.Step())
        {
            ids.Add(new BodyId(query.Guid(0)));
        }

        return ids;
    }

    public void SetOctets(IReadOnlyList<StoredBody> bodies)
    {
        foreach (StoredBody body in bodies)
        {
            _connection.Use("INSERT INTO body_octets(number, octets) SELECT number, ?2 FROM body WHERE id = ?1").Bind(body.Id.Value).Bind(body.Inline).Run();
        }
    }

    public void Advance(IReadOnlyDictionary<string, long> counters)
    {
        foreach ((string name, long value) in counters)
        {
            if (name == StoreMark.UidValidity)
            {
                Set(name, Math.Max(value, Counters[name]).ToString(CultureInfo.InvariantCulture));
            }
            else if (_numbered.Contains(name) && _connection.Use("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1").Bind(name).Bind(value).Run() == 0)
            {
                _connection.Use("INSERT INTO sqlite_sequence(name, seq) VALUES(?1, ?2)").Bind(name).Bind(value).Run();
            }
        }
    }

    public void Set(string key, string? value)
    {
        if (value is null)
        {
            _connection.Use("DELETE FROM setting WHERE key = ?1").Bind(key).Run();
        }
        else
        {
            _connection.Use("INSERT INTO setting(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value").Bind(key).Bind(value).Run();
        }
    }

    public void Step()
    {
        if (_hasSteps)
        {
            _connection.Execute("COMMIT; BEGIN IMMEDIATE");
        }
    }

    /// <summary>What was written stays.</summary>
    public void Commit() => _connection.Execute("COMMIT");

    public void Dispose() => _connection.Dispose();

    private void Run(string sql, IReadOnlyList<Row> rows)
    {
        SqliteStatement statement = _connection.Use(sql);
        foreach (Row row in rows)
        {
            RowReader reader = row.Read();
            while (reader.Next(out ValueKind kind, out ReadOnlySpan<byte> value))
            {
                _ = kind switch
                {
                    ValueKind.Integer => statement.Bind(BinaryPrimitives.ReadInt64BigEndian(value)),
                    ValueKind.Text => statement.BindUtf8(value),
                    ValueKind.Octets => statement.Bind(value),
                    _ => statement.BindNull(),
                };
            }

            statement.Run();
        }
    }

    private IEnumerable<CopiedTable> Discover()
    {
        var names = new List<(string Name, string Sql)>();
        using (SqliteStatement query = _connection.Use(AllTables))
        {
            while (query.Step())
            {
                names.Add((query.Text(0), query.Text(1)));
            }
        }

        foreach ((string name, string sql) in names.Where(static table => !CopiedTables.Left.Contains(table.Name)))
        {
            if (sql.Contains("AUTOINCREMENT", StringComparison.Ordinal))
            {
                _numbered.Add(name);
            }

            (List<string> columns, List<string> key, bool hasNumber) = Columns(name);
            bool isPacked = hasNumber && key is ["key"] && !columns.Contains("account") && !columns.Contains("id");
            if (isPacked)
            {
                (columns, key) = ([.. columns.Where(static column => column != "key"), "account", "id"], ["account", "id"]);
            }

            // The body's key within this database is a number; everywhere it is the id.
            CopiedTable table = CopiedTables.Of(name, columns, name == "body" ? ["id"] : key);
            _texts[name] = new TableText(table, isPacked);
            yield return table;
        }
    }

    private (List<string> Columns, List<string> Key, bool HasNumber) Columns(string table)
    {
        bool hasNumber = false;
        var columns = new List<string>();
        var key = new SortedDictionary<long, string>();
        using SqliteStatement query = _connection.Use(ColumnsOf).Bind(table);
        while (query.Step())
        {
            columns.Add(query.Text(0));
            if (query.Int64(1) is > 0 and { } position)
            {
                key[position] = query.Text(0);
                hasNumber = query.Text(2) == "INTEGER";
            }
        }

        return (columns, [.. key.Values], hasNumber);
    }

    /// <summary>The statements of one table, made once: the connection knows them by object.</summary>
    private sealed class TableText
    {
        public TableText(CopiedTable table, bool isPacked)
        {
            string name = Quoted(table.Name);
            string where = table.Name switch
            {
                "account_counter" => " WHERE account <> 0",
                "setting" => $" WHERE key NOT IN ({string.Join(", ", CopiedTables.LeftSettings.Select(static key => $"'{key}'"))})",
                _ => "",
            };
            IEnumerable<string> read = table.Columns.Select(column => CopiedTables.LeftEmpty.Contains($"{table.Name}.{column}") ? "NULL"
                : isPacked && column == "account" ? "key >> 32"
                : isPacked && column == "id" ? "key & 4294967295"
                : Quoted(column));
            string order = isPacked ? "key" : string.Join(", ", table.Columns.Take(table.Keys).Select(Quoted));
            Select = $"SELECT {string.Join(", ", read)} FROM {name}{where} ORDER BY {order}";
            Count = $"SELECT count(*) FROM {name}{where}";

            // Parameters are numbered as the columns; a packed key is made of its first two.
            const string Packed = "(?1 << 32) | ?2";
            IEnumerable<(string Column, string Value)> written = table.Columns.Select(static (column, i) => (Quoted(column), string.Create(CultureInfo.InvariantCulture, $"?{i + 1}")));
            written = isPacked ? written.Skip(2).Prepend(("key", Packed)) : written;
            Insert = $"INSERT INTO {name}({string.Join(", ", written.Select(static pair => pair.Column))}) VALUES({string.Join(", ", written.Select(static pair => pair.Value))})";
            string match = string.Join(" AND ", written.Take(isPacked ? 1 : table.Keys).Select(static pair => $"{pair.Column} = {pair.Value}"));
            Delete = $"DELETE FROM {name} WHERE {match}";
            Update = $"UPDATE {name} SET {string.Join(", ", written.Skip(isPacked ? 1 : table.Keys).Select(static pair => $"{pair.Column} = {pair.Value}"))} WHERE {match}";
        }

        public string Select { get; }

        public string Count { get; }

        public string Insert { get; }

        public string Update { get; }

        public string Delete { get; }

        private static string Quoted(string name) => $"\"{name}\"";
    }
}
