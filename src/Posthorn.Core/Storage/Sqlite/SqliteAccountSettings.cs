namespace Posthorn.Core.Storage.Sqlite;

/// <summary>What accounts' owners chose, in SQLite.</summary>
internal sealed class SqliteAccountSettings(SqliteConnection connection) : IWriteAccountSettings
{
    public ValueTask<string?> GetAsync(AccountId account, string key)
    {
        using SqliteStatement query = connection.Use("SELECT value FROM account_setting WHERE account = ?1 AND key = ?2").Bind(account.Value).Bind(key);
        return ValueTask.FromResult(query.Step() ? query.Text(0) : null);
    }

    public ValueTask<IReadOnlyList<KeyValuePair<string, string>>> ListAsync(AccountId account, string prefix)
    {
        using SqliteStatement query = connection.Use("SELECT key, value FROM account_setting WHERE account = ?1 AND substr(key, 1, length(?2)) = ?2 ORDER BY key")
            .Bind(account.Value).Bind(prefix);
        var settings = new List<KeyValuePair<string, string>>();
        while (query.Step())
        {
            settings.Add(KeyValuePair.Create(query.Text(0), query.Text(1)));
        }

        return ValueTask.FromResult<IReadOnlyList<KeyValuePair<string, string>>>(settings);
    }

    public ValueTask<int> CountAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use("SELECT count(*) FROM account_setting WHERE account = ?1").Bind(account.Value);
        return ValueTask.FromResult(query.Step() ? query.Int32(0) : 0);
    }

    public ValueTask SetAsync(AccountId account, string key, string? value)
    {
        if (value is null)
        {
            connection.Use("DELETE FROM account_setting WHERE account = ?1 AND key = ?2").Bind(account.Value).Bind(key).Run();
        }
        else
        {
            connection.Use("""
                INSERT INTO account_setting(account, key, value) VALUES(?1, ?2, ?3) ON CONFLICT(account, key) DO UPDATE SET value = excluded.value
                """).Bind(account.Value).Bind(key).Bind(value).Run();
        }

        return ValueTask.CompletedTask;
    }
}
