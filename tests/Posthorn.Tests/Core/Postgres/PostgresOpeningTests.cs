using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Postgres;
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

    [Theory]
    [InlineData("9.6.24", "PostgreSQL 9.6.24, and Posthorn needs 15 or newer. Upgrade it")]
    [InlineData("14.23", "PostgreSQL 14.23, and Posthorn needs 15 or newer. Upgrade it")]
    [InlineData("15.0", null)]
    [InlineData("15.18", null)]
    [InlineData("18.1", null)]
    [InlineData("100.0", null)]
    public void A_server_of_that_version(string version, string? said)
    {
        string? objection = PostgresMigrations.ObjectTo(Version.Parse(version));
        Assert.Equal(said is null, objection is null);
        Assert.Contains(said ?? "", objection ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_says_it_is_too_old()
    {
        await using var older = new OlderServer(TestDatabase.Cluster.Folder);
        await RefusedAsync($"Host={older.Folder};Username=posthorn;Password=hunter2;Database={TestDatabase.Create()}", "PostgreSQL 14.");
    }

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

    [Theory]
    [InlineData("GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA public TO {0}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {0}", "permission denied for table account")]
    [InlineData("GRANT ALL ON ALL TABLES IN SCHEMA public TO {0}; REVOKE INSERT ON email FROM {0}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {0}", "permission denied for table email")]
    [InlineData("GRANT ALL ON ALL TABLES IN SCHEMA public TO {0}", "permission denied for sequence")]
    [InlineData("GRANT SELECT ON posthorn_schema TO {0}", "permission denied for table")]
    [InlineData("SELECT 1", "permission denied for table")]
    [InlineData("REVOKE CONNECT ON DATABASE {1} FROM PUBLIC", "permission denied for database")]
    [InlineData("REVOKE USAGE ON SCHEMA public FROM PUBLIC", "lacks a right")]
    public async Task A_user_who_lacks_a_right_on_what_is_there(string grants, string said)
    {
        string database = TestDatabase.Create(), role = $"guest_{Guid.NewGuid():N}";
        TestDatabase.Cluster.Execute($"CREATE ROLE {role} LOGIN", database);
        TestDatabase.Cluster.Execute(string.Format(System.Globalization.CultureInfo.InvariantCulture, grants, role, database), database);
        await RefusedAsync(TestDatabase.Cluster.ConnectionString(database).Replace("Username=posthorn", $"Username={role}", StringComparison.Ordinal), said);
        TestDatabase.Cluster.Execute($"DROP OWNED BY {role}; DROP ROLE {role}", database);
    }

    [Fact]
    public async Task A_user_with_the_rights_that_the_refusal_names_is_served()
    {
        string database = TestDatabase.Create(), role = $"guest_{Guid.NewGuid():N}";
        TestDatabase.Cluster.Execute($"""
            CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}
            """, database);
        await using (TestStore store = await TestStore.OnDatabaseAsync(TestDatabase.Cluster.ConnectionString(database).Replace("Username=posthorn", $"Username={role}", StringComparison.Ordinal)))
        {
            await store.AppendAsync((await store.InboxAsync()).Id, "Subject: a\r\n\r\n");
            Assert.Equal(1, (await store.InboxAsync()).Messages);
        }

        TestDatabase.Cluster.Execute($"DROP OWNED BY {role}; DROP ROLE {role}", database);
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
