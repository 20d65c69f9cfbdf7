using SQLitePCL;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>
/// A prepared statement on the raw calls. Use: <c>using var q = db.Use(Sql).Bind(a).Bind(b); while (q.Step()) { q.Int64(0) }</c>. Disposing resets it for the next
/// use; it stays prepared for the life of the connection.
/// </summary>
internal sealed class SqliteStatement(sqlite3 database, sqlite3_stmt statement) : IDisposable
{
    private int _bound;

    public SqliteStatement Bind(long value)
    {
        raw.sqlite3_bind_int64(statement, ++_bound, value);
        return this;
    }

    public SqliteStatement Bind(bool value) => Bind(value ? 1L : 0L);

    public SqliteStatement Bind(long? value)
    {
        if (value is { } number)
        {
            return Bind(number);
        }

        raw.sqlite3_bind_null(statement, ++_bound);
        return this;
    }

    public SqliteStatement Bind(string? value)
    {
        if (value is null)
        {
            raw.sqlite3_bind_null(statement, ++_bound);
        }
        else
        {
            raw.sqlite3_bind_text(statement, ++_bound, value);
        }

        return this;
    }

    public SqliteStatement BindNull()
    {
        raw.sqlite3_bind_null(statement, ++_bound);
        return this;
    }

    public SqliteStatement BindUtf8(ReadOnlySpan<byte> value)
    {
        raw.sqlite3_bind_text(statement, ++_bound, value);
        return this;
    }

    public SqliteStatement Bind(ReadOnlySpan<byte> value)
    {
        raw.sqlite3_bind_blob(statement, ++_bound, value);
        return this;
    }

    /// <summary>Not another Bind: null would be text as well.</summary>
    public SqliteStatement BindBlob(byte[]? value) => value is null ? Bind((long?)null) : Bind(value.AsSpan());

    public SqliteStatement Bind(Guid value)
    {
        Span<byte> octets = stackalloc byte[16];
        value.TryWriteBytes(octets, bigEndian: true, out _);
        return Bind(octets);
    }

    public SqliteStatement Bind(DateTimeOffset value) => Bind(value.ToUnixTimeMilliseconds());

    public SqliteStatement Bind(DateTimeOffset? value) => Bind(value?.ToUnixTimeMilliseconds());

    /// <summary>True while there is a row.</summary>
    public bool Step()
    {
        int code = raw.sqlite3_step(statement);
        return code switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            _ => throw SqliteFault.From(database, code),
        };
    }

    /// <summary>Runs a statement that gives no rows; says how many rows it changed.</summary>
    public int Run()
    {
        using (this)
        {
            Step();
            return raw.sqlite3_changes(database);
        }
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    /// <summary>SQLITE_INTEGER, SQLITE_TEXT and so on, of the value rather than the column.</summary>
    public int Type(int column) => raw.sqlite3_column_type(statement, column);

    public long Int64(int column) => raw.sqlite3_column_int64(statement, column);

    public int Int32(int column) => raw.sqlite3_column_int(statement, column);

    public bool Bool(int column) => Int64(column) != 0;

    public long? NullableInt64(int column) => IsNull(column) ? null : Int64(column);

    public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string() ?? "";

    public string? NullableText(int column) => IsNull(column) ? null : Text(column);

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(statement, column);

    public Guid Guid(int column) => new(Blob(column), bigEndian: true);

    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(Int64(column));

    public void Dispose()
    {
        _bound = 0;
        raw.sqlite3_reset(statement);
        raw.sqlite3_clear_bindings(statement);
    }

    /// <summary>Frees the statement itself.</summary>
    public void Close() => statement.Dispose();
}

/// <summary>An error of SQLite, with its extended code.</summary>
internal sealed class SqliteFault(int code, string message) : Exception($"SQLite error {code}: {message}")
{
    public int Code { get; } = code;

    /// <summary>The disk is full.</summary>
    public bool IsFull => (Code & 0xFF) == raw.SQLITE_FULL;

    /// <summary>The database cannot serve now, or serves no more: full, I/O error, locked, corrupt.</summary>
    public bool IsUnavailable => (Code & 0xFF) is raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_CORRUPT
        or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_NOTADB or raw.SQLITE_NOMEM or raw.SQLITE_PROTOCOL;

    public static SqliteFault From(sqlite3 database, int code)
    {
        int extended = raw.sqlite3_extended_errcode(database);
        return new SqliteFault(extended == raw.SQLITE_OK ? code : extended, raw.sqlite3_errmsg(database).utf8_to_string());
    }

    public StoreUnavailableException ToUnavailable() => ToUnavailable(isOutcomeOpen: false);

    /// <summary>As an error of COMMIT itself.</summary>
    /// <remarks>
    /// With a full disk its last frame was not written, and it is undone. With any other error, above all that of the sync, the frame may lie in the WAL, where a crash
    /// before the next commit would bring it to light.
    /// </remarks>
    public StoreUnavailableException ToUncommitted() => ToUnavailable(isOutcomeOpen: !IsFull);

    private StoreUnavailableException ToUnavailable(bool isOutcomeOpen) =>
        new(IsFull ? "The disk of the store is full." : $"The store cannot be read or written now ({Message}).", IsFull, this) { IsOutcomeOpen = isOutcomeOpen };
}
