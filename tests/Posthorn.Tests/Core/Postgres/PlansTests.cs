using System.Globalization;
using System.Text.Json;
using Npgsql;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>What the database looks at for a few messages does not grow with their mailbox: as it plans for these values, and as it plans once for all.</summary>
public sealed class PlansTests : IAsyncLifetime
{
    private const int Messages = 20_000;

    /// <summary>Near the end: in the order of UIDs nearly all others come before.</summary>
    private const int First = Messages - 100;

    private const int Wanted = 50;

    private TestStore _store = null!;
    private Mailbox _inbox = null!;
    private NpgsqlConnection _connection = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        string database = TestDatabase.Cluster.ConnectionString(TestDatabase.Create());
        _store = await TestStore.OnDatabaseAsync(database);
        _inbox = await _store.InboxAsync();
        await _store.AppendAsync(_inbox.Id, "Subject: a\r\n\r\n");
        _connection = new NpgsqlConnection(database);
        await _connection.OpenAsync(Cancel);
        await RunAsync(string.Create(CultureInfo.InvariantCulture, $"""
            INSERT INTO email SELECT (jsonb_populate_record(e, jsonb_build_object('id', n, 'thread', n))).* FROM email e, generate_series(2, {Messages}) AS n
            """));
        await RunAsync(string.Create(CultureInfo.InvariantCulture, $"""
            INSERT INTO mailbox_message SELECT (jsonb_populate_record(m, jsonb_build_object('uid', n, 'email', n))).* FROM mailbox_message m, generate_series(2, {Messages}) AS n
            """));
        await RunAsync("ANALYZE");
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Theory]
    [InlineData("entries", "auto")]
    [InlineData("entries", "force_generic_plan")]
    [InlineData("filed", "auto")]
    [InlineData("filed", "force_generic_plan")]
    [InlineData("messages", "auto")]
    [InlineData("messages", "force_generic_plan")]
    [InlineData("threads", "auto")]
    [InlineData("threads", "force_generic_plan")]
    [InlineData("flags", "auto")]
    [InlineData("flags", "force_generic_plan")]
    public async Task A_few_messages_are_found_without_looking_at_the_others(string statement, string planning)
    {
        (string sql, string types, string values) = statement switch
        {
            "entries" => (PostgresMessages.SelectEntries, ", bigint", ", 500"),
            "filed" => (PostgresMessages.SelectFiled, "", ""),
            "messages" => (PostgresMessages.SelectMessages, ", int, bool, bool, bool, bool, bool", ", 500, true, false, false, true, false"),
            "threads" => (PostgresMessages.SelectThreads, "", ""),
            _ => (PostgresMessages.UpdateFlags, ", bigint, bigint, bigint", ", 0, 1, 7"),
        };
        await RunAsync($"SET plan_cache_mode = {planning}");
        await RunAsync($"PREPARE asked(bigint, bigint, bigint[], bigint[]{types}) AS {sql}");
        await using var explain = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"""
            EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked({_store.Account.Value}, {_inbox.Id.Value}, ARRAY[3, {First}], ARRAY[3, {First + Wanted - 2}]{values})
            """), _connection);
        using JsonDocument plan = JsonDocument.Parse((string)(await explain.ExecuteScalarAsync(Cancel))!);
        double looked = LookedAt(plan.RootElement[0].GetProperty("Plan"));
        Assert.InRange(looked, Wanted, Wanted * 10);
    }

    /// <summary>Rows of all steps of a plan, those that a step dropped included.</summary>
    private static double LookedAt(JsonElement step)
    {
        double loops = Number(step, "Actual Loops");
        double rows = loops * (Number(step, "Actual Rows") + Number(step, "Rows Removed by Join Filter") + Number(step, "Rows Removed by Filter"));
        return rows + (step.TryGetProperty("Plans", out JsonElement below) ? below.EnumerateArray().Sum(LookedAt) : 0);
    }

    private static double Number(JsonElement step, string name) => step.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : 0;

    private async Task RunAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
