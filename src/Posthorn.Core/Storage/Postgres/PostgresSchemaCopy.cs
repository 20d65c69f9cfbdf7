using System.Globalization;
using Npgsql;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>
/// The whole store once more, in a schema of its own beside the one in use, indexes and sequences included: what a migration is rehearsed on, and what stays of the state
/// before one. Within a transaction, so that it can be taken back as if it had never been.
/// </summary>
internal static class PostgresSchemaCopy
{
    private const string Tables = """
        SELECT c.relname::text, string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
        GROUP BY c.relname ORDER BY c.relname
        """;

    private const string Sequences = "SELECT sequencename::text, last_value FROM pg_sequences WHERE schemaname = $1 AND last_value IS NOT NULL";

    private const string Size = """
        SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
        """;

    /// <summary>Octets on disk of the store in use, indexes included.</summary>
    public static async Task<long> SizeAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Size, connection);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>Makes the schema <paramref name="copy"/> from the one in use, which has version <paramref name="version"/>. The search path is the same afterwards.</summary>
    /// <param name="stopsWriters">Nobody writes to the store until the transaction ends.</param>
    public static async Task MakeAsync(NpgsqlConnection connection, string copy, int version, bool stopsWriters, CancellationToken cancel)
    {
        string from = await TextAsync(connection, "SELECT current_schema()", cancel);
        List<(string Name, string Columns)> tables = await PairsAsync(connection, Tables, from, cancel);
        if (stopsWriters)
        {
            await RunAsync(connection, $"LOCK TABLE {string.Join(", ", tables.Select(table => $"\"{from}\".\"{table.Name}\""))} IN SHARE MODE", cancel);
        }

        string path = await TextAsync(connection, "SHOW search_path", cancel);
        await RunAsync(connection, $"DROP SCHEMA IF EXISTS \"{copy}\" CASCADE; CREATE SCHEMA \"{copy}\"; SET LOCAL search_path TO \"{copy}\", {path}", cancel);
        for (int next = 0; next < version; next++)
        {
            await RunAsync(connection, PostgresSchema.Migrations[next], cancel);
        }

        foreach ((string name, string columns) in tables)
        {
            await RunAsync(connection, $"TRUNCATE \"{copy}\".\"{name}\"; INSERT INTO \"{copy}\".\"{name}\"({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM \"{from}\".\"{name}\"", cancel);
        }

        foreach ((string name, string last) in await PairsAsync(connection, Sequences, from, cancel))
        {
            await RunAsync(connection, string.Create(CultureInfo.InvariantCulture, $"SELECT setval('\"{copy}\".\"{name}\"', {last})"), cancel);
        }

        await RunAsync(connection, $"SET LOCAL search_path TO {path}", cancel);
    }

    private static async Task<List<(string First, string Second)>> PairsAsync(NpgsqlConnection connection, string sql, string schema, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = schema } } };
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancel);
        var pairs = new List<(string, string)>();
        while (await row.ReadAsync(cancel))
        {
            pairs.Add((row.GetString(0), Convert.ToString(row.GetValue(1), CultureInfo.InvariantCulture)!));
        }

        return pairs;
    }

    private static async Task<string> TextAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        // As long as it takes: a copy of a store is no query.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }
}
