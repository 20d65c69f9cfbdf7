using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Posthorn.Core.Access;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Accounts;

/// <summary>A link by which a person's other device gets its settings, as the store keeps it.</summary>
/// <param name="Hash">SHA-256 of the token: who reads the store cannot use the link.</param>
/// <param name="CredentialVersion">Of the account when the link was made: a new password ends it.</param>
public sealed record DeviceLink(byte[] Hash, AccountId Account, long CredentialVersion, DateTimeOffset Expires);

/// <summary>Links that carry a sign-in from a screen to a phone: each works once, for minutes.</summary>
public sealed class DeviceLinks
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private const int TokenBytes = 32;

    private static readonly AccountId[] StoreRows = [AccountId.Store];

    private readonly IStore _store;
    private readonly TimeProvider _time;

    internal DeviceLinks(IStore store, TimeProvider time) => (_store, _time) = (store, time);

    /// <summary>A new link for the one who asks.</summary>
    /// <returns>Its token, for an address: whoever has it is let in. It is kept nowhere.</returns>
    public async ValueTask<Result<string>> CreateAsync(Actor actor, CancellationToken cancel)
    {
        string token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        DateTimeOffset now = _time.GetUtcNow();
        return await _store.WriteAsync<Result<string>>(
            StoreRows,
            async session =>
            {
                if (await session.Directory.AccountAsync(actor.Principal) is not { IsDisabled: false } account)
                {
                    return new Refusal.NotFound("account of yours");
                }

                await session.Directory.InsertDeviceLinkAsync(new DeviceLink(Hash(token), account.Id, account.CredentialVersion, now + Lifetime), now);
                return token;
            },
            cancel);
    }

    /// <summary>Whose link it is, without using it up; null: it was used, is too old, or never was.</summary>
    public ValueTask<Account?> FindAsync(string token, CancellationToken cancel) =>
        _store.ReadAsync(AccountId.Store, session => AccountOfAsync(session.Directory, token), cancel);

    /// <summary>Uses the link up: of two that come at once, on whatever nodes, one gets the account.</summary>
    public ValueTask<Account?> TakeAsync(string token, CancellationToken cancel) => _store.WriteAsync(
        StoreRows,
        async session =>
        {
            Account? account = await AccountOfAsync(session.Directory, token);
            await session.Directory.DeleteDeviceLinkAsync(Hash(token));
            return account;
        },
        cancel);

    private async ValueTask<Account?> AccountOfAsync(IReadDirectory directory, string token) =>
        await directory.DeviceLinkAsync(Hash(token)) is { } link && link.Expires > _time.GetUtcNow()
        && await directory.AccountAsync(link.Account) is { IsDisabled: false } account && account.CredentialVersion == link.CredentialVersion
            ? account
            : null;

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
