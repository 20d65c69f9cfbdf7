using SQLitePCL;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>One connection with its prepared statements. Used by one thread at a time.</summary>
internal sealed class SqliteConnection : IDisposable
{
    /// <summary>Memory for pages of a connection, in KiB (PRAGMA cache_size).</summary>
    private const int CacheKiB = 16 * 1024;

    private readonly sqlite3 _database;

    // Keyed by the string object: all SQL here is literals, and comparing references costs nothing.
    private readonly Dictionary<string, SqliteStatement> _statements = new(LiteralComparer.Instance);

    static SqliteConnection()
    {
        Batteries_V2.Init();

        // Nobody asks how much memory SQLite has in use, and counting it takes a lock of the whole process at every allocation. Before the first use of the library.
        raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    private SqliteConnection(sqlite3 database) => _database = database;

    /// <param name="path">The database file.</param>
    /// <param name="readOnly">Writes nothing at all.</param>
    /// <param name="gathersWal">It is the one that writes: see <see cref="GatheringVfs"/>.</param>
    public static SqliteConnection Open(string path, bool readOnly, bool gathersWal = false)
    {
        int flags = raw.SQLITE_OPEN_NOMUTEX | (readOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        int code = raw.sqlite3_open_v2(path, out sqlite3 database, flags, gathersWal ? GatheringVfs.Ready() : null);
        if (code != raw.SQLITE_OK)
        {
            SqliteFault fault = SqliteFault.From(database, code);
            database.Dispose();
            throw fault;
        }

        raw.sqlite3_extended_result_codes(database, 1);
        raw.sqlite3_busy_timeout(database, 5_000);
        var connection = new SqliteConnection(database);
        connection.Execute($"PRAGMA cache_size=-{CacheKiB}; PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY;");
        return connection;
    }

    /// <summary>False when SQLite itself rolled the transaction back.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_database) == 0;

    public long LastRowId => raw.sqlite3_last_insert_rowid(_database);

    internal sqlite3 Handle => _database;

    /// <summary>The prepared statement of <paramref name="sql"/>, which must be a literal.</summary>
    public SqliteStatement Use(string sql)
    {
        if (!_statements.TryGetValue(sql, out SqliteStatement? statement))
        {
            int code = raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out sqlite3_stmt prepared);
            if (code != raw.SQLITE_OK)
            {
                throw SqliteFault.From(_database, code);
            }

            _statements[sql] = statement = new SqliteStatement(_database, prepared);
        }

        return statement;
    }

    public void Execute(string sql)
    {
        int code = raw.sqlite3_exec(_database, sql);
        if (code != raw.SQLITE_OK)
        {
            throw SqliteFault.From(_database, code);
        }
    }

    public long Scalar(string sql)
    {
        using SqliteStatement query = Use(sql);
        return query.Step() ? query.Int64(0) : 0;
    }

    /// <summary>Frames in the WAL, copied or not.</summary>
    public int WalFrames()
    {
        // SQLITE_CHECKPOINT_NOOP of SQLite 3.51: only counts.
        const int CheckpointNoop = -1;
        raw.sqlite3_wal_checkpoint_v2(_database, "main", CheckpointNoop, out int frames, out _);
        return frames;
    }

    /// <summary>Copies as much of the WAL into the database as can be had without waiting; frames in the WAL, and frames copied.</summary>
    public (int Frames, int Copied) Checkpoint()
    {
        int code = raw.sqlite3_wal_checkpoint_v2(_database, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out int frames, out int copied);
        return code is raw.SQLITE_OK or raw.SQLITE_BUSY ? (frames, copied) : throw SqliteFault.From(_database, code);
    }

    public void Dispose()
    {
        foreach (SqliteStatement statement in _statements.Values)
        {
            statement.Close();
        }

        _database.Dispose();
    }
}

/// <summary>Compares SQL literals by object.</summary>
internal sealed class LiteralComparer : IEqualityComparer<string>
{
    public static readonly LiteralComparer Instance = new();

    public bool Equals(string? x, string? y) => ReferenceEquals(x, y);

    public int GetHashCode(string obj) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj);
}
