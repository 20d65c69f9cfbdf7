using System.Text.Json;
using Npgsql;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;

namespace Posthorn.Core.Storage.Postgres;

/// <summary>How accounts are guarded, in PostgreSQL.</summary>
internal sealed class PostgresSecurity(PostgresTransaction transaction, PostgresDirectory directory) : IWriteSecurity
{
    private const string SelectSecurity = "SELECT apps_only, totp, totp_step, totp_since FROM account_security WHERE account = ";
    private const string SelectAppPasswords = "SELECT id, name, scopes, hash, scram, created, expires, used, used_protocol, used_address FROM app_password WHERE account = ";
    private const string ById = "$1";
    private const string ByAddress = "(SELECT id FROM account WHERE address = $1)";
    private const string OldestFirst = " ORDER BY created, id";

    public async ValueTask<SignInRows?> SignInAsync(string address)
    {
        Account? account = null;
        SecurityRow security = SecurityRow.None;
        var apps = new List<AppPasswordRow>();
        directory.Post(address, row => account = row);
        transaction.Use(SelectSecurity + ByAddress).Bind(address).Post(row => security = ReadSecurity(row));
        transaction.Use(SelectAppPasswords + ByAddress + OldestFirst).Bind(address).Post(row => apps.Add(ReadAppPassword(row)));
        return await directory.CredentialAsync(address) is { } credential && account is not null ? new SignInRows(credential, account, security, apps) : null;
    }

    public async ValueTask<SecurityRow> SecurityAsync(AccountId account) =>
        await transaction.Use(SelectSecurity + ById).Bind(account.Value).FirstAsync(ReadSecurity) ?? SecurityRow.None;

    public ValueTask<IReadOnlyList<AppPasswordRow>> AppPasswordsAsync(AccountId account) =>
        transaction.Use(SelectAppPasswords + ById + OldestFirst).Bind(account.Value).AllAsync(ReadAppPassword);

    public async ValueTask<IReadOnlySet<AccountId>> AppsOnlyAsync(IReadOnlyCollection<AccountId> accounts) =>
        (await transaction.Use("SELECT account FROM account_security WHERE account = ANY($1) AND (apps_only OR totp IS NOT NULL)")
            .Bind([.. accounts.Select(static account => account.Value)]).AllAsync(static row => new AccountId(row.GetInt64(0)))).ToHashSet();

    public ValueTask<IReadOnlyList<(AccountId Account, Guid Id)>> AppPasswordIdsAsync(IReadOnlyCollection<AccountId> accounts) =>
        transaction.Use("SELECT account, id FROM app_password WHERE account = ANY($1)").Bind([.. accounts.Select(static account => account.Value)])
            .AllAsync(static row => (new AccountId(row.GetInt64(0)), row.GetGuid(1)));

    public ValueTask<IReadOnlyList<byte[]>> RecoveryCodesAsync(AccountId account) =>
        transaction.Use("SELECT hash FROM recovery_code WHERE account = $1").Bind(account.Value).AllAsync(static row => row.Blob(0));

    public ValueTask<IReadOnlyList<WebSessionRow>> WebSessionsAsync(AccountId account) =>
        transaction.Use("SELECT id, created, seen, address, agent FROM web_session WHERE account = $1 ORDER BY seen DESC, id").Bind(account.Value).AllAsync(ReadWebSession);

    public ValueTask<WebSessionRow?> WebSessionAsync(AccountId account, Guid id) =>
        transaction.Use("SELECT id, created, seen, address, agent FROM web_session WHERE account = $1 AND id = $2").Bind(account.Value).Bind(id)
            .FirstAsync(ReadWebSession);

    public ValueTask<IReadOnlyList<SignInRecord>> SignInsAsync(AccountId account) =>
        transaction.Use("SELECT protocol, client, address, credential, first, last FROM sign_in WHERE account = $1 ORDER BY last DESC, id DESC").Bind(account.Value)
            .AllAsync(static row => new SignInRecord(
                row.GetString(0), row.NullableText(1), row.NullableText(2), row.NullableText(3), row.Time(4), row.Time(5)));

    public ValueTask<IReadOnlyList<Passkey>> PasskeysAsync(AccountId account) => transaction.Use("""
        SELECT id, name, public_key, sign_count, transports, user_verified, backup_eligible, backed_up, created, used
        FROM passkey WHERE account = $1 ORDER BY created, id
        """).Bind(account.Value).AllAsync(static row => new Passkey(
            row.Blob(0), row.GetString(1), row.Blob(2), (uint)row.GetInt64(3), JsonSerializer.Deserialize<string[]>(row.GetString(4)) ?? [],
            row.GetBoolean(5), row.GetBoolean(6), row.GetBoolean(7), row.Time(8), row.NullableTime(9)));

