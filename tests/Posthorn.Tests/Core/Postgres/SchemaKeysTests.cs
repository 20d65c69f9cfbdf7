using Npgsql;
using Posthorn.Stores;

namespace Posthorn.Tests.Core.Postgres;

/// <summary>What lets a cluster distribute the tables by account.</summary>
public sealed class SchemaKeysTests
{
    // They are found by what the browser or the link holds, before anybody knows whose they are.
    private const string FirstOtherwise = """
        SELECT c.relname FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account'
        LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND i.indkey[0] IS DISTINCT FROM a.attnum AND c.relname NOT IN ('passkey', 'device_link')
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_account_comes_first_in_the_key_of_whatever_is_an_accounts()
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(TestDatabase.Cluster.ConnectionString(TestDatabase.Create()));
        await using NpgsqlCommand query = database.CreateCommand(FirstOtherwise);
        await using NpgsqlDataReader reader = await query.ExecuteReaderAsync(Cancel);
        var otherwise = new List<string>();
        while (await reader.ReadAsync(Cancel))
        {
            otherwise.Add(reader.GetString(0));
        }

        Assert.Empty(otherwise);
    }
}
