using Posthorn.Core.Storage;

namespace Posthorn.Core.Access;

/// <summary>
/// The keys by which the web signs and encrypts what it gives to browsers, kept in the store, so that every node knows what another one signed. Who can read the database can
/// sign in as anybody anyway.
/// </summary>
public sealed class WebKeys
{
    private static readonly AccountId[] StoreRows = [AccountId.Store];

    private readonly IStore _store;
    private readonly TimeProvider _time;

    internal WebKeys(IStore store, TimeProvider time) => (_store, _time) = (store, time);

    /// <summary>All of them, as XML; secrets.</summary>
    public async ValueTask<Result<IReadOnlyList<string>>> ListAsync(Actor actor, CancellationToken cancel) =>
        Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal
            ? refusal
            : new Result<IReadOnlyList<string>>(await _store.ReadAsync(AccountId.Store, static session => session.Directory.WebKeysAsync(), cancel));

    public async ValueTask<Result<Done>> AddAsync(Actor actor, string name, string xml, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        return await _store.WriteAsync(
            StoreRows,
            async session =>
            {
                await session.Directory.InsertWebKeyAsync(name, xml, now);
                return Done.Value;
            },
            cancel);
    }

    /// <summary>Adds these if there are none yet: of nodes that start together, the keys of one count.</summary>
    public async ValueTask<Result<Done>> AddFirstAsync(Actor actor, IReadOnlyList<(string Name, string Xml)> keys, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        return await _store.WriteAsync(
            StoreRows,
            async session =>
            {
                if ((await session.Directory.WebKeysAsync()).Count == 0)
                {
                    foreach ((string name, string xml) in keys)
                    {
                        await session.Directory.InsertWebKeyAsync(name, xml, now);
                    }
                }

                return Done.Value;
            },
            cancel);
    }
}
