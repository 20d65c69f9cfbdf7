using System.Text.Json;
using Posthorn.Core.Accounts;
using Posthorn.Core.Feedback;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>Accounts, domains, aliases and settings in SQLite.</summary>
internal sealed class SqliteDirectory(SqliteConnection connection) : IWriteDirectory
{
    private const string SelectAccounts = """
        SELECT a.id, a.address, a.name, a.disabled, a.administrator, a.quota, c.used, c.messages, c.modseq, c.oldest_modseq, a.credential_version, a.created,
            a.quota_messages, a.shared, a.automatic
        FROM account a JOIN account_counter c ON c.account = a.id
        """;

    // One account with what its domain may hold. The others of the domain are added up only where that has a limit: a counter for it would be a row that all of them wait for.
    private const string SelectAccount = """
        SELECT a.id, a.address, a.name, a.disabled, a.administrator, a.quota, c.used, c.messages, c.modseq, c.oldest_modseq, a.credential_version, a.created,
            a.quota_messages, a.shared, a.automatic, d.quota,
            CASE WHEN d.quota IS NOT NULL THEN (SELECT sum(oc.used) FROM account o JOIN account_counter oc ON oc.account = o.id
                WHERE substr(o.address, instr(o.address, '@') + 1) = d.name) END
        FROM account a JOIN account_counter c ON c.account = a.id LEFT JOIN domain d ON d.name = substr(a.address, instr(a.address, '@') + 1)
        """;

    private const string SelectDomains = """
        SELECT name, created, quota, CASE WHEN quota IS NOT NULL THEN (SELECT sum(c.used) FROM account a JOIN account_counter c ON c.account = a.id
            WHERE substr(a.address, instr(a.address, '@') + 1) = domain.name) END
        FROM domain ORDER BY name
        """;

    private const string SelectAccountById = SelectAccount + " WHERE a.id = ?1";
    private const string SelectAccountByAddress = SelectAccount + " WHERE a.address = ?1";
    private const string SelectAccountAlone = SelectAccounts + " WHERE a.id = ?1";
    private const string SelectAllAccounts = SelectAccounts + " ORDER BY a.address";

    // Counted once: email has no index by body.
    internal const string ReleaseBodies = """
        WITH held AS MATERIALIZED (SELECT body, count(*) AS n FROM email WHERE key BETWEEN ?1 AND ?2 GROUP BY body)
        UPDATE body SET refs = refs - held.n, released = unixepoch() * 1000 FROM held WHERE body.id = held.body
        """;

    // Tables whose rows belong to one account.
    private static readonly string[] AccountTables =
    [
        "mailbox", "subscription", "annotation", "mailbox_grant", "mailbox_message", "user_seen", "thread_key", "change_log", "delivered", "maildrop_lease", "removed_message",
        "account_setting", "vacation_sender", "forward", "scheduled", "account_security", "app_password", "recovery_code", "web_session", "sign_in", "passkey",
        "account_counter",
    ];

    public ValueTask<Account?> AccountAsync(AccountId id)
    {
        using SqliteStatement query = connection.Use(SelectAccountById).Bind(id.Value);
        return ValueTask.FromResult(query.Step() ? ReadAccountOfDomain(query) : null);
    }

    public ValueTask<Account?> AccountAsync(string address)
    {
        using SqliteStatement query = connection.Use(SelectAccountByAddress).Bind(address);
        return ValueTask.FromResult(query.Step() ? ReadAccountOfDomain(query) : null);
    }

