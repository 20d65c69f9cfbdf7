using Posthorn.Core.Accounts;

namespace Posthorn.Core.Storage;

/// <summary>Secrets of an account, as stored.</summary>
/// <param name="PasswordHash">PHC string of Argon2id.</param>
/// <param name="Scram">Stored form of the SCRAM-SHA-256 keys.</param>
public sealed record CredentialRow(AccountId Account, string PasswordHash, string Scram, long Version, bool IsDisabled)
{
    public override string ToString() => $"credentials of account {Account}";
}

/// <summary>Accounts, domains, aliases.</summary>
public interface IReadDirectory
{
    ValueTask<Account?> AccountAsync(AccountId id);

    /// <summary>By canonical address.</summary>
    ValueTask<Account?> AccountAsync(string address);

    ValueTask<IReadOnlyList<Account>> AccountsAsync();

    ValueTask<CredentialRow?> CredentialAsync(string address);

    ValueTask<IReadOnlyList<Domain>> DomainsAsync();

    ValueTask<Alias?> AliasAsync(string address);

    ValueTask<IReadOnlyList<Alias>> AliasesAsync();

    /// <summary>A value of the store itself: epoch, secrets, schema facts.</summary>
    ValueTask<string?> SettingAsync(string key);
}

public interface IWriteDirectory : IReadDirectory
{
    ValueTask<AccountId> InsertAccountAsync(string address, string? name, bool isAdministrator, string passwordHash, string scram, DateTimeOffset created);

    ValueTask SetCredentialAsync(AccountId id, string passwordHash, string scram);

    ValueTask SetDisabledAsync(AccountId id, bool disabled);

    ValueTask SetQuotaAsync(AccountId id, long? quotaBytes);

    ValueTask SetMessageQuotaAsync(AccountId id, long? messages);

    /// <summary>Changes what the account holds by these amounts.</summary>
    ValueTask AddUsageAsync(AccountId id, long bytes, long messages);

    /// <summary>The account's rows, all of them; bodies lose its references.</summary>
    ValueTask DeleteAccountAsync(AccountId id);

    ValueTask InsertDomainAsync(Domain domain);

    ValueTask DeleteDomainAsync(string name);

    ValueTask InsertAliasAsync(Alias alias);

    ValueTask<bool> DeleteAliasAsync(string address);

    ValueTask SetSettingAsync(string key, string value);
}
