using System.Text.Json;
using Npgsql;
using Posthorn.Core.Accounts;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Accounts, domains, aliases and settings in PostgreSQL.</summary>
internal sealed class PostgresDirectory(PostgresTransaction transaction, PostgresCounters counters) : IWriteDirectory
{
    private const string SelectAccounts = """
        SELECT a.id, a.address, a.name, a.disabled, a.administrator, a.quota, c.used, c.messages, c.modseq, c.oldest_modseq, a.credential_version, a.created,
            a.quota_messages
        FROM account a JOIN account_counter c ON c.account = a.id
        """;

    private const string SelectAccountById = SelectAccounts + " WHERE a.id = $1";
    private const string SelectAccountByAddress = SelectAccounts + " WHERE a.address = $1";
    private const string SelectAllAccounts = SelectAccounts + " ORDER BY a.address";

    // Bodies in the order of ids: two accounts that share bodies and go together do not wait for each other crosswise.
    private const string ReleaseBodies = """
        WITH held AS (SELECT body, count(*) AS n FROM email WHERE account = $1 GROUP BY body),
            locked AS MATERIALIZED (SELECT b.id FROM body b WHERE b.id IN (SELECT body FROM held) ORDER BY b.id FOR NO KEY UPDATE)
        UPDATE body SET refs = refs - held.n, released = (extract(epoch FROM now()) * 1000)::bigint
        FROM held JOIN locked ON locked.id = held.body WHERE body.id = held.body
        """;

    // Tables whose rows belong to one account.
    private static readonly string[] AccountTables =
        ["email", "mailbox", "subscription", "annotation", "mailbox_message", "user_seen", "thread_key", "change_log", "delivered", "maildrop_lease", "account_counter"];

    public ValueTask<Account?> AccountAsync(AccountId id)
    {
        counters.Post();
        return transaction.Use(SelectAccountById).Bind(id.Value).FirstAsync(ReadAccount);
    }

    public ValueTask<Account?> AccountAsync(string address)
    {
        counters.Post();
        return transaction.Use(SelectAccountByAddress).Bind(address).FirstAsync(ReadAccount);
    }

    public ValueTask<IReadOnlyList<Account>> AccountsAsync()
    {
        counters.Post();
        return transaction.Use(SelectAllAccounts).AllAsync(ReadAccount);
    }

    public ValueTask<CredentialRow?> CredentialAsync(string address) =>
        transaction.Use("SELECT id, password, scram, credential_version, disabled FROM account WHERE address = $1").Bind(address).FirstAsync(static row =>
            new CredentialRow(new AccountId(row.GetInt64(0)), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetBoolean(4)));

    public async ValueTask<IReadOnlyList<Domain>> DomainsAsync()
    {
        var keys = new List<(string Domain, DomainKey Key)>();
        transaction.Use("SELECT domain, selector, algorithm, private_pem FROM domain_key ORDER BY domain, selector")
            .Post(row => keys.Add((row.GetString(0), new DomainKey(row.GetString(1), row.GetString(2), row.GetString(3)))));
        IReadOnlyList<(string Name, DateTimeOffset Created)> domains = await transaction.Use("SELECT name, created FROM domain ORDER BY name")
            .AllAsync(static row => (row.GetString(0), row.Time(1)));
        ILookup<string, DomainKey> byDomain = keys.ToLookup(key => key.Domain, key => key.Key);
        return [.. domains.Select(domain => new Domain(domain.Name, domain.Created, [.. byDomain[domain.Name]]))];
    }

    public ValueTask<Alias?> AliasAsync(string address) =>
        transaction.Use("SELECT address, targets FROM alias WHERE address = $1").Bind(address).FirstAsync(ReadAlias);

    public ValueTask<IReadOnlyList<Alias>> AliasesAsync() => transaction.Use("SELECT address, targets FROM alias ORDER BY address").AllAsync(ReadAlias);

    public ValueTask<string?> SettingAsync(string key) =>
        transaction.Use("SELECT value FROM setting WHERE key = $1").Bind(key).FirstAsync(static row => row.GetString(0));

