using System.Text.Json;
using Npgsql;
using Posthorn.Core.Accounts;
using Posthorn.Core.Feedback;
using Posthorn.Core.Messages;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>Accounts, domains, aliases and settings in PostgreSQL.</summary>
internal sealed class PostgresDirectory(PostgresTransaction transaction, PostgresCounters counters) : IWriteDirectory
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
            CASE WHEN d.quota IS NOT NULL THEN (SELECT sum(oc.used)::bigint FROM account o JOIN account_counter oc ON oc.account = o.id
                WHERE split_part(o.address, '@', 2) = d.name) END
        FROM account a JOIN account_counter c ON c.account = a.id LEFT JOIN domain d ON d.name = split_part(a.address, '@', 2)
        """;

    private const string SelectDomains = """
        SELECT name, created, quota, CASE WHEN quota IS NOT NULL THEN (SELECT sum(c.used)::bigint FROM account a JOIN account_counter c ON c.account = a.id
            WHERE split_part(a.address, '@', 2) = domain.name) END
        FROM domain ORDER BY name
        """;

    private const string SelectAccountById = SelectAccount + " WHERE a.id = $1";
    private const string SelectAccountByAddress = SelectAccount + " WHERE a.address = $1";
    private const string SelectAccountAlone = SelectAccounts + " WHERE a.address = $1";
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
        ["email", "mailbox", "subscription", "annotation", "mailbox_grant", "mailbox_message", "user_seen", "thread_key", "change_log", "delivered", "maildrop_lease", "removed_message",
        "account_setting", "vacation_sender", "forward", "scheduled", "search_index", "search_segment", "account_security", "app_password", "recovery_code", "web_session", "sign_in", "passkey", "account_counter"];

    // What the account holds is part of it: a change of that makes them old.
    private readonly ExpectedAnswers<AccountId, Account> _expected = new(transaction);

    // Read in this transaction, of accounts that it holds, as they are by now: writes that share it need not ask again.
    private readonly Dictionary<AccountId, Account> _held = [];

    public void ExpectAccount(AccountId id)
    {
        if (_held.ContainsKey(id))
        {
            return;
        }

        counters.Post();
        _expected.Ask(id, transaction.Use(SelectAccountById).Bind(id.Value), static (_, row) => ReadAccountOfDomain(row));
    }

    public async ValueTask<Account?> AccountAsync(AccountId id)
    {
        if (counters.Holds(id) && _held.TryGetValue(id, out Account? held))
        {
            return held with { ModSeq = counters.LastModSeq(id) };
        }

        (bool isKnown, Account? account) = await _expected.TakeAsync(id);
        if (!isKnown)
        {
            counters.Post();
            account = await transaction.Use(SelectAccountById).Bind(id.Value).FirstAsync(ReadAccountOfDomain);
        }

        if (account is not null && counters.Holds(id))
        {
            _held[id] = account;
        }

        return account;
    }

    public ValueTask<Account?> AccountAsync(string address)
    {
        counters.Post();
        return transaction.Use(SelectAccountByAddress).Bind(address).FirstAsync(ReadAccountOfDomain);
    }

    /// <summary>With the next round trip, without what its domain may hold.</summary>
    public void Post(string address, Action<Account> account)
    {
        counters.Post();
        transaction.Use(SelectAccountAlone).Bind(address).Post(row => account(ReadAccount(row)));
    }

    public ValueTask<IReadOnlyList<Account>> AccountsAsync()
    {
        counters.Post();
        return transaction.Use(SelectAllAccounts).AllAsync(ReadAccount);
    }

    public ValueTask<CredentialRow?> CredentialAsync(string address) =>
        transaction.Use("SELECT id, password, scram, credential_version, disabled FROM account WHERE address = $1").Bind(address).FirstAsync(static row =>
            new CredentialRow(new AccountId(row.GetInt64(0)), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetBoolean(4)));

    public async ValueTask<IReadOnlyDictionary<AccountId, long>> CredentialVersionsAsync(IReadOnlyCollection<AccountId> accounts)
    {
        IReadOnlyList<(long Id, long Version)> versions = await transaction.Use("SELECT id, credential_version FROM account WHERE id = ANY($1) AND NOT disabled")
            .Bind([.. accounts.Select(static account => account.Value)]).AllAsync(static row => (row.GetInt64(0), row.GetInt64(1)));
        return versions.ToDictionary(static row => new AccountId(row.Id), static row => row.Version);
    }

    public async ValueTask<IReadOnlyList<Domain>> DomainsAsync()
    {
        var keys = new List<(string Domain, DomainKey Key)>();
        transaction.Use("SELECT domain, selector, algorithm, private_pem FROM domain_key ORDER BY domain, selector")
            .Post(row => keys.Add((row.GetString(0), new DomainKey(row.GetString(1), row.GetString(2), row.GetString(3)))));
        counters.Post();
        IReadOnlyList<(string Name, DateTimeOffset Created, long? Quota, long? Used)> domains = await transaction.Use(SelectDomains)
            .AllAsync(static row => (row.GetString(0), row.Time(1), row.NullableInt64(2), row.NullableInt64(3)));
        ILookup<string, DomainKey> byDomain = keys.ToLookup(key => key.Domain, key => key.Key);
        return [.. domains.Select(domain => new Domain(domain.Name, domain.Created, [.. byDomain[domain.Name]]) { QuotaBytes = domain.Quota, UsedBytes = domain.Used ?? 0 })];
    }

    public ValueTask<Alias?> AliasAsync(string address) =>
        transaction.Use("SELECT address, targets FROM alias WHERE address = $1").Bind(address).FirstAsync(ReadAlias);

    public ValueTask<IReadOnlyList<Alias>> AliasesOfAsync(string target) => transaction.Use("SELECT address, targets FROM alias WHERE targets = $1 ORDER BY address")
        .Bind(JsonSerializer.Serialize<string[]>([target])).AllAsync(ReadAlias);

    public ValueTask<IReadOnlyList<Alias>> AliasesAsync() => transaction.Use("SELECT address, targets FROM alias ORDER BY address").AllAsync(ReadAlias);

    public ValueTask<IReadOnlyList<string>> WebKeysAsync() => transaction.Use("SELECT xml FROM web_key ORDER BY name").AllAsync(static row => row.GetString(0));

    public ValueTask InsertWebKeyAsync(string name, string xml, DateTimeOffset created)
    {
        transaction.Use("INSERT INTO web_key(name, xml, created) VALUES($1, $2, $3)").Bind(name).Bind(xml).Bind(created).Post();
        return ValueTask.CompletedTask;
    }

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
        _held.Clear();
        transaction.Use("UPDATE account SET password = $2, scram = $3, credential_version = credential_version + 1 WHERE id = $1")
            .Bind(id.Value).Bind(passwordHash).Bind(scram).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask RenewHashAsync(AccountId id, string passwordHash, string scram)
    {
        _held.Clear();
        transaction.Use("UPDATE account SET password = $2, scram = $3 WHERE id = $1").Bind(id.Value).Bind(passwordHash).Bind(scram).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetDisabledAsync(AccountId id, bool disabled)
    {
        _held.Clear();
        transaction.Use("UPDATE account SET disabled = $2, credential_version = credential_version + 1 WHERE id = $1").Bind(id.Value).Bind(disabled).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetQuotaAsync(AccountId id, long? quotaBytes)
    {
        _held.Clear();
        transaction.Use("UPDATE account SET quota = $2 WHERE id = $1").Bind(id.Value).Bind(quotaBytes).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetMessageQuotaAsync(AccountId id, long? messages)
    {
        _held.Clear();
        transaction.Use("UPDATE account SET quota_messages = $2 WHERE id = $1").Bind(id.Value).Bind(messages).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask AddUsageAsync(AccountId id, long bytes, long messages)
    {
        // A domain's quota counts all of its accounts.
        _expected.Forget(static _ => true);
        _held.Remove(id, out Account? before);
        _held.Clear();
        if (before is not null)
        {
            long ofDomain = before.DomainQuotaBytes is null ? 0 : bytes;
            _held[id] = before with
            {
                UsedBytes = before.UsedBytes + bytes,
                MessageCount = before.MessageCount + messages,
                DomainUsedBytes = before.DomainUsedBytes + ofDomain,
            };
        }

        return counters.AddUsageAsync(id, bytes, messages);
    }

    public ValueTask<IReadOnlyList<RemovedAccount>> RemovedAccountsAsync()
    {
        counters.Post();
        return transaction.Use("""
            SELECT r.id, r.address, r.removed, c.used, c.messages FROM removed_account r JOIN account_counter c ON c.account = r.id ORDER BY r.removed DESC, r.id DESC
            """).AllAsync(static row =>
            new RemovedAccount(new AccountId(row.GetInt64(0)), row.GetString(1), row.Time(2), row.GetInt64(3), row.GetInt64(4)));
    }

    public ValueTask SetNameAsync(AccountId id, string? name)
    {
        _held.Clear();
        transaction.Use("UPDATE account SET name = $2 WHERE id = $1").Bind(id.Value).Bind(name).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetSharedAsync(AccountId id, bool isShared)
    {
        _held.Clear();
        transaction.Use("UPDATE account SET shared = $2 WHERE id = $1").Bind(id.Value).Bind(isShared).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetAutomaticAsync(AccountId id, AutomaticMail automatic)
    {
        _held.Clear();
        transaction.Use("UPDATE account SET automatic = $2 WHERE id = $1").Bind(id.Value).Bind((int)automatic).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetAsideAccountAsync(AccountId id, DateTimeOffset now)
    {
        _held.Clear();
        transaction.Use("""
            INSERT INTO removed_account(id, address, name, administrator, disabled, shared, automatic, quota, quota_messages, password, scram, credential_version, created, removed)
            SELECT id, address, name, administrator, disabled, shared, automatic, quota, quota_messages, password, scram, credential_version + 1, created, $2 FROM account WHERE id = $1
            """).Bind(id.Value).Bind(now).Post();
        transaction.Use("DELETE FROM account WHERE id = $1").Bind(id.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask RestoreAccountAsync(AccountId id)
    {
        _held.Clear();
        transaction.Use("""
            INSERT INTO account(id, address, name, administrator, disabled, shared, automatic, quota, quota_messages, password, scram, credential_version, created)
            SELECT id, address, name, administrator, disabled, shared, automatic, quota, quota_messages, password, scram, credential_version, created FROM removed_account WHERE id = $1
            """).Bind(id.Value).Post();
        transaction.Use("DELETE FROM removed_account WHERE id = $1").Bind(id.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAccountAsync(AccountId id)
    {
        _held.Clear();
        // Of some hundred thousand messages; what others hold is waited for as long as for anything else.
        transaction.TakesLong = true;
        transaction.Use("SET LOCAL lock_timeout = '30s'").Post();

        // Whoever files something for the account holds this row: wait for it, and find it gone afterwards.
        transaction.Use("SELECT 1 FROM account_counter WHERE account = $1 FOR UPDATE").Bind(id.Value).Post(static _ => { });
        transaction.Use(ReleaseBodies).Bind(id.Value).Post();
        foreach (string table in AccountTables)
        {
            transaction.Use($"DELETE FROM {table} WHERE account = $1").Bind(id.Value).Post();
        }

        transaction.Use("DELETE FROM mailbox_grant WHERE grantee = $1").Bind(id.Value).Post();
        transaction.Use("DELETE FROM setting WHERE starts_with(key, $1)").Bind(ImportMark.KeyPrefix(id)).Post();
        transaction.Use("DELETE FROM account WHERE id = $1").Bind(id.Value).Post();
        transaction.Use("DELETE FROM removed_account WHERE id = $1").Bind(id.Value).Post();
        counters.Forget(id);
        return ValueTask.CompletedTask;
    }

    public ValueTask InsertDomainAsync(Domain domain)
    {
        _held.Clear();
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
        _held.Clear();
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

    public ValueTask SetDomainQuotaAsync(string name, long? bytes)
    {
        _held.Clear();
        transaction.Use("UPDATE domain SET quota = $2 WHERE name = $1").Bind(name).Bind(bytes).Post();
        return ValueTask.CompletedTask;
    }

    private static Account ReadAccountOfDomain(NpgsqlDataReader row) =>
        ReadAccount(row) with { DomainQuotaBytes = row.NullableInt64(15), DomainUsedBytes = row.NullableInt64(16) ?? 0 };

    private static Account ReadAccount(NpgsqlDataReader row) => new(
        new AccountId(row.GetInt64(0)), row.GetString(1), row.NullableText(2), row.GetBoolean(3), row.GetBoolean(4), row.NullableInt64(5), row.GetInt64(6),
        row.GetInt64(7), new ModSeq(row.GetInt64(8)), new ModSeq(row.GetInt64(9)), row.GetInt64(10), row.Time(11))
    {
        QuotaMessages = row.NullableInt64(12),
        IsShared = row.GetBoolean(13),
        Automatic = (AutomaticMail)row.GetInt32(14),
    };

    public ValueTask<IReadOnlyList<HelpAnswer>> HelpAnswersAsync() => transaction.Use("SELECT article, helpful, comment, at FROM help_answer ORDER BY id DESC")
        .AllAsync(static row => new HelpAnswer(row.GetString(0), row.GetBoolean(1), row.GetString(2), row.Time(3)));

    public ValueTask InsertHelpAnswerAsync(HelpAnswer answer, int kept)
    {
        transaction.Use("INSERT INTO help_answer(article, helpful, comment, at) VALUES($1, $2, $3, $4)")
            .Bind(answer.Article).Bind(answer.IsHelpful).Bind(answer.Comment).Bind(answer.At).Post();
        transaction.Use("DELETE FROM help_answer WHERE id <= (SELECT max(id) FROM help_answer) - $1").Bind(kept).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask<DeviceLink?> DeviceLinkAsync(byte[] hash) => transaction.Use("SELECT account, version, expires FROM device_link WHERE hash = $1").Bind(hash)
        .FirstAsync(row => new DeviceLink(hash, new AccountId(row.GetInt64(0)), row.GetInt64(1), row.Time(2)));

    public ValueTask InsertDeviceLinkAsync(DeviceLink link, DateTimeOffset now)
    {
        transaction.Use("DELETE FROM device_link WHERE expires <= $1").Bind(now).Post();
        transaction.Use("INSERT INTO device_link(hash, account, version, expires) VALUES($1, $2, $3, $4)")
            .Bind(link.Hash).Bind(link.Account.Value).Bind(link.CredentialVersion).Bind(link.Expires).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteDeviceLinkAsync(byte[] hash)
    {
        transaction.Use("DELETE FROM device_link WHERE hash = $1").Bind(hash).Post();
        return ValueTask.CompletedTask;
    }

    private static Alias ReadAlias(NpgsqlDataReader row) => new(row.GetString(0), JsonSerializer.Deserialize<string[]>(row.GetString(1)) ?? []);
}
