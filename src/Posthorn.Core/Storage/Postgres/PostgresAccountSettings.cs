namespace Posthorn.Core.Storage.Postgres;

/// <summary>What accounts' owners chose, in PostgreSQL.</summary>
internal sealed class PostgresAccountSettings(PostgresTransaction transaction) : IWriteAccountSettings
{
    public ValueTask<string?> GetAsync(AccountId account, string key) => transaction.Use("SELECT value FROM account_setting WHERE account = $1 AND key = $2")
        .Bind(account.Value).Bind(key).FirstAsync(static row => row.GetString(0));

    public ValueTask<IReadOnlyList<KeyValuePair<string, string>>> ListAsync(AccountId account, string prefix) =>
        transaction.Use("SELECT key, value FROM account_setting WHERE account = $1 AND starts_with(key, $2) ORDER BY key")
            .Bind(account.Value).Bind(prefix).AllAsync(static row => KeyValuePair.Create(row.GetString(0), row.GetString(1)));

    public async ValueTask<int> CountAsync(AccountId account) =>
        (int)(await transaction.Use("SELECT count(*) FROM account_setting WHERE account = $1").Bind(account.Value).ScalarAsync<long>() ?? 0);

    public ValueTask SetAsync(AccountId account, string key, string? value)
    {
        if (value is null)
        {
            transaction.Use("DELETE FROM account_setting WHERE account = $1 AND key = $2").Bind(account.Value).Bind(key).Post();
        }
        else
        {
            transaction.Use("""
                INSERT INTO account_setting(account, key, value) VALUES($1, $2, $3) ON CONFLICT(account, key) DO UPDATE SET value = excluded.value
                """).Bind(account.Value).Bind(key).Bind(value).Post();
        }

        return ValueTask.CompletedTask;
    }
}
