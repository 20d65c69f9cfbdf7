using Posthorn.Core.Access;
using Posthorn.Core.Storage;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Accounts;

/// <summary>The mail domains of the store, with their DKIM keys.</summary>
public sealed class Domains
{
    private static readonly AccountId[] StoreRows = [AccountId.Store];

    private readonly IStore _store;
    private readonly DirectoryCache _cache;
    private readonly TimeProvider _time;

    internal Domains(IStore store, DirectoryCache cache, TimeProvider time) => (_store, _cache, _time) = (store, cache, time);

    /// <summary>Adds a domain with the keys that sign its mail.</summary>
    public async ValueTask<Result<Domain>> AddAsync(Actor actor, string name, IReadOnlyList<DomainKey> keys, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        if (!MailDomain.TryNormalize(Trimmed(name), out string? folded) || Uri.CheckHostName(folded) != UriHostNameType.Dns)
        {
            return new Refusal.Invalid($"\"{name}\" is not a domain name.");
        }

        var domain = new Domain(folded, _time.GetUtcNow(), keys);
        Result<Domain> result = await _store.WriteAsync<Result<Domain>>(
            StoreRows,
            async session =>
            {
                if ((await session.Directory.DomainsAsync()).Any(other => other.Name == folded))
                {
                    return new Refusal.AlreadyExists($"The domain {folded}");
                }

                await session.Directory.InsertDomainAsync(domain);
                return domain;
            },
            cancel);
        _cache.Forget();
        return result;
    }

    public async ValueTask<Result<IReadOnlyList<Domain>>> ListAsync(Actor actor, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<Domain>>(await _store.ReadAsync(AccountId.Store, session => session.Directory.DomainsAsync(), cancel));
    }

    /// <summary>Those of the cache, for decisions within a transaction.</summary>
    internal ValueTask<IReadOnlyDictionary<string, Domain>> AllAsync(CancellationToken cancel) => _cache.AllAsync(cancel);

    /// <summary>Null when it is not one of ours. Cached: it is asked for every recipient.</summary>
    public ValueTask<Domain?> FindAsync(string name, CancellationToken cancel) => _cache.DomainAsync(Fold(name), cancel);

    /// <summary>Octets that all accounts of the domain may hold together; null takes the limit away.</summary>
    public async ValueTask<Result<Domain>> SetQuotaAsync(Actor actor, string name, long? bytes, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        if (bytes < 0)
        {
            return new Refusal.Invalid("A quota is 0 or more.");
        }

        string folded = Fold(name);
        Result<Domain> result = await _store.WriteAsync<Result<Domain>>(
            StoreRows,
            async session =>
            {
                await session.Directory.SetDomainQuotaAsync(folded, bytes);
                return (await session.Directory.DomainsAsync()).FirstOrDefault(domain => domain.Name == folded) is { } found
                    ? found
                    : new Refusal.NotFound($"domain {name}");
            },
            cancel);
        _cache.Forget();
        return result;
    }

    /// <summary>Refused while accounts or aliases use it.</summary>
    public async ValueTask<Result<Done>> RemoveAsync(Actor actor, string name, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        string folded = Fold(name);
        Result<Done> result = await _store.WriteAsync(StoreRows, session => RemoveAsync(session, folded), cancel);
        _cache.Forget();
        return result;
    }

    private static async ValueTask<Result<Done>> RemoveAsync(IWriteSession session, string name)
    {
        if ((await session.Directory.DomainsAsync()).All(domain => domain.Name != name))
        {
            return new Refusal.NotFound($"domain {name}");
        }

        string suffix = "@" + name;
        int accounts = (await session.Directory.AccountsAsync()).Count(account => account.Address.EndsWith(suffix, StringComparison.Ordinal));
        int aliases = (await session.Directory.AliasesAsync()).Count(alias => alias.Address.EndsWith(suffix, StringComparison.Ordinal));
        if (accounts + aliases > 0)
        {
            return new Refusal.Invalid($"The domain {name} still has {accounts} accounts and {aliases} aliases. Remove those first.");
        }

        await session.Directory.DeleteDomainAsync(name);
        return Done.Value;
    }

    /// <summary>As addresses hold it, in A-labels. What is no domain stays as it is, and is not found.</summary>
    private static string Fold(string name) => MailDomain.TryNormalize(Trimmed(name), out string? normal) ? normal : name;

    private static string Trimmed(string name) => name.Trim().TrimEnd('.');
}
