using Posthorn.Core.Accounts;
using Posthorn.Core.Feedback;

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

    /// <summary>Credential versions of those among them that exist and are not disabled.</summary>
    ValueTask<IReadOnlyDictionary<AccountId, long>> CredentialVersionsAsync(IReadOnlyCollection<AccountId> accounts);

    ValueTask<IReadOnlyList<Domain>> DomainsAsync();

    ValueTask<Alias?> AliasAsync(string address);

    ValueTask<IReadOnlyList<Alias>> AliasesAsync();

    /// <summary>Those that lead to this address alone.</summary>
    ValueTask<IReadOnlyList<Alias>> AliasesOfAsync(string target);

    /// <summary>Accounts that were set aside, the last one first.</summary>
    ValueTask<IReadOnlyList<RemovedAccount>> RemovedAccountsAsync();

    /// <summary>A value of the store itself: epoch, secrets, schema facts.</summary>
    ValueTask<string?> SettingAsync(string key);

    /// <summary>Keys of the web, as XML.</summary>
    ValueTask<IReadOnlyList<string>> WebKeysAsync();

    /// <summary>Answers of the help centre's readers, the newest first.</summary>
    ValueTask<IReadOnlyList<HelpAnswer>> HelpAnswersAsync();

    /// <param name="hash">See <see cref="DeviceLink"/>.</param>
    ValueTask<DeviceLink?> DeviceLinkAsync(byte[] hash);
}

public interface IWriteDirectory : IReadDirectory
{
    /// <summary>Announces <see cref="IReadDirectory.AccountAsync(AccountId)"/>: a database behind a network answers it together with what is asked next.</summary>
    void ExpectAccount(AccountId id)
    {
    }

    ValueTask<AccountId> InsertAccountAsync(string address, string? name, bool isAdministrator, string passwordHash, string scram, DateTimeOffset created);

    /// <summary>A new password: what was verified before counts no more.</summary>
    ValueTask SetCredentialAsync(AccountId id, string passwordHash, string scram);

    /// <summary>The same password, kept in another form: the credential version stays.</summary>
    ValueTask RenewHashAsync(AccountId id, string passwordHash, string scram);

    ValueTask SetDisabledAsync(AccountId id, bool disabled);

    ValueTask SetNameAsync(AccountId id, string? name);

    ValueTask SetQuotaAsync(AccountId id, long? quotaBytes);

    ValueTask SetMessageQuotaAsync(AccountId id, long? messages);

    /// <summary>Whether the account is nobody's own: its mailboxes are below Shared to those who may see them.</summary>
    ValueTask SetSharedAsync(AccountId id, bool isShared);

    /// <summary>What is done by itself with mail that comes.</summary>
    ValueTask SetAutomaticAsync(AccountId id, AutomaticMail automatic);

    /// <summary>Changes what the account holds by these amounts.</summary>
    ValueTask AddUsageAsync(AccountId id, long bytes, long messages);

    /// <summary>Takes the account out of the directory: its address is free, nobody signs in to it, its mail stays.</summary>
    ValueTask SetAsideAccountAsync(AccountId id, DateTimeOffset now);

    /// <summary>Ends what <see cref="SetAsideAccountAsync"/> began.</summary>
    ValueTask RestoreAccountAsync(AccountId id);

    /// <summary>The account's rows, all of them, set aside or not; bodies lose its references.</summary>
    ValueTask DeleteAccountAsync(AccountId id);

    ValueTask InsertDomainAsync(Domain domain);

    ValueTask DeleteDomainAsync(string name);

    ValueTask SetDomainQuotaAsync(string name, long? bytes);

    ValueTask InsertAliasAsync(Alias alias);

    ValueTask<bool> DeleteAliasAsync(string address);

    ValueTask SetSettingAsync(string key, string value);

    ValueTask InsertWebKeyAsync(string name, string xml, DateTimeOffset created);

    /// <param name="kept">As many answers stay, the oldest go.</param>
    ValueTask InsertHelpAnswerAsync(HelpAnswer answer, int kept);

    /// <summary>Keeps a link; those that have expired go.</summary>
    ValueTask InsertDeviceLinkAsync(DeviceLink link, DateTimeOffset now);

    ValueTask DeleteDeviceLinkAsync(byte[] hash);
}
