using Posthorn.Core.Accounts;
using Posthorn.Core.Security;

namespace Posthorn.Core.Storage;

/// <summary>All that decides about a sign-in to an account, as it was at one moment.</summary>
/// <param name="Account">Without what the accounts of its domain hold together: anybody may ask by trying a password, and that sum costs.</param>
public sealed record SignInRows(CredentialRow Credential, Account Account, SecurityRow Security, IReadOnlyList<AppPasswordRow> AppPasswords);

/// <summary>How accounts are guarded: app passwords, two-step, passkeys, who signed in. Rows belong to their account.</summary>
public interface IReadSecurity
{
    /// <summary>In one round trip; null: there is no such account.</summary>
    /// <param name="address">Canonical.</param>
    ValueTask<SignInRows?> SignInAsync(string address);

    ValueTask<SecurityRow> SecurityAsync(AccountId account);

    /// <summary>The oldest first.</summary>
    ValueTask<IReadOnlyList<AppPasswordRow>> AppPasswordsAsync(AccountId account);

    /// <summary>Those among them whose password does not open mail protocols: see <see cref="SecurityRow.KeepsPasswordFromApps"/>.</summary>
    ValueTask<IReadOnlySet<AccountId>> AppsOnlyAsync(IReadOnlyCollection<AccountId> accounts);

    ValueTask<IReadOnlyList<(AccountId Account, Guid Id)>> AppPasswordIdsAsync(IReadOnlyCollection<AccountId> accounts);

    /// <summary>Hashes of the recovery codes that are left.</summary>
    ValueTask<IReadOnlyList<byte[]>> RecoveryCodesAsync(AccountId account);

    /// <summary>The one seen last first.</summary>
    ValueTask<IReadOnlyList<WebSessionRow>> WebSessionsAsync(AccountId account);

    ValueTask<WebSessionRow?> WebSessionAsync(AccountId account, Guid id);

    /// <summary>The latest first.</summary>
    ValueTask<IReadOnlyList<SignInRecord>> SignInsAsync(AccountId account);

    /// <summary>The log of sign-ins of all accounts, the newest first.</summary>
    /// <param name="user">Part of an address in small letters; empty: all.</param>
    ValueTask<IReadOnlyList<SignInEvent>> SignInEventsAsync(string user, bool refusedOnly, int first, int most);

    /// <summary>The oldest first.</summary>
    ValueTask<IReadOnlyList<Passkey>> PasskeysAsync(AccountId account);

    /// <summary>Whose passkey this is.</summary>
    ValueTask<AccountId?> PasskeyOwnerAsync(byte[] id);
}

public interface IWriteSecurity : IReadSecurity
{
    ValueTask SetSecurityAsync(AccountId account, SecurityRow row);

    ValueTask InsertAppPasswordAsync(AccountId account, AppPasswordRow row);

    ValueTask DeleteAppPasswordAsync(AccountId account, Guid id);

    /// <summary>Its last use; an earlier one than stored changes nothing.</summary>
    ValueTask UseAppPasswordAsync(AccountId account, Guid id, DateTimeOffset at, string protocol, string? address);

    /// <summary>All codes there are from now on.</summary>
    ValueTask SetRecoveryCodesAsync(AccountId account, IReadOnlyList<byte[]> hashes);

    /// <summary>False: there is no such code any more.</summary>
    ValueTask<bool> UseRecoveryCodeAsync(AccountId account, byte[] hash);

    ValueTask InsertWebSessionAsync(AccountId account, WebSessionRow session);

    ValueTask TouchWebSessionAsync(AccountId account, Guid id, DateTimeOffset seen, string? address);

    ValueTask DeleteWebSessionAsync(AccountId account, Guid id);

    ValueTask DeleteWebSessionsAsync(AccountId account);

    /// <summary>Enters a sign-in: into the record of the same client since <paramref name="since"/>, else as a new one.</summary>
    /// <param name="kept">As many records of the account stay, the oldest go.</param>
    ValueTask RecordSignInAsync(AccountId account, SignInRecord record, DateTimeOffset since, int kept);

    /// <summary>Enters a line into the log of sign-ins: joins one that is alike and began since <paramref name="since"/>, else it is a new one.</summary>
    ValueTask EnterSignInAsync(SignInEvent line, DateTimeOffset since);

    /// <param name="before">Lines of an earlier time go.</param>
    /// <param name="kept">As many lines of sign-ins stay, and as many of refusals; the oldest go.</param>
    ValueTask TrimSignInsAsync(DateTimeOffset before, int kept);

    ValueTask InsertPasskeyAsync(AccountId account, Passkey passkey);

    /// <summary>Name, sign count and what an assertion said of it.</summary>
    ValueTask UpdatePasskeyAsync(AccountId account, Passkey passkey);

    ValueTask DeletePasskeyAsync(AccountId account, byte[] id);
}