    public async ValueTask<AccountId?> PasskeyOwnerAsync(byte[] id) =>
        await transaction.Use("SELECT account FROM passkey WHERE id = $1").Bind(id).ScalarAsync<long>() is { } account ? new AccountId(account) : null;

    public ValueTask SetSecurityAsync(AccountId account, SecurityRow row)
    {
        transaction.Use("""
            INSERT INTO account_security(account, apps_only, totp, totp_step, totp_since) VALUES($1, $2, $3, $4, $5)
            ON CONFLICT(account) DO UPDATE SET apps_only = excluded.apps_only, totp = excluded.totp, totp_step = excluded.totp_step, totp_since = excluded.totp_since
            """).Bind(account.Value).Bind(row.AppsOnly).Bind(row.Totp).Bind(row.TotpStep).Bind(row.TotpSince).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask InsertAppPasswordAsync(AccountId account, AppPasswordRow row)
    {
        transaction.Use("INSERT INTO app_password(account, id, name, scopes, hash, scram, created, expires) VALUES($1, $2, $3, $4, $5, $6, $7, $8)")
            .Bind(account.Value).Bind(row.Password.Id).Bind(row.Password.Name)
            .Bind((int)row.Password.Scopes).Bind(row.Hash).Bind(row.Scram).Bind(row.Password.Created).Bind(row.Password.Expires).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAppPasswordAsync(AccountId account, Guid id)
    {
        transaction.Use("DELETE FROM app_password WHERE account = $1 AND id = $2").Bind(account.Value).Bind(id).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask UseAppPasswordAsync(AccountId account, Guid id, DateTimeOffset at, string protocol, string? address)
    {
        transaction.Use("UPDATE app_password SET used = $3, used_protocol = $4, used_address = $5 WHERE account = $1 AND id = $2 AND (used IS NULL OR used < $3)")
            .Bind(account.Value).Bind(id).Bind(at).Bind(protocol).Bind(address).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetRecoveryCodesAsync(AccountId account, IReadOnlyList<byte[]> hashes)
    {
        transaction.Use("DELETE FROM recovery_code WHERE account = $1").Bind(account.Value).Post();
        foreach (byte[] hash in hashes)
        {
            transaction.Use("INSERT INTO recovery_code(account, hash) VALUES($1, $2)").Bind(account.Value).Bind(hash).Post();
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> UseRecoveryCodeAsync(AccountId account, byte[] hash) =>
        await transaction.Use("DELETE FROM recovery_code WHERE account = $1 AND hash = $2").Bind(account.Value).Bind(hash).RunAsync() > 0;

    public ValueTask<IReadOnlyList<SignInEvent>> SignInEventsAsync(string user, bool refusedOnly, int first, int most) =>
        transaction.Use("""
            SELECT login, protocol, address, client, credential, outcome, first, last, times FROM sign_in_event
            WHERE outcome >= $1 AND ($2 = '' OR strpos(lower(login), $2) > 0) ORDER BY last DESC, id DESC LIMIT $3 OFFSET $4
            """).Bind(refusedOnly ? 1 : 0).Bind(user).Bind(most).Bind(first)
            .AllAsync(static row => new SignInEvent(
                row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), (SignInOutcome)row.GetInt32(5), row.Time(6), row.Time(7), row.GetInt64(8)));

    public async ValueTask EnterSignInAsync(SignInEvent line, DateTimeOffset since)
    {
        int changed = await transaction.Use("""
            UPDATE sign_in_event SET last = greatest(last, $7), times = times + $8 WHERE id = (SELECT id FROM sign_in_event
                WHERE login = $1 AND protocol = $2 AND address = $3 AND client = $4 AND credential = $5 AND outcome = $6 AND first >= $9 ORDER BY id DESC LIMIT 1)
            """).Bind(line.User).Bind(line.Protocol).Bind(line.Address).Bind(line.Client).Bind(line.Credential).Bind((int)line.Outcome).Bind(line.Last).Bind(line.Times)
            .Bind(since).RunAsync();
        if (changed == 0)
        {
            transaction.Use("""
                INSERT INTO sign_in_event(login, protocol, address, client, credential, outcome, first, last, times) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """).Bind(line.User).Bind(line.Protocol).Bind(line.Address).Bind(line.Client).Bind(line.Credential).Bind((int)line.Outcome).Bind(line.First).Bind(line.Last)
                .Bind(line.Times).Post();
        }
    }

    public ValueTask TrimSignInsAsync(DateTimeOffset before, int kept)
    {
        transaction.Use("DELETE FROM sign_in_event WHERE last < $1").Bind(before).Post();
        transaction.Use("DELETE FROM sign_in_event WHERE outcome = 0 AND id <= (SELECT id FROM sign_in_event WHERE outcome = 0 ORDER BY id DESC LIMIT 1 OFFSET $1)")
            .Bind((long)kept).Post();
        transaction.Use("DELETE FROM sign_in_event WHERE outcome > 0 AND id <= (SELECT id FROM sign_in_event WHERE outcome > 0 ORDER BY id DESC LIMIT 1 OFFSET $1)")
            .Bind((long)kept).Post();
        return ValueTask.CompletedTask;
    }

    public async ValueTask RecordSignInAsync(AccountId account, SignInRecord record, DateTimeOffset since, int kept)
    {
        int changed = await transaction.Use("""
            UPDATE sign_in SET last = $6 WHERE account = $1 AND id = (SELECT id FROM sign_in WHERE account = $1 AND protocol = $2 AND client IS NOT DISTINCT FROM $3
                AND address IS NOT DISTINCT FROM $4 AND credential IS NOT DISTINCT FROM $5 AND last >= $7 ORDER BY last DESC LIMIT 1)
            """).Bind(account.Value).Bind(record.Protocol).Bind(record.Client).Bind(record.Address).Bind(record.Credential).Bind(record.Last).Bind(since).RunAsync();
        if (changed == 0)
        {
            transaction.Use("""
                INSERT INTO sign_in(account, id, protocol, client, address, credential, first, last)
                VALUES($1, (SELECT coalesce(max(id), 0) + 1 FROM sign_in WHERE account = $1), $2, $3, $4, $5, $6, $7)
                """).Bind(account.Value).Bind(record.Protocol).Bind(record.Client).Bind(record.Address).Bind(record.Credential).Bind(record.First).Bind(record.Last).Post();
            transaction.Use("DELETE FROM sign_in WHERE account = $1 AND id NOT IN (SELECT id FROM sign_in WHERE account = $1 ORDER BY last DESC LIMIT $2)")
                .Bind(account.Value).Bind((long)kept).Post();
        }
    }

    public ValueTask InsertWebSessionAsync(AccountId account, WebSessionRow session)
    {
        transaction.Use("INSERT INTO web_session(account, id, created, seen, address, agent) VALUES($1, $2, $3, $4, $5, $6)")
            .Bind(account.Value).Bind(session.Id).Bind(session.Created).Bind(session.Seen).Bind(session.Address).Bind(session.Agent).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask TouchWebSessionAsync(AccountId account, Guid id, DateTimeOffset seen, string? address)
    {
        transaction.Use("UPDATE web_session SET seen = $3, address = $4 WHERE account = $1 AND id = $2")
            .Bind(account.Value).Bind(id).Bind(seen).Bind(address).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteWebSessionAsync(AccountId account, Guid id)
    {
        transaction.Use("DELETE FROM web_session WHERE account = $1 AND id = $2").Bind(account.Value).Bind(id).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteWebSessionsAsync(AccountId account)
    {
        transaction.Use("DELETE FROM web_session WHERE account = $1").Bind(account.Value).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask InsertPasskeyAsync(AccountId account, Passkey passkey)
    {
        transaction.Use("""
            INSERT INTO passkey(id, account, name, public_key, sign_count, transports, user_verified, backup_eligible, backed_up, created)
            VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """).Bind(passkey.Id).Bind(account.Value).Bind(passkey.Name).Bind(passkey.PublicKey)
            .Bind((long)passkey.SignCount).Bind(JsonSerializer.Serialize(passkey.Transports)).Bind(passkey.IsUserVerified).Bind(passkey.IsBackupEligible).Bind(passkey.IsBackedUp)
            .Bind(passkey.Created).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask UpdatePasskeyAsync(AccountId account, Passkey passkey)
    {
        transaction.Use("UPDATE passkey SET name = $3, sign_count = $4, user_verified = $5, backed_up = $6, used = $7 WHERE account = $1 AND id = $2")
            .Bind(account.Value).Bind(passkey.Id).Bind(passkey.Name).Bind((long)passkey.SignCount)
            .Bind(passkey.IsUserVerified).Bind(passkey.IsBackedUp).Bind(passkey.Used).Post();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeletePasskeyAsync(AccountId account, byte[] id)
    {
        transaction.Use("DELETE FROM passkey WHERE account = $1 AND id = $2").Bind(account.Value).Bind(id).Post();
        return ValueTask.CompletedTask;
    }

    private static WebSessionRow ReadWebSession(NpgsqlDataReader row) =>
        new(row.GetGuid(0), row.Time(1), row.Time(2), row.NullableText(3), row.NullableText(4));

    private static SecurityRow ReadSecurity(NpgsqlDataReader row) => new(row.GetBoolean(0), row.NullableBlob(1), row.GetInt64(2), row.NullableTime(3));

    private static AppPasswordRow ReadAppPassword(NpgsqlDataReader row) => new(
        new AppPassword(row.GetGuid(0), row.GetString(1), (AppScopes)row.GetInt32(2), row.Time(5), row.NullableTime(6))
        {
            Used = row.NullableTime(7),
            UsedProtocol = row.NullableText(8),
            UsedAddress = row.NullableText(9),
        },
        row.Blob(3), row.GetString(4));
}
