using System.Globalization;
using Microsoft.AspNetCore.Identity;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;

namespace Posthorn.Web.Security.WebAuthn;

/// <summary>
/// Accounts and their passkeys as the framework's handler of WebAuthn asks for them. It only reads: what a ceremony came to is written by
/// <see cref="Passkeys"/>, which checks rights and limits. Everything else of the framework's stores is refused.
/// </summary>
internal sealed class PasskeyUsers(Accounts accounts, Passkeys passkeys) : IUserPasskeyStore<Account>
{
    /// <summary>What a passkey of the account carries as its user (WebAuthn §5.4.3): a number, which says nothing of the person.</summary>
    public static string HandleOf(AccountId account) => account.Value.ToString(CultureInfo.InvariantCulture);

    public Task<string> GetUserIdAsync(Account user, CancellationToken cancellationToken) => Task.FromResult(HandleOf(user.Id));

    public Task<string?> GetUserNameAsync(Account user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Address);

    public async Task<Account?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        long.TryParse(userId, NumberStyles.None, CultureInfo.InvariantCulture, out long id) ? await FindAsync(new AccountId(id), cancellationToken) : null;

    public async Task<Account?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken) =>
        await passkeys.OwnerAsync(credentialId, cancellationToken) is { } owner ? await FindAsync(owner, cancellationToken) : null;

    public async Task<IList<UserPasskeyInfo>> GetPasskeysAsync(Account user, CancellationToken cancellationToken) =>
        [.. (await passkeys.ListAsync(ActorOf(user.Id), user.Id, cancellationToken)).Value.Select(Info)];

    public async Task<UserPasskeyInfo?> FindPasskeyAsync(Account user, byte[] credentialId, CancellationToken cancellationToken) =>
        (await GetPasskeysAsync(user, cancellationToken)).FirstOrDefault(passkey => passkey.CredentialId.AsSpan().SequenceEqual(credentialId));

    public Task AddOrUpdatePasskeyAsync(Account user, UserPasskeyInfo passkey, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RemovePasskeyAsync(Account user, byte[] credentialId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetUserNameAsync(Account user, string? userName, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string?> GetNormalizedUserNameAsync(Account user, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetNormalizedUserNameAsync(Account user, string? normalizedName, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IdentityResult> CreateAsync(Account user, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IdentityResult> UpdateAsync(Account user, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IdentityResult> DeleteAsync(Account user, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Account?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Dispose()
    {
        // Nothing is held.
    }

    private async Task<Account?> FindAsync(AccountId id, CancellationToken cancel) =>
        (await accounts.OwnAsync(ActorOf(id), cancel)).TryGet(out Account? account, out _) ? account : null;

    // The ceremony itself finds out who it is: nobody has signed in yet.
    private static Actor ActorOf(AccountId account) => new(account, "web", "-", null);

    private static UserPasskeyInfo Info(Passkey passkey) => new(
        passkey.Id, passkey.PublicKey, passkey.Created, passkey.SignCount, [.. passkey.Transports], passkey.IsUserVerified, passkey.IsBackupEligible, passkey.IsBackedUp,
        attestationObject: [], clientDataJson: [])
    {
        Name = passkey.Name,
    };
}
