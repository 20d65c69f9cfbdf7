using Posthorn.Core.Storage;

namespace Posthorn.Core.Security;

/// <summary>Random octets that belong to the store and stay with it: the key of what is hashed fast.</summary>
internal sealed class StoreSecret(IStore store)
{
    private byte[]? _octets;

    public async ValueTask<byte[]> GetAsync(CancellationToken cancel) => _octets ??= Convert.FromHexString(
        await store.ReadAsync(AccountId.Store, session => session.Directory.SettingAsync("secret"), cancel) ?? throw new InvalidDataException("The store has no secret."));
}
