using System.Text.Json;
using Posthorn.Core.Security;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>How accounts are guarded, in SQLite.</summary>
internal sealed class SqliteSecurity(SqliteConnection connection, SqliteDirectory directory) : IWriteSecurity
{
    public async ValueTask<SignInRows?> SignInAsync(string address) =>
        await directory.CredentialAsync(address) is { } credential && directory.AccountAlone(credential.Account) is { } account
            ? new SignInRows(credential, account, await SecurityAsync(account.Id), await AppPasswordsAsync(account.Id))
            : null;

    public ValueTask<SecurityRow> SecurityAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use("SELECT apps_only, totp, totp_step, totp_since FROM account_security WHERE account = ?1").Bind(account.Value);
        return ValueTask.FromResult(query.Step()
            ? new SecurityRow(
                query.Bool(0), query.IsNull(1) ? null : query.Blob(1).ToArray(), query.Int64(2), query.IsNull(3) ? null : query.Time(3))
            : SecurityRow.None);
    }

    public ValueTask<IReadOnlyList<AppPasswordRow>> AppPasswordsAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use("""
            SELECT id, name, scopes, hash, scram, created, expires, used, used_protocol, used_address FROM app_password WHERE account = ?1 ORDER BY created, id
            """).Bind(account.Value);
        var rows = new List<AppPasswordRow>();
        while (query.Step())
        {
            var password = new AppPassword(query.Guid(0), query.Text(1), (AppScopes)query.Int32(2), query.Time(5), query.IsNull(6) ? null : query.Time(6))
            {
                Used = query.IsNull(7) ? null : query.Time(7),
                UsedProtocol = query.NullableText(8),
                UsedAddress = query.NullableText(9),
            };
            rows.Add(new AppPasswordRow(password, query.Blob(3).ToArray(), query.Text(4)));
        }

        return ValueTask.FromResult<IReadOnlyList<AppPasswordRow>>(rows);
    }

    public async ValueTask<IReadOnlySet<AccountId>> AppsOnlyAsync(IReadOnlyCollection<AccountId> accounts)
    {
        var only = new HashSet<AccountId>();
        foreach (AccountId account in accounts)
        {
            if ((await SecurityAsync(account)).KeepsPasswordFromApps)
            {
                only.Add(account);
            }
        }

        return only;
    }

    public ValueTask<IReadOnlyList<(AccountId Account, Guid Id)>> AppPasswordIdsAsync(IReadOnlyCollection<AccountId> accounts)
    {
        var ids = new List<(AccountId, Guid)>();
        foreach (AccountId account in accounts)
        {
            using SqliteStatement query = connection.Use("SELECT id FROM app_password WHERE account = ?1").Bind(account.Value);
            while (query.Step())
            {
                ids.Add((account, query.Guid(0)));
            }
        }

        return ValueTask.FromResult<IReadOnlyList<(AccountId, Guid)>>(ids);
    }

    public ValueTask<IReadOnlyList<byte[]>> RecoveryCodesAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use("SELECT hash FROM recovery_code WHERE account = ?1").Bind(account.Value);
        var hashes = new List<byte[]>();
        while (query.Step())
        {
            hashes.Add(query.Blob(0).ToArray());
        }

        return ValueTask.FromResult<IReadOnlyList<byte[]>>(hashes);
    }

    public ValueTask<IReadOnlyList<WebSessionRow>> WebSessionsAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use("SELECT id, created, seen, address, agent FROM web_session WHERE account = ?1 ORDER BY seen DESC, id").Bind(account.Value);
        var rows = new List<WebSessionRow>();
        while (query.Step())
        {
            rows.Add(ReadWebSession(query));
        }

        return ValueTask.FromResult<IReadOnlyList<WebSessionRow>>(rows);
    }

    public ValueTask<WebSessionRow?> WebSessionAsync(AccountId account, Guid id)
    {
        using SqliteStatement query = connection.Use("SELECT id, created, seen, address, agent FROM web_session WHERE account = ?1 AND id = ?2").Bind(account.Value).Bind(id);
        return ValueTask.FromResult(query.Step() ? ReadWebSession(query) : null);
    }

    public ValueTask<IReadOnlyList<SignInRecord>> SignInsAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use("SELECT protocol, client, address, credential, first, last FROM sign_in WHERE account = ?1 ORDER BY last DESC, id DESC")
            .Bind(account.Value);
        var records = new List<SignInRecord>();
        while (query.Step())
        {
            records.Add(new SignInRecord(query.Text(0), query.NullableText(1), query.NullableText(2), query.NullableText(3), query.Time(4), query.Time(5)));
        }

        return ValueTask.FromResult<IReadOnlyList<SignInRecord>>(records);
    }

    public ValueTask<IReadOnlyList<Passkey>> PasskeysAsync(AccountId account)
    {
        using SqliteStatement query = connection.Use("""
            SELECT id, name, public_key, sign_count, transports, user_verified, backup_eligible, backed_up, created, used
            FROM passkey WHERE account = ?1 ORDER BY created, id
            """).Bind(account.Value);
        var passkeys = new List<Passkey>();
        while (query.Step())
        {
            passkeys.Add(new Passkey(
                query.Blob(0).ToArray(), query.Text(1), query.Blob(2).ToArray(), (uint)query.Int64(3), JsonSerializer.Deserialize<string[]>(query.Text(4)) ?? [],
                query.Bool(5), query.Bool(6), query.Bool(7), query.Time(8), query.IsNull(9) ? null : query.Time(9)));
        }

        return ValueTask.FromResult<IReadOnlyList<Passkey>>(passkeys);
    }

    public ValueTask<AccountId?> PasskeyOwnerAsync(byte[] id)
    {
        using SqliteStatement query = connection.Use("SELECT account FROM passkey WHERE id = ?1").Bind(id.AsSpan());
        return ValueTask.FromResult<AccountId?>(query.Step() ? new AccountId(query.Int64(0)) : null);
    }

    public ValueTask SetSecurityAsync(AccountId account, SecurityRow row)
    {
        connection.Use("""
            INSERT INTO account_security(account, apps_only, totp, totp_step, totp_since) VALUES(?1, ?2, ?3, ?4, ?5)
            ON CONFLICT(account) DO UPDATE SET apps_only = excluded.apps_only, totp = excluded.totp, totp_step = excluded.totp_step, totp_since = excluded.totp_since
            """).Bind(account.Value).Bind(row.AppsOnly).BindBlob(row.Totp).Bind(row.TotpStep).Bind(row.TotpSince).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask InsertAppPasswordAsync(AccountId account, AppPasswordRow row)
    {
        connection.Use("INSERT INTO app_password(account, id, name, scopes, hash, scram, created, expires) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .Bind(account.Value).Bind(row.Password.Id).Bind(row.Password.Name)
            .Bind((int)row.Password.Scopes).Bind(row.Hash.AsSpan()).Bind(row.Scram).Bind(row.Password.Created).Bind(row.Password.Expires).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAppPasswordAsync(AccountId account, Guid id)
    {
        connection.Use("DELETE FROM app_password WHERE account = ?1 AND id = ?2").Bind(account.Value).Bind(id).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask UseAppPasswordAsync(AccountId account, Guid id, DateTimeOffset at, string protocol, string? address)
    {
        connection.Use("UPDATE app_password SET used = ?3, used_protocol = ?4, used_address = ?5 WHERE account = ?1 AND id = ?2 AND (used IS NULL OR used < ?3)")
            .Bind(account.Value).Bind(id).Bind(at).Bind(protocol).Bind(address).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask SetRecoveryCodesAsync(AccountId account, IReadOnlyList<byte[]> hashes)
    {
        connection.Use("DELETE FROM recovery_code WHERE account = ?1").Bind(account.Value).Run();
        foreach (byte[] hash in hashes)
        {
            connection.Use("INSERT INTO recovery_code(account, hash) VALUES(?1, ?2)").Bind(account.Value).Bind(hash.AsSpan()).Run();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> UseRecoveryCodeAsync(AccountId account, byte[] hash) => ValueTask.FromResult(
        connection.Use("DELETE FROM recovery_code WHERE account = ?1 AND hash = ?2").Bind(account.Value).Bind(hash.AsSpan()).Run() > 0);

    public ValueTask<IReadOnlyList<SignInEvent>> SignInEventsAsync(string user, bool refusedOnly, int first, int most)
    {
        using SqliteStatement query = connection.Use("""
            SELECT login, protocol, address, client, credential, outcome, first, last, times FROM sign_in_event
            WHERE outcome >= ?1 AND (?2 = '' OR instr(lower(login), ?2) > 0) ORDER BY last DESC, id DESC LIMIT ?3 OFFSET ?4
            """).Bind(refusedOnly ? 1 : 0).Bind(user).Bind(most).Bind(first);
        var found = new List<SignInEvent>();
        while (query.Step())
        {
            found.Add(new SignInEvent(
                query.Text(0), query.Text(1), query.Text(2), query.Text(3), query.Text(4), (SignInOutcome)query.Int32(5), query.Time(6), query.Time(7), query.Int64(8)));
        }

        return ValueTask.FromResult<IReadOnlyList<SignInEvent>>(found);
    }

    public ValueTask EnterSignInAsync(SignInEvent line, DateTimeOffset since)
    {
        int changed = connection.Use("""
            UPDATE sign_in_event SET last = max(last, ?7), times = times + ?8 WHERE id = (SELECT id FROM sign_in_event
                WHERE login = ?1 AND protocol = ?2 AND address = ?3 AND client = ?4 AND credential = ?5 AND outcome = ?6 AND first >= ?9 ORDER BY id DESC LIMIT 1)
            """).Bind(line.User).Bind(line.Protocol).Bind(line.Address).Bind(line.Client).Bind(line.Credential).Bind((long)line.Outcome).Bind(line.Last).Bind(line.Times)
            .Bind(since).Run();
        if (changed == 0)
        {
            connection.Use("""
                INSERT INTO sign_in_event(login, protocol, address, client, credential, outcome, first, last, times) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                """).Bind(line.User).Bind(line.Protocol).Bind(line.Address).Bind(line.Client).Bind(line.Credential).Bind((long)line.Outcome).Bind(line.First).Bind(line.Last)
                .Bind(line.Times).Run();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask TrimSignInsAsync(DateTimeOffset before, int kept)
    {
        connection.Use("DELETE FROM sign_in_event WHERE last < ?1").Bind(before).Run();
        connection.Use("DELETE FROM sign_in_event WHERE outcome = 0 AND id <= (SELECT id FROM sign_in_event WHERE outcome = 0 ORDER BY id DESC LIMIT 1 OFFSET ?1)")
            .Bind(kept).Run();
        connection.Use("DELETE FROM sign_in_event WHERE outcome > 0 AND id <= (SELECT id FROM sign_in_event WHERE outcome > 0 ORDER BY id DESC LIMIT 1 OFFSET ?1)")
            .Bind(kept).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask RecordSignInAsync(AccountId account, SignInRecord record, DateTimeOffset since, int kept)
    {
        int changed = connection.Use("""
            UPDATE sign_in SET last = ?6 WHERE account = ?1 AND id = (SELECT id FROM sign_in WHERE account = ?1 AND protocol = ?2 AND client IS ?3 AND address IS ?4 AND credential IS ?5
                AND last >= ?7 ORDER BY last DESC LIMIT 1)
            """).Bind(account.Value).Bind(record.Protocol).Bind(record.Client).Bind(record.Address).Bind(record.Credential).Bind(record.Last).Bind(since).Run();
        if (changed == 0)
        {
            connection.Use("""
                INSERT INTO sign_in(account, id, protocol, client, address, credential, first, last)
                VALUES(?1, (SELECT coalesce(max(id), 0) + 1 FROM sign_in WHERE account = ?1), ?2, ?3, ?4, ?5, ?6, ?7)
                """).Bind(account.Value).Bind(record.Protocol).Bind(record.Client).Bind(record.Address).Bind(record.Credential).Bind(record.First).Bind(record.Last).Run();
            connection.Use("DELETE FROM sign_in WHERE account = ?1 AND id NOT IN (SELECT id FROM sign_in WHERE account = ?1 ORDER BY last DESC LIMIT ?2)")
                .Bind(account.Value).Bind(kept).Run();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask InsertWebSessionAsync(AccountId account, WebSessionRow session)
    {
        connection.Use("INSERT INTO web_session(account, id, created, seen, address, agent) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
            .Bind(account.Value).Bind(session.Id).Bind(session.Created).Bind(session.Seen).Bind(session.Address).Bind(session.Agent).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask TouchWebSessionAsync(AccountId account, Guid id, DateTimeOffset seen, string? address)
    {
        connection.Use("UPDATE web_session SET seen = ?3, address = ?4 WHERE account = ?1 AND id = ?2")
            .Bind(account.Value).Bind(id).Bind(seen).Bind(address).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteWebSessionAsync(AccountId account, Guid id)
    {
        connection.Use("DELETE FROM web_session WHERE account = ?1 AND id = ?2").Bind(account.Value).Bind(id).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteWebSessionsAsync(AccountId account)
    {
        connection.Use("DELETE FROM web_session WHERE account = ?1").Bind(account.Value).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask InsertPasskeyAsync(AccountId account, Passkey passkey)
    {
        connection.Use("""
            INSERT INTO passkey(id, account, name, public_key, sign_count, transports, user_verified, backup_eligible, backed_up, created)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            """).Bind(passkey.Id.AsSpan()).Bind(account.Value).Bind(passkey.Name).Bind(passkey.PublicKey.AsSpan())
            .Bind((long)passkey.SignCount).Bind(JsonSerializer.Serialize(passkey.Transports)).Bind(passkey.IsUserVerified).Bind(passkey.IsBackupEligible).Bind(passkey.IsBackedUp)
            .Bind(passkey.Created).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask UpdatePasskeyAsync(AccountId account, Passkey passkey)
    {
        connection.Use("UPDATE passkey SET name = ?3, sign_count = ?4, user_verified = ?5, backed_up = ?6, used = ?7 WHERE account = ?1 AND id = ?2")
            .Bind(account.Value).Bind(passkey.Id.AsSpan()).Bind(passkey.Name).Bind((long)passkey.SignCount)
            .Bind(passkey.IsUserVerified).Bind(passkey.IsBackedUp).Bind(passkey.Used).Run();
        return ValueTask.CompletedTask;
    }

    public ValueTask DeletePasskeyAsync(AccountId account, byte[] id)
    {
        connection.Use("DELETE FROM passkey WHERE account = ?1 AND id = ?2").Bind(account.Value).Bind(id.AsSpan()).Run();
        return ValueTask.CompletedTask;
    }

    private static WebSessionRow ReadWebSession(SqliteStatement row) =>
        new(row.Guid(0), row.Time(1), row.Time(2), row.NullableText(3), row.NullableText(4));
}
