using Posthorn.Core.Storage;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>What cannot be a store is refused in one line that says what to do and gives no secret away.</summary>
public sealed class PostgresOpeningTests
{
    [Theory]
    [InlineData("Host", "cannot be read")]
    [InlineData("Colour=blue;Password=hunter2", "cannot be read")]
    [InlineData("Database=posthorn;Password=hunter2", "names no host")]
    [InlineData("Host=/nowhere;Username=u;Password=hunter2;Database=d", "cannot be reached")]
    [InlineData("Host=127.0.0.1;Port=1;Username=u;Password=hunter2;Database=d", "Check Host and Port")]
    public async Task A_connection_string_that_leads_nowhere(string connectionString, string said) => await RefusedAsync(connectionString, said);

    [Fact]
    public async Task A_database_that_is_not_there() =>
        await RefusedAsync(TestDatabase.Cluster.ConnectionString("no_such_database"), "\"no_such_database\" does not exist. Create it");

    [Fact]
    public async Task A_user_that_is_not_there() =>
        await RefusedAsync(TestDatabase.Cluster.ConnectionString(TestDatabase.Create()).Replace("Username=posthorn", "Username=stranger;Password=hunter2", StringComparison.Ordinal), "refuses the sign-in");

    [Fact]
    public async Task A_database_of_somebody_else()
    {
        string database = Changed("template0", "CREATE TABLE invoice(id int)");
        await RefusedAsync(TestDatabase.Cluster.ConnectionString(database), "is not a Posthorn store: it holds invoice");
    }

    [Fact]
    public async Task A_schema_of_a_newer_version()
    {
        string database = Changed(null, "UPDATE posthorn_schema SET version = 999");
        await RefusedAsync(TestDatabase.Cluster.ConnectionString(database), "written by a newer Posthorn (schema 999");
    }

    [Fact]
    public async Task A_database_that_does_not_wait_for_its_disk()
    {
        string database = Changed(null, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$");
        await RefusedAsync(TestDatabase.Cluster.ConnectionString(database), "synchronous_commit is off");
    }

    [Fact]
    public async Task A_user_without_the_right_to_create_tables()
    {
        string database = Changed("template0", "CREATE ROLE reader LOGIN");
        await RefusedAsync(TestDatabase.Cluster.ConnectionString(database).Replace("Username=posthorn", "Username=reader", StringComparison.Ordinal), "lacks a right");
        TestDatabase.Cluster.Execute("DROP ROLE reader", database);
    }

    [Fact]
    public async Task Nodes_that_start_together_on_an_empty_database_make_one_schema()
    {
        string connectionString = TestDatabase.Cluster.ConnectionString(TestDatabase.Create("template0"));
        TestStore[] nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => TestStore.OnDatabaseAsync(connectionString))));
        Assert.Single(nodes.Select(node => node.Account).Distinct());
        foreach (TestStore node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    private static string Changed(string? template, string sql)
    {
        string database = template is null ? TestDatabase.Create() : TestDatabase.Create(template);
        TestDatabase.Cluster.Execute(sql, database);
        return database;
    }

    private static async Task RefusedAsync(string connectionString, string said)
    {
        StoreOpeningException refused = await Assert.ThrowsAsync<StoreOpeningException>(() => TestStore.OnDatabaseAsync(connectionString));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
    }
}