    /// <summary>Without what its domain may hold.</summary>
    public Account? AccountAlone(AccountId id)
    {
        using SqliteStatement query = connection.Use(SelectAccountAlone).Bind(id.Value);
        return query.Step() ? ReadAccount(query) : null;
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

    public ValueTask<IReadOnlyDictionary<AccountId, long>> CredentialVersionsAsync(IReadOnlyCollection<AccountId> accounts)
    {
        var versions = new Dictionary<AccountId, long>(accounts.Count);
        foreach (AccountId account in accounts)
        {
            using SqliteStatement query = connection.Use("SELECT credential_version FROM account WHERE id = ?1 AND NOT disabled").Bind(account.Value);
            if (query.Step())
            {
                versions[account] = query.Int64(0);
            }
        }

        return ValueTask.FromResult<IReadOnlyDictionary<AccountId, long>>(versions);
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
        using (SqliteStatement query = connection.Use(SelectDomains))
        {
            while (query.Step())
            {
                string name = query.Text(0);
                domains.Add(new Domain(name, query.Time(1), [.. keys.Where(key => key.Domain == name).Select(key => key.Key)])
                {
                    QuotaBytes = query.NullableInt64(2),
                    UsedBytes = query.NullableInt64(3) ?? 0,
                });
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

    public ValueTask<IReadOnlyList<Alias>> AliasesOfAsync(string target)
    {
        using SqliteStatement query = connection.Use("SELECT address, targets FROM alias WHERE targets = ?1 ORDER BY address")
            .Bind(JsonSerializer.Serialize<string[]>([target]));
        var aliases = new List<Alias>();
        while (query.Step())
        {
            aliases.Add(ReadAlias(query));
        }

        return ValueTask.FromResult<IReadOnlyList<Alias>>(aliases);
    }

    public ValueTask<IReadOnlyList<string>> WebKeysAsync()
    {
        using SqliteStatement query = connection.Use("SELECT xml FROM web_key ORDER BY name");
        var keys = new List<string>();
        while (query.Step())
        {
            keys.Add(query.Text(0));
        }

        return ValueTask.FromResult<IReadOnlyList<string>>(keys);
    }

    public ValueTask InsertWebKeyAsync(string name, string xml, DateTimeOffset created)
    {
        connection.Use("INSERT INTO web_key(name, xml, created) VALUES(?1, ?2, ?3)").Bind(name).Bind(xml).Bind(created).Run();
        return ValueTask.CompletedTask;
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

    public ValueTask RenewHashAsync(AccountId id, string passwordHash, string scram)
    {
        connection.Use("UPDATE account SET password = ?2, scram = ?3 WHERE id = ?1").Bind(id.Value).Bind(passwordHash).Bind(scram).Run();
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

    public ValueTask<IReadOnlyList<RemovedAccount>> RemovedAccountsAsync()
    {
        using SqliteStatement query = connection.Use("""
            SELECT r.id, r.address, r.removed, c.used, c.messages FROM removed_account r JOIN account_counter c ON c.account = r.id ORDER BY r.removed DESC, r.id DESC
            """);
        var removed = new List<RemovedAccount>();
        while (query.Step())
        {
            removed.Add(new RemovedAccount(new AccountId(query.Int64(0)), query.Text(1), query.Time(2), query.Int64(3), query.Int64(4)));
        }

        return ValueTask.FromResult<IReadOnlyList<RemovedAccount>>(removed);
    }

    public ValueTask SetNameAsync(AccountId id, string? name)
    {
        connection.Use("UPDATE account SET name = ?2 WHERE id = ?1").Bind(id.Value).Bind(name).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetSharedAsync(AccountId id, bool isShared)
    {
        connection.Use("UPDATE account SET shared = ?2 WHERE id = ?1").Bind(id.Value).Bind(isShared).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetAutomaticAsync(AccountId id, AutomaticMail automatic)
    {
        connection.Use("UPDATE account SET automatic = ?2 WHERE id = ?1").Bind(id.Value).Bind((long)automatic).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetAsideAccountAsync(AccountId id, DateTimeOffset now)
    {
        connection.Use("""
            INSERT INTO removed_account(id, address, name, administrator, disabled, shared, automatic, quota, quota_messages, password, scram, credential_version, created, removed)
            SELECT id, address, name, administrator, disabled, shared, automatic, quota, quota_messages, password, scram, credential_version + 1, created, ?2 FROM account WHERE id = ?1
            """).Bind(id.Value).Bind(now).Run();
        connection.Use("DELETE FROM account WHERE id = ?1").Bind(id.Value).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask RestoreAccountAsync(AccountId id)
    {
        connection.Use("""
            INSERT INTO account(id, address, name, administrator, disabled, shared, automatic, quota, quota_messages, password, scram, credential_version, created)
            SELECT id, address, name, administrator, disabled, shared, automatic, quota, quota_messages, password, scram, credential_version, created FROM removed_account WHERE id = ?1
            """).Bind(id.Value).Run();
        connection.Use("DELETE FROM removed_account WHERE id = ?1").Bind(id.Value).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAccountAsync(AccountId id)
    {
        long first = SqliteMessages.Key(id, default), last = first + uint.MaxValue;
        connection.Use(ReleaseBodies).Bind(first).Bind(last).Run();
        connection.Use("DELETE FROM email WHERE key BETWEEN ?1 AND ?2").Bind(first).Bind(last).Run();
        foreach (string table in AccountTables)
        {
            // The id is a number of ours: nothing to inject.
            connection.Execute($"DELETE FROM {table} WHERE account = {id}");
        }

        connection.Use("DELETE FROM mailbox_grant WHERE grantee = ?1").Bind(id.Value).Run();
        string marks = ImportMark.KeyPrefix(id);
        connection.Use("DELETE FROM setting WHERE substr(key, 1, length(?1)) = ?1").Bind(marks).Run();
        connection.Use("DELETE FROM account WHERE id = ?1").Bind(id.Value).Run();
        connection.Use("DELETE FROM removed_account WHERE id = ?1").Bind(id.Value).Run();
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

    public ValueTask SetDomainQuotaAsync(string name, long? bytes)
    {
        connection.Use("UPDATE domain SET quota = ?2 WHERE name = ?1").Bind(name).Bind(bytes).Run();
        return ValueTask.CompletedTask;
    }

    private static Account ReadAccountOfDomain(SqliteStatement row) =>
        ReadAccount(row) with { DomainQuotaBytes = row.NullableInt64(15), DomainUsedBytes = row.NullableInt64(16) ?? 0 };

    private static Account ReadAccount(SqliteStatement row) => new(
        new AccountId(row.Int64(0)), row.Text(1), row.NullableText(2), row.Bool(3), row.Bool(4), row.NullableInt64(5), row.Int64(6), row.Int64(7),
        new ModSeq(row.Int64(8)), new ModSeq(row.Int64(9)), row.Int64(10), row.Time(11))
    {
        QuotaMessages = row.NullableInt64(12),
        IsShared = row.Bool(13),
        Automatic = (AutomaticMail)row.Int32(14),
    };

    public ValueTask<IReadOnlyList<HelpAnswer>> HelpAnswersAsync()
    {
        using SqliteStatement query = connection.Use("SELECT article, helpful, comment, at FROM help_answer ORDER BY id DESC");
        var answers = new List<HelpAnswer>();
        while (query.Step())
        {
            answers.Add(new HelpAnswer(query.Text(0), query.Int64(1) != 0, query.Text(2), query.Time(3)));
        }

        return ValueTask.FromResult<IReadOnlyList<HelpAnswer>>(answers);
    }

    public ValueTask InsertHelpAnswerAsync(HelpAnswer answer, int kept)
    {
        connection.Use("INSERT INTO help_answer(article, helpful, comment, at) VALUES(?1, ?2, ?3, ?4)")
            .Bind(answer.Article).Bind(answer.IsHelpful).Bind(answer.Comment).Bind(answer.At).Run();
        connection.Use("DELETE FROM help_answer WHERE id <= (SELECT max(id) FROM help_answer) - ?1").Bind(kept).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask<DeviceLink?> DeviceLinkAsync(byte[] hash)
    {
        using SqliteStatement query = connection.Use("SELECT account, version, expires FROM device_link WHERE hash = ?1").Bind(hash.AsSpan());
        return ValueTask.FromResult(query.Step() ? new DeviceLink(hash, new AccountId(query.Int64(0)), query.Int64(1), query.Time(2)) : null);
    }

    public ValueTask InsertDeviceLinkAsync(DeviceLink link, DateTimeOffset now)
    {
        connection.Use("DELETE FROM device_link WHERE expires <= ?1").Bind(now).Run();
        connection.Use("INSERT INTO device_link(hash, account, version, expires) VALUES(?1, ?2, ?3, ?4)")
            .Bind(link.Hash.AsSpan()).Bind(link.Account.Value).Bind(link.CredentialVersion).Bind(link.Expires).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteDeviceLinkAsync(byte[] hash)
    {
        connection.Use("DELETE FROM device_link WHERE hash = ?1").Bind(hash.AsSpan()).Run();
        return ValueTask.CompletedTask;
    }

    private static Alias ReadAlias(SqliteStatement row) => new(row.Text(0), JsonSerializer.Deserialize<string[]>(row.Text(1)) ?? []);
}
