using System.Buffers.Binary;
using System.Globalization;
using Npgsql;
using Posthorn.Core.Bodies;
using Posthorn.Core.Storage.Copying;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>A PostgreSQL database as rows to copy from or to, by COPY in its binary form.</summary>
/// <remarks>
/// Reading holds one REPEATABLE READ transaction, so it is one state, whoever writes meanwhile. As a target it has two connections: one reads what is there while the
/// other writes, each statement for itself, so that a copy that is cut off goes on where it was.
/// </remarks>
internal sealed class PostgresRows : IRowTarget
{
    private const string Discovery = """
        SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), coalesce(array_position(i.indkey::int2[], a.attnum), -1), a.attidentity <> ''
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        ORDER BY c.relname, a.attnum
        """;

    private readonly NpgsqlConnection _reader;
    private readonly NpgsqlConnection _writer;
    private readonly Dictionary<string, ColumnType> _types = [];
    private readonly Dictionary<string, string> _numbered = [];

    private PostgresRows(NpgsqlConnection reader, NpgsqlConnection writer)
    {
        (_reader, _writer) = (reader, writer);
        Tables = [.. Discover()];
    }

    public IReadOnlyList<CopiedTable> Tables { get; }

    /// <summary>One state of the database.</summary>
    /// <exception cref="NpgsqlException">It cannot be reached.</exception>
    public static async ValueTask<PostgresRows> ReadAsync(PostgresConnections connections, CancellationToken cancel)
    {
        NpgsqlConnection connection = await connections.OpenForCopyAsync(cancel);
        try
        {
            // The first query takes the snapshot: it is taken here, not when somebody reads.
            await using (var begin = new NpgsqlCommand("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1 FROM setting LIMIT 1", connection))
            {
                await begin.ExecuteNonQueryAsync(cancel);
            }

            return new PostgresRows(connection, connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>A database that nobody else uses, to be filled.</summary>
    /// <exception cref="NpgsqlException">It cannot be reached.</exception>
    public static async ValueTask<PostgresRows> FillAsync(PostgresConnections connections, CancellationToken cancel)
    {
        NpgsqlConnection reader = await connections.OpenForCopyAsync(cancel);
        try
        {
            return new PostgresRows(reader, await connections.OpenForCopyAsync(cancel));
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    public IReadOnlyDictionary<string, long> Counters
    {
        get
        {
            var counters = new Dictionary<string, long> { [StoreMark.UidValidity] = Scalar("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM uid_validity") };
            foreach ((string table, string column) in _numbered)
            {
                counters[table] = Scalar($"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {SequenceOf(table, column)}");
            }

            return counters;
        }
    }

    public string? Setting(string key)
    {
        using var command = new NpgsqlCommand("SELECT value FROM setting WHERE key = $1", _reader) { Parameters = { new NpgsqlParameter<string> { TypedValue = key } } };
        return command.ExecuteScalar() as string;
    }

    public long Count(CopiedTable table) => Scalar($"SELECT count(*) FROM {Quoted(table.Name)}{Where(table)}");

    public IEnumerable<Row> Rows(CopiedTable table)
    {
        ColumnType[] types = [.. table.Columns.Select(column => _types[$"{table.Name}.{column}"])];
        string columns = string.Join(", ", table.Columns.Select((column, i) => CopiedTables.LeftEmpty.Contains($"{table.Name}.{column}") ? "NULL::bigint" : types[i].Read(Quoted(column))));
        string order = string.Join(", ", table.Columns.Take(table.Keys).Select((column, i) => Quoted(column) + (types[i].Kind == ValueKind.Text ? " COLLATE \"C\"" : "")));
        using var stream = new BinaryCopyReader(_reader.BeginRawBinaryCopy($"COPY (SELECT {columns} FROM {Quoted(table.Name)}{Where(table)} ORDER BY {order}) TO STDOUT (FORMAT BINARY)"));
        var row = new RowWriter();
        while (stream.NextRow())
        {
            foreach (ColumnType type in types)
            {
                if (!stream.NextField(out ReadOnlySpan<byte> value))
                {
                    row.Null();
                    continue;
                }

                switch (type.Kind)
                {
                    case ValueKind.Integer: row.Integer(BinaryPrimitives.ReadInt64BigEndian(value)); break;
                    case ValueKind.Text: row.Text(value); break;
                    default: row.Octets(value); break;
                }
            }

            yield return row.Take();
        }
    }

    public IEnumerable<StoredBody> ExternalBodies()
    {
        using var command = new NpgsqlCommand("SELECT id, size, codec, hash FROM body WHERE NOT inline ORDER BY id", _reader);
        using NpgsqlDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            yield return new StoredBody(new BodyId(row.GetGuid(0)), row.GetInt64(1), (BodyCodec)row.GetInt32(2), row.Blob(3), null);
        }
    }

    public IReadOnlyList<StoredBody> InlineBodies(IReadOnlyList<BodyId> ids)
    {
        using var command = new NpgsqlCommand("SELECT id, size, codec, hash, octets FROM body WHERE id = ANY($1) AND octets IS NOT NULL", _reader)
        {
            Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = [.. ids.Select(static id => id.Value)] } },
        };
        using NpgsqlDataReader row = command.ExecuteReader();
        var bodies = new List<StoredBody>(ids.Count);
        while (row.Read())
        {
            bodies.Add(new StoredBody(new BodyId(row.GetGuid(0)), row.GetInt64(1), (BodyCodec)row.GetInt32(2), row.Blob(3), row.Blob(4)));
        }

        return bodies;
    }

    public void Add(CopiedTable table, IReadOnlyList<Row> rows) => CopyIn(Quoted(table.Name), table, table.Columns.Count, rows);

    public void Change(CopiedTable table, IReadOnlyList<Row> rows)
    {
        string set = string.Join(", ", table.Columns.Skip(table.Keys).Select(static column => $"{Quoted(column)} = incoming.{Quoted(column)}"));
        WithIncoming(table, table.Columns.Count, rows, $"UPDATE {Quoted(table.Name)} SET {set} FROM incoming WHERE {Match(table)}");
    }

    public void Remove(CopiedTable table, IReadOnlyList<Row> keys) =>
        WithIncoming(table, table.Keys, keys, $"DELETE FROM {Quoted(table.Name)} USING incoming WHERE {Match(table)}");

    public IReadOnlyList<BodyId> WithoutOctets()
    {
        using var command = new NpgsqlCommand("SELECT id FROM body WHERE inline AND octets IS NULL", _reader);
        using NpgsqlDataReader row = command.ExecuteReader();
        var ids = new List<BodyId>();
        while (row.Read())
        {
            ids.Add(new BodyId(row.GetGuid(0)));
        }

        return ids;
    }

    public void SetOctets(IReadOnlyList<StoredBody> bodies)
    {
        using var command = new NpgsqlCommand("UPDATE body SET octets = given.octets FROM unnest($1, $2) AS given(id, octets) WHERE body.id = given.id", _writer)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. bodies.Select(static body => body.Id.Value)] },
                new NpgsqlParameter<byte[][]> { TypedValue = [.. bodies.Select(static body => body.Inline!)], NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Bytea },
            },
        };
        command.ExecuteNonQuery();
    }

    public void Advance(IReadOnlyDictionary<string, long> counters)
    {
        IReadOnlyDictionary<string, long> reached = Counters;
        foreach ((string name, long value) in reached)
        {
            string sequence = name == StoreMark.UidValidity ? "uid_validity" : SequenceOf(name, _numbered[name]);
            long last = Math.Max(value, counters.GetValueOrDefault(name));
            if (name != StoreMark.UidValidity)
            {
                last = Math.Max(last, Scalar($"SELECT coalesce(max({Quoted(_numbered[name])}), 0) FROM {Quoted(name)}"));
            }

            if (last > value)
            {
                Execute(string.Create(CultureInfo.InvariantCulture, $"SELECT setval('{sequence}', {last})"));
            }
        }
    }

    public void Set(string key, string? value)
    {
        using var command = new NpgsqlCommand(
            value is null ? "DELETE FROM setting WHERE key = $1" : "INSERT INTO setting(key, value) VALUES($1, $2) ON CONFLICT(key) DO UPDATE SET value = excluded.value", _writer);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key });
        if (value is not null)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });
        }

        command.ExecuteNonQuery();
    }

    public void Step()
    {
        // Each statement was committed when it ended.
    }

    public void Dispose()
    {
        _reader.Dispose();
        _writer.Dispose();
    }

    private static string Quoted(string name) => $"\"{name}\"";

    private static string SequenceOf(string table, string column) => $"\"{table}_{column}_seq\"";

    private static string Match(CopiedTable table) => string.Join(
        " AND ", table.Columns.Take(table.Keys).Select(column => $"{Quoted(table.Name)}.{Quoted(column)} = incoming.{Quoted(column)}"));

    private static string Where(CopiedTable table) => table.Name switch
    {
        // Account 0 is the lock of the directory, not somebody's.
        "account_counter" => " WHERE account <> 0",
        "setting" => $" WHERE key NOT IN ({string.Join(", ", CopiedTables.LeftSettings.Select(static key => $"'{key}'"))})",
        _ => "",
    };

    private void WithIncoming(CopiedTable table, int columns, IReadOnlyList<Row> rows, string statement)
    {
        string names = string.Join(", ", table.Columns.Take(columns).Select(Quoted));
        Execute($"BEGIN; CREATE TEMP TABLE incoming ON COMMIT DROP AS SELECT {names} FROM {Quoted(table.Name)} WHERE false");
        CopyIn("incoming", table, columns, rows);
        Execute($"{statement}; COMMIT");
    }

    private void CopyIn(string target, CopiedTable table, int columns, IReadOnlyList<Row> rows)
    {
        ColumnType[] types = [.. table.Columns.Take(columns).Select(column => _types[$"{table.Name}.{column}"])];
        string names = string.Join(", ", table.Columns.Take(columns).Select(Quoted));
        using var stream = new BinaryCopyWriter(_writer.BeginRawBinaryCopy($"COPY {target}({names}) FROM STDIN (FORMAT BINARY)"));
        foreach (Row row in rows)
        {
            stream.StartRow(columns);
            RowReader reader = row.Read();
            foreach (ColumnType type in types)
            {
                reader.Next(out ValueKind kind, out ReadOnlySpan<byte> value);
                stream.Field(kind, value, type.IntegerBytes);
            }
        }

        stream.End();
    }

    private IEnumerable<CopiedTable> Discover()
    {
        var found = new List<(string Table, string Column, string Type, int Key, bool IsNumbered)>();
        using (var command = new NpgsqlCommand(Discovery, _reader))
        using (NpgsqlDataReader row = command.ExecuteReader())
        {
            while (row.Read())
            {
                found.Add((row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetBoolean(4)));
            }
        }

        foreach (IGrouping<string, (string Table, string Column, string Type, int Key, bool IsNumbered)> table in
            found.Where(static column => !CopiedTables.Left.Contains(column.Table)).GroupBy(static column => column.Table))
        {
            foreach ((string name, string column, string type, int key, bool isNumbered) in table.Where(column => !CopiedTables.LeftColumns.Contains($"{column.Table}.{column.Column}")))
            {
                _types[$"{name}.{column}"] = ColumnType.Of(type) ?? throw new InvalidOperationException($"{name}.{column} is a {type}, which the other store has no match for: it cannot be copied.");
                if (isNumbered)
                {
                    _numbered[name] = column;
                }
            }

            yield return CopiedTables.Of(
                table.Key, [.. table.Select(static column => column.Column)],
                [.. table.Where(static column => column.Key >= 0).OrderBy(static column => column.Key).Select(static column => column.Column)]);
        }
    }

    private long Scalar(string sql)
    {
        using var command = new NpgsqlCommand(sql, _reader);
        return (long)command.ExecuteScalar()!;
    }

    private void Execute(string sql)
    {
        using var command = new NpgsqlCommand(sql, _writer);
        command.ExecuteNonQuery();
    }

    /// <summary>How a column's values travel.</summary>
    /// <param name="IntegerBytes">Octets of a number as the column has it.</param>
    private sealed record ColumnType(ValueKind Kind, int IntegerBytes)
    {
        public static ColumnType? Of(string name) => name switch
        {
            "bigint" => new(ValueKind.Integer, 8),
            "integer" => new(ValueKind.Integer, 4),
            "smallint" => new(ValueKind.Integer, 2),
            "boolean" => new(ValueKind.Integer, 1),
            "text" => new(ValueKind.Text, 0),
            "bytea" or "uuid" => new(ValueKind.Octets, 0),
            _ => null,
        };

        /// <summary>Every number as 64 bits.</summary>
        public string Read(string column) => IntegerBytes switch
        {
            0 or 8 => column,
            1 => $"{column}::int::bigint",
            _ => $"{column}::bigint",
        };
    }
}