    public async ValueTask<AccountId> InsertAccountAsync(
        string address, string? name, bool isAdministrator, string passwordHash, string scram, DateTimeOffset created)
    {
        long id = await transaction.Use("""
            INSERT INTO account(address, name, administrator, password, scram, created) VALUES($1, $2, $3, $4, $5, $6) RETURNING id
            """).Bind(address).Bind(name).Bind(isAdministrator).Bind(passwordHash).Bind(scram).Bind(created).ScalarAsync<long>()
            ?? throw new InvalidOperationException("INSERT ... RETURNING gave no row.");
        transaction.Use("INSERT INTO account_counter(account, modseq, oldest_modseq, used, messages, next_mailbox, next_email) VALUES($1, 1, 1, 0, 0, 1, 1)")
            .Bind(id).Post();
        return new AccountId(id);
    }

    public ValueTask SetCredentialAsync(AccountId id, string passwordHash, string scram)
    {
        transaction.Use("UPDATE account SET password = $2, scram = $3, credential_version = credential_version + 1 WHERE id = $1")
            .Bind(id.Value).Bind(passwordHash).Bind(scram).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetDisabledAsync(AccountId id, bool disabled)
    {
        transaction.Use("UPDATE account SET disabled = $2, credential_version = credential_version + 1 WHERE id = $1").Bind(id.Value).Bind(disabled).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetQuotaAsync(AccountId id, long? quotaBytes)
    {
        transaction.Use("UPDATE account SET quota = $2 WHERE id = $1").Bind(id.Value).Bind(quotaBytes).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetMessageQuotaAsync(AccountId id, long? messages)
    {
        transaction.Use("UPDATE account SET quota_messages = $2 WHERE id = $1").Bind(id.Value).Bind(messages).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask AddUsageAsync(AccountId id, long bytes, long messages) => counters.AddUsageAsync(id, bytes, messages);

    public ValueTask DeleteAccountAsync(AccountId id)
    {
        // Whoever files something for the account holds this row: wait for it, and find it gone afterwards.
        transaction.Use("SELECT 1 FROM account_counter WHERE account = $1 FOR UPDATE").Bind(id.Value).Post(static _ => { });
        transaction.Use(ReleaseBodies).Bind(id.Value).Post();
        foreach (string table in AccountTables)
        {
            transaction.Use($"DELETE FROM {table} WHERE account = $1").Bind(id.Value).Post();
        }

        transaction.Use("DELETE FROM setting WHERE starts_with(key, $1)").Bind(ImportMark.KeyPrefix(id)).Post();
        transaction.Use("DELETE FROM account WHERE id = $1").Bind(id.Value).Post();
        counters.Forget(id);
        return ValueTask.CompletedTask;
    }

    public ValueTask InsertDomainAsync(Domain domain)
    {
        transaction.Use("INSERT INTO domain(name, created) VALUES($1, $2)").Bind(domain.Name).Bind(domain.Created).Post();
        foreach (DomainKey key in domain.Keys)
        {
            transaction.Use("INSERT INTO domain_key(domain, selector, algorithm, private_pem) VALUES($1, $2, $3, $4)")
                .Bind(domain.Name).Bind(key.Selector).Bind(key.Algorithm).Bind(key.PrivateKeyPem).Post();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteDomainAsync(string name)
    {
        transaction.Use("DELETE FROM domain_key WHERE domain = $1").Bind(name).Post();
        transaction.Use("DELETE FROM domain WHERE name = $1").Bind(name).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask InsertAliasAsync(Alias alias)
    {
        transaction.Use("INSERT INTO alias(address, targets) VALUES($1, $2)").Bind(alias.Address).Bind(JsonSerializer.Serialize(alias.Targets)).Post();
        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> DeleteAliasAsync(string address) =>
        await transaction.Use("DELETE FROM alias WHERE address = $1").Bind(address).RunAsync() > 0;

    public ValueTask SetSettingAsync(string key, string value)
    {
        transaction.Use("INSERT INTO setting(key, value) VALUES($1, $2) ON CONFLICT(key) DO UPDATE SET value = excluded.value").Bind(key).Bind(value).Post();
        return ValueTask.CompletedTask;
    }

    private static Account ReadAccount(NpgsqlDataReader row) => new(
        new AccountId(row.GetInt64(0)), row.GetString(1), row.NullableText(2), row.GetBoolean(3), row.GetBoolean(4), row.NullableInt64(5), row.GetInt64(6),
        row.GetInt64(7), new ModSeq(row.GetInt64(8)), new ModSeq(row.GetInt64(9)), row.GetInt64(10), row.Time(11))
    {
        QuotaMessages = row.NullableInt64(12),
    };

    private static Alias ReadAlias(NpgsqlDataReader row) => new(row.GetString(0), JsonSerializer.Deserialize<string[]>(row.GetString(1)) ?? []);
}
