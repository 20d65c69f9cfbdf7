using System.Globalization;
using Npgsql;
using Posthorn.Core;
using Posthorn.Core.Maintenance;
using Posthorn.Core.Storage;
using Posthorn.Core.Storage.Postgres;
using Posthorn.Core.Storage.Sqlite;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Copying;

/// <summary>Stores of the versions before, on both databases: rehearsed, set aside, brought up to date, and refused when they are newer.</summary>
public sealed class UpgradeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("posthorn-upgrade-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder, SqliteStore.FileName);

    [Fact]
    public async Task An_embedded_store_is_rehearsed_without_being_touched_then_set_aside_and_brought_up_to_date()
    {
        int older = SqliteSchema.Migrations.Length - 2;
        MakeFile(older);
        UpgradeReport report = await Upgrade.RehearseAsync(new StoreOptions { DataFolder = _folder }, TimeProvider.System, Cancel);
        Assert.Equal((older, SqliteSchema.Migrations.Length), (report.From, report.To));
        Assert.Empty(report.Problems);
        Assert.Equal(older, VersionOf(File));
        Assert.Empty(Directory.EnumerateFiles(_folder, "*rehearsal*"));

        await using (TestStore store = await TestStore.AtAsync(new StoreOptions { DataFolder = _folder }))
        {
            Assert.Equal("anna@example.test", await NameOfFirstAsync(store));
        }

        Assert.Equal(older, VersionOf(string.Create(CultureInfo.InvariantCulture, $"{File}.schema-{older}")));
        Assert.False((await Upgrade.RehearseAsync(new StoreOptions { DataFolder = _folder }, TimeProvider.System, Cancel)).IsNeeded);
    }

    [Fact]
    public async Task A_rehearsal_that_fails_says_why_and_leaves_the_store_alone()
    {
        int older = SqliteSchema.Migrations.Length - 1;
        MakeFile(older);
        using (SqliteConnection damaged = SqliteConnection.Open(File, readOnly: false))
        {
            // What the last migration makes is in the way.
            damaged.Execute(SqliteSchema.Migrations[older]);
        }

        Assert.Contains("the migration fails", Assert.Single((await Upgrade.RehearseAsync(new StoreOptions { DataFolder = _folder }, TimeProvider.System, Cancel)).Problems), StringComparison.Ordinal);
        Assert.Equal(older, VersionOf(File));
        Assert.Single(Directory.EnumerateFiles(_folder, "*.db*"));
    }

    [Fact]
    public async Task A_store_of_a_newer_version_is_refused_in_one_line()
    {
        MakeFile(SqliteSchema.Migrations.Length);
        using (SqliteConnection newer = SqliteConnection.Open(File, readOnly: false))
        {
            newer.Execute("PRAGMA user_version=999");
        }

        foreach (Func<Task> opening in new Func<Task>[]
        {
            () => TestStore.AtAsync(new StoreOptions { DataFolder = _folder }),
            () => Upgrade.RehearseAsync(new StoreOptions { DataFolder = _folder }, TimeProvider.System, Cancel).AsTask(),
        })
        {
            StoreOpeningException refused = await Assert.ThrowsAsync<StoreOpeningException>(opening);
            Assert.Contains("written by a newer Posthorn (schema 999", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
        }
    }

    [Fact]
    public async Task A_database_is_rehearsed_beside_its_users_then_set_aside_and_brought_up_to_date()
    {
        int older = PostgresSchema.Migrations.Length - 2;
        string database = await MakeDatabaseAsync(older);
        var place = new StoreOptions { DataFolder = _folder, Database = TestDatabase.Cluster.ConnectionString(database) };
        UpgradeReport report = await Upgrade.RehearseAsync(place, TimeProvider.System, Cancel);
        Assert.Equal((older, PostgresSchema.Migrations.Length), (report.From, report.To));
        Assert.Empty(report.Problems);
        Assert.Equal($"{older}|public", await TellAsync(place, "SELECT version || '|' || (SELECT string_agg(nspname, ',') FROM pg_namespace WHERE nspname = 'public' OR nspname LIKE 'posthorn%') FROM posthorn_schema"));

        await using (TestStore store = await TestStore.AtAsync(place))
        {
            Assert.Equal("anna@example.test", await NameOfFirstAsync(store));
        }

        // What was set aside is a whole store of the version before: with its indexes, its rows and its numbers.
        string aside = string.Create(CultureInfo.InvariantCulture, $"posthorn_schema_{older}");
        Assert.Equal($"{older}|1|7", await TellAsync(place, $"SELECT (SELECT version FROM {aside}.posthorn_schema) || '|' || (SELECT count(*) FROM {aside}.account) || '|' || (SELECT last_value FROM {aside}.account_id_seq)"));
        Assert.Equal("t", await TellAsync(place, $"SELECT left((to_regclass('{aside}.mailbox_name') IS NOT NULL)::text, 1)"));
        Assert.False((await Upgrade.RehearseAsync(place, TimeProvider.System, Cancel)).IsNeeded);
    }

    [Fact]
    public async Task A_database_too_large_to_set_aside_waits_for_somebody_who_says_that_there_is_a_backup()
    {
        int older = PostgresSchema.Migrations.Length - 1;
        string database = await MakeDatabaseAsync(older);
        var place = new StoreOptions { DataFolder = _folder, Database = TestDatabase.Cluster.ConnectionString(database), SetAsideUpTo = 1 };
        StoreOpeningException refused = await Assert.ThrowsAsync<StoreOpeningException>(() => TestStore.AtAsync(place));
        Assert.Contains("Take a backup with the version before (posthorn backup), then run: posthorn upgrade --backed-up", refused.Message, StringComparison.Ordinal);
        Assert.Equal($"{older}", await TellAsync(place, "SELECT version::text FROM posthorn_schema"));

        await using (TestStore store = await TestStore.AtAsync(place with { IsBackedUp = true }))
        {
            Assert.Equal("anna@example.test", await NameOfFirstAsync(store));
        }

        Assert.Equal($"{PostgresSchema.Migrations.Length}|0", await TellAsync(
            place, "SELECT version || '|' || (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'posthorn%') FROM posthorn_schema"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void MakeFile(int version)
    {
        using SqliteConnection connection = SqliteConnection.Open(File, readOnly: false);
        foreach (string migration in SqliteSchema.Migrations.Take(version))
        {
            connection.Execute(migration);
        }

        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"""
            INSERT INTO account(id, address, administrator, password, scram, created) VALUES(7, 'anna@example.test', 0, '-', '-', 0);
            INSERT INTO account_counter VALUES(7, 1, 1, 0, 0, 1, 1);
            INSERT INTO setting VALUES('uidvalidity', '1'), ('epoch', 'e'), ('secret', 's');
            PRAGMA application_id={SqliteSchema.ApplicationId}; PRAGMA user_version={version};
            """));
    }

    private static async Task<string> MakeDatabaseAsync(int version)
    {
        string name = TestDatabase.Create("template0");
        await using var connection = new NpgsqlConnection(TestDatabase.Cluster.ConnectionString(name));
        await connection.OpenAsync(Cancel);
        foreach (string sql in (string[])
        [
            .. PostgresSchema.Migrations.Take(version),
            string.Create(CultureInfo.InvariantCulture, $"UPDATE posthorn_schema SET version = {version}"),
            """
            INSERT INTO account(id, address, administrator, password, scram, created) VALUES(7, 'anna@example.test', false, '-', '-', 0);
            SELECT setval('account_id_seq', 7);
            INSERT INTO account_counter VALUES(0, 1, 1, 0, 0, 1, 1), (7, 1, 1, 0, 0, 1, 1);
            INSERT INTO setting VALUES('epoch', 'e'), ('secret', 's');
            """,
        ])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Cancel);
        }

        return name;
    }

    private static async Task<string> TellAsync(StoreOptions place, string sql)
    {
        await using var connection = new NpgsqlConnection(place.Database);
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync(Cancel))!;
    }

    private static int VersionOf(string path)
    {
        using SqliteConnection connection = SqliteConnection.Open(path, readOnly: false);
        return (int)connection.Scalar("PRAGMA user_version");
    }

    private static async Task<string> NameOfFirstAsync(TestStore store) =>
        (await store.Store.ReadAsync(AccountId.Store, static session => session.Directory.AccountsAsync(), Cancel))[0].Address;
}
