using System.Text.Json;
using Posthorn.Core.Accounts;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>Accounts, domains, aliases and settings in SQLite.</summary>
internal sealed class SqliteDirectory(SqliteConnection connection) : IWriteDirectory
{
    private const string SelectAccounts = """
        SELECT a.id, a.address, a.name, a.disabled, a.administrator, a.quota, c.used, c.messages, c.modseq, c.oldest_modseq, a.credential_version, a.created,
            a.quota_messages
        FROM account a JOIN account_counter c ON c.account = a.id
        """;

    private const string SelectAccountById = SelectAccounts + " WHERE a.id = ?1";
    private const string SelectAccountByAddress = SelectAccounts + " WHERE a.address = ?1";
    private const string SelectAllAccounts = SelectAccounts + " ORDER BY a.address";

    // Tables whose rows belong to one account.
    private static readonly string[] AccountTables = ["mailbox", "subscription", "annotation", "mailbox_message", "user_seen", "thread_key", "change_log", "delivered", "maildrop_lease", "account_counter"];

    public ValueTask<Account?> AccountAsync(AccountId id)
    {
        using SqliteStatement query = connection.Use(SelectAccountById).Bind(id.Value);
        return ValueTask.FromResult(query.Step() ? ReadAccount(query) : null);
    }

    public ValueTask<Account?> AccountAsync(string address)
    {
        using SqliteStatement query = connection.Use(SelectAccountByAddress).Bind(address);
        return ValueTask.FromResult(query.Step() ? ReadAccount(query) : null);
    }

    public ValueTask<IReadOnlyList<Account>> AccountsAsync()
    {
        using SqliteStatement query = connection.Use(SelectAllAccounts);
        var accounts = new List<Account>();
        while (query.Step())
        {
            accounts.Add(ReadAccount(query));
        }

        return ValueTask.FromResult<IReadOnlyList<Account>>(accounts);
    }

    public ValueTask<CredentialRow?> CredentialAsync(string address)
    {
        using SqliteStatement query = connection.Use("SELECT id, password, scram, credential_version, disabled FROM account WHERE address = ?1").Bind(address);
        return ValueTask.FromResult(query.Step()
            ? new CredentialRow(new AccountId(query.Int64(0)), query.Text(1), query.Text(2), query.Int64(3), query.Bool(4))
            : null);
    }

    public ValueTask<IReadOnlyList<Domain>> DomainsAsync()
    {
        var keys = new List<(string Domain, DomainKey Key)>();
        using (SqliteStatement query = connection.Use("SELECT domain, selector, algorithm, private_pem FROM domain_key ORDER BY domain, selector"))
        {
            while (query.Step())
            {
                keys.Add((query.Text(0), new DomainKey(query.Text(1), query.Text(2), query.Text(3))));
            }
        }

        var domains = new List<Domain>();
        using (SqliteStatement query = connection.Use("SELECT name, created FROM domain ORDER BY name"))
        {
            while (query.Step())
            {
                string name = query.Text(0);
                domains.Add(new Domain(name, query.Time(1), [.. keys.Where(key => key.Domain == name).Select(key => key.Key)]));
            }
        }

        return ValueTask.FromResult<IReadOnlyList<Domain>>(domains);
    }

    public ValueTask<Alias?> AliasAsync(string address)
    {
        using SqliteStatement query = connection.Use("SELECT address, targets FROM alias WHERE address = ?1").Bind(address);
        return ValueTask.FromResult(query.Step() ? ReadAlias(query) : null);
    }

    public ValueTask<IReadOnlyList<Alias>> AliasesAsync()
    {
        using SqliteStatement query = connection.Use("SELECT address, targets FROM alias ORDER BY address");
        var aliases = new List<Alias>();
        while (query.Step())
        {
            aliases.Add(ReadAlias(query));
        }

        return ValueTask.FromResult<IReadOnlyList<Alias>>(aliases);
    }

    public ValueTask<string?> SettingAsync(string key)
    {
        using SqliteStatement query = connection.Use("SELECT value FROM setting WHERE key = ?1").Bind(key);
        return ValueTask.FromResult(query.Step() ? query.Text(0) : null);
    }

