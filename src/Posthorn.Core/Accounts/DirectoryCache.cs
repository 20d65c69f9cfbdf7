using Posthorn.Core.Storage;

namespace Posthorn.Core.Accounts;

/// <summary>Domains in memory: every recipient and every signature asks for one. Changes of this process forget it at once; those of another node within a few seconds.</summary>
internal sealed class DirectoryCache(IStore store, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    private Loaded? _loaded;

    public async ValueTask<Domain?> DomainAsync(string name, CancellationToken cancel) => (await AllAsync(cancel)).GetValueOrDefault(name);

    public async ValueTask<IReadOnlyDictionary<string, Domain>> AllAsync(CancellationToken cancel)
    {
        Loaded? loaded = Volatile.Read(ref _loaded);
        if (loaded is null || time.GetElapsedTime(loaded.At) > Lifetime)
        {
            long at = time.GetTimestamp();
            IReadOnlyList<Domain> domains = await store.ReadAsync(AccountId.Store, session => session.Directory.DomainsAsync(), cancel);
            loaded = new Loaded(at, domains.ToDictionary(domain => domain.Name));
            Volatile.Write(ref _loaded, loaded);
        }

        return loaded.Domains;
    }

    public void Forget() => Volatile.Write(ref _loaded, null);

    private sealed record Loaded(long At, Dictionary<string, Domain> Domains);
}
