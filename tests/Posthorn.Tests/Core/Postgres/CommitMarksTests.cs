using Npgsql;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>What came of a commit, asked of a database that gave the transaction's id to another one after a crash.</summary>
public sealed class CommitMarksTests : IAsyncLifetime
{
    private readonly string _connection = TestDatabase.Cluster.ConnectionString(TestDatabase.Create());
    private readonly PostgresConnections _connections;
    private readonly CommitMarks _marks;

    public CommitMarksTests()
    {
        _connections = PostgresConnections.From(_connection);
        _marks = new CommitMarks(_connections);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await using TestStore store = await TestStore.OnDatabaseAsync(_connection);
    }

    [Fact]
    public async Task A_write_that_left_its_mark_was_committed()
    {
        (Guid mark, string id) = await WriteAsync();
        Assert.True(await _marks.WasCommittedAsync(mark, id));
    }

    [Fact]
    public async Task A_committed_stranger_with_the_same_id_does_not_count()
    {
        (_, string id) = await WriteAsync();
        Assert.False(await _marks.WasCommittedAsync(Guid.CreateVersion7(), id));
    }

    [Fact]
    public async Task An_id_that_was_never_given_again_means_that_the_crash_undid_it() =>
        Assert.False(await _marks.WasCommittedAsync(Guid.CreateVersion7(), "4000000000"));

    [Fact]
    public async Task Settled_marks_are_taken_away_by_later_writes()
    {
        (Guid first, _) = await WriteAsync();
        _marks.Settle(first);
        (Guid second, _) = await WriteAsync();
        await using NpgsqlConnection connection = await _connections.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand("SELECT id FROM commit_mark WHERE id = ANY($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [first, second] });
        Assert.Equal(second, await command.ExecuteScalarAsync(Cancel));
    }

    public async ValueTask DisposeAsync() => await _connections.DisposeAsync();

    private async Task<(Guid Mark, string Id)> WriteAsync()
    {
        await using NpgsqlConnection connection = await _connections.OpenAsync(Cancel);
        var transaction = new PostgresTransaction(connection, "BEGIN");
        Guid mark = Guid.CreateVersion7();
        string id = "";
        _marks.Write(transaction, mark, given => id = given);
        await transaction.CommitAsync();
        return (mark, id);
    }
}