    public ValueTask<AccountId> InsertAccountAsync(string address, string? name, bool isAdministrator, string passwordHash, string scram, DateTimeOffset created)
    {
        connection.Use("INSERT INTO account(address, name, administrator, password, scram, created) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
            .Bind(address).Bind(name).Bind(isAdministrator).Bind(passwordHash).Bind(scram).Bind(created).Run();
        long id = connection.LastRowId;
        connection.Use("INSERT INTO account_counter(account, modseq, oldest_modseq, used, messages, next_mailbox, next_email) VALUES(?1, 1, 1, 0, 0, 1, 1)")
            .Bind(id).Run();
        return ValueTask.FromResult(new AccountId(id));
    }

    public ValueTask SetCredentialAsync(AccountId id, string passwordHash, string scram)
    {
        connection.Use("UPDATE account SET password = ?2, scram = ?3, credential_version = credential_version + 1 WHERE id = ?1")
            .Bind(id.Value).Bind(passwordHash).Bind(scram).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetDisabledAsync(AccountId id, bool disabled)
    {
        connection.Use("UPDATE account SET disabled = ?2, credential_version = credential_version + 1 WHERE id = ?1").Bind(id.Value).Bind(disabled).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetQuotaAsync(AccountId id, long? quotaBytes)
    {
        connection.Use("UPDATE account SET quota = ?2 WHERE id = ?1").Bind(id.Value).Bind(quotaBytes).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetMessageQuotaAsync(AccountId id, long? messages)
    {
        connection.Use("UPDATE account SET quota_messages = ?2 WHERE id = ?1").Bind(id.Value).Bind(messages).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask AddUsageAsync(AccountId id, long bytes, long messages)
    {
        connection.Use("UPDATE account_counter SET used = used + ?2, messages = messages + ?3 WHERE account = ?1")
            .Bind(id.Value).Bind(bytes).Bind(messages).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAccountAsync(AccountId id)
    {
        long first = SqliteMessages.Key(id, default), last = first + uint.MaxValue;
        connection.Use("""
            UPDATE body SET refs = refs - (SELECT count(*) FROM email WHERE email.body = body.id AND email.key BETWEEN ?1 AND ?2),
                released = unixepoch() * 1000
            WHERE id IN (SELECT body FROM email WHERE key BETWEEN ?1 AND ?2)
            """).Bind(first).Bind(last).Run();
        connection.Use("DELETE FROM email WHERE key BETWEEN ?1 AND ?2").Bind(first).Bind(last).Run();
        foreach (string table in AccountTables)
        {
            // The id is a number of ours: nothing to inject.
            connection.Execute($"DELETE FROM {table} WHERE account = {id}");
        }

        string marks = ImportMark.KeyPrefix(id);
        connection.Use("DELETE FROM setting WHERE substr(key, 1, length(?1)) = ?1").Bind(marks).Run();
        connection.Use("DELETE FROM account WHERE id = ?1").Bind(id.Value).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask InsertDomainAsync(Domain domain)
    {
        connection.Use("INSERT INTO domain(name, created) VALUES(?1, ?2)").Bind(domain.Name).Bind(domain.Created).Run();
        foreach (DomainKey key in domain.Keys)
        {
            connection.Use("INSERT INTO domain_key(domain, selector, algorithm, private_pem) VALUES(?1, ?2, ?3, ?4)")
                .Bind(domain.Name).Bind(key.Selector).Bind(key.Algorithm).Bind(key.PrivateKeyPem).Run();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteDomainAsync(string name)
    {
        connection.Use("DELETE FROM domain_key WHERE domain = ?1").Bind(name).Run();
        connection.Use("DELETE FROM domain WHERE name = ?1").Bind(name).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask InsertAliasAsync(Alias alias)
    {
        connection.Use("INSERT INTO alias(address, targets) VALUES(?1, ?2)").Bind(alias.Address).Bind(JsonSerializer.Serialize(alias.Targets)).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> DeleteAliasAsync(string address) =>
        ValueTask.FromResult(connection.Use("DELETE FROM alias WHERE address = ?1").Bind(address).Run() > 0);

    public ValueTask SetSettingAsync(string key, string value)
    {
        connection.Use("INSERT INTO setting(key, value) VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value").Bind(key).Bind(value).Run();
        return ValueTask.CompletedTask;
    }

    private static Account ReadAccount(SqliteStatement row) => new(
        new AccountId(row.Int64(0)), row.Text(1), row.NullableText(2), row.Bool(3), row.Bool(4), row.NullableInt64(5), row.Int64(6), row.Int64(7),
        new ModSeq(row.Int64(8)), new ModSeq(row.Int64(9)), row.Int64(10), row.Time(11))
    {
        QuotaMessages = row.NullableInt64(12),
    };

    private static Alias ReadAlias(SqliteStatement row) => new(row.Text(0), JsonSerializer.Deserialize<string[]>(row.Text(1)) ?? []);
}
