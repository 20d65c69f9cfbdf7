using System.Buffers;
using Npgsql;
using NpgsqlTypes;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>
/// A statement on its way into a transaction: bind by position, then post it (it travels with the next one that has a result) or ask for
/// its rows. The server keeps it prepared after its second use (Max Auto Prepare).
/// </summary>
internal sealed class PostgresStatement(PostgresTransaction transaction, string sql)
{
    // PostgreSQL's text holds neither NUL nor half a surrogate pair; what hostile mail brings of these is replaced, as SQLite's binding does with the latter.
    private static readonly SearchValues<char> Unstorable = SearchValues.Create(['\0', .. Enumerable.Range(0xD800, 0x800).Select(unit => (char)unit)]);

    private readonly NpgsqlBatchCommand _command = new(sql);

    public PostgresStatement Bind(long value) => Add(new NpgsqlParameter<long> { TypedValue = value });

    public PostgresStatement Bind(int value) => Add(new NpgsqlParameter<int> { TypedValue = value });

    public PostgresStatement Bind(bool value) => Add(new NpgsqlParameter<bool> { TypedValue = value });

    public PostgresStatement Bind(long? value) => value is { } number ? Bind(number) : Null(NpgsqlDbType.Bigint);

    public PostgresStatement Bind(string? value) =>
        value is null ? Null(NpgsqlDbType.Text) : Add(new NpgsqlParameter<string> { TypedValue = Storable(value), NpgsqlDbType = NpgsqlDbType.Text });

    public PostgresStatement Bind(byte[]? value) =>
        value is null ? Null(NpgsqlDbType.Bytea) : Add(new NpgsqlParameter<byte[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea });

    public PostgresStatement Bind(Guid value) => Add(new NpgsqlParameter<Guid> { TypedValue = value });

    public PostgresStatement Bind(long[] values) => Add(new NpgsqlParameter<long[]> { TypedValue = values });

    public PostgresStatement Bind(Guid[] values) => Add(new NpgsqlParameter<Guid[]> { TypedValue = values });

    public PostgresStatement Bind(string[] values) =>
        Add(new NpgsqlParameter<string[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });

    /// <summary>Unix milliseconds.</summary>
    public PostgresStatement Bind(DateTimeOffset value) => Bind(value.ToUnixTimeMilliseconds());

    public PostgresStatement Bind(DateTimeOffset? value) => Bind(value?.ToUnixTimeMilliseconds());

    /// <summary>For statements without rows whose count nobody needs: no round trip of its own. Its failure shows at the next statement or the commit.</summary>
    public void Post() => transaction.Post(_command);

    /// <summary>Runs it at the next round trip and hands each row to <paramref name="row"/> then.</summary>
    public void Post(Action<NpgsqlDataReader> row) => transaction.Post(_command, row);

    /// <summary>How many rows it changed.</summary>
    public async ValueTask<int> RunAsync()
    {
        transaction.Post(_command);
        await transaction.FlushAsync();
        return (int)_command.RecordsAffected;
    }

    public async ValueTask<IReadOnlyList<T>> AllAsync<T>(Func<NpgsqlDataReader, T> read)
    {
        var rows = new List<T>();
        await EachAsync(row => rows.Add(read(row)));
        return rows;
    }

    /// <summary>Null: no row.</summary>
    public async ValueTask<T?> FirstAsync<T>(Func<NpgsqlDataReader, T> read)
        where T : class
    {
        T? first = null;
        await EachAsync(row => first ??= read(row));
        return first;
    }

    /// <summary>The first column of the first row; null: no row, or NULL in it.</summary>
    public async ValueTask<T?> ScalarAsync<T>()
        where T : struct
    {
        T? first = null;
        await EachAsync(row => first ??= row.IsDBNull(0) ? null : row.GetFieldValue<T>(0));
        return first;
    }

    public async ValueTask EachAsync(Action<NpgsqlDataReader> row)
    {
        transaction.Post(_command, row);
        await transaction.FlushAsync();
    }

    private static string Storable(string text) => text.AsSpan().ContainsAny(Unstorable)
        ? System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD')
        : text;

    private PostgresStatement Null(NpgsqlDbType type) => Add(new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = type });

    private PostgresStatement Add(NpgsqlParameter parameter)
    {
        _command.Parameters.Add(parameter);
        return this;
    }
}

/// <summary>Columns as Core has them.</summary>
internal static class PostgresColumns
{
    extension(NpgsqlDataReader row)
    {
        public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

        public DateTimeOffset? NullableTime(int column) => row.IsDBNull(column) ? null : row.Time(column);

        public string? NullableText(int column) => row.IsDBNull(column) ? null : row.GetString(column);

        public long? NullableInt64(int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

        public byte[] Blob(int column) => row.GetFieldValue<byte[]>(column);

        public byte[]? NullableBlob(int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);
    }
}
