using Posthorn.Core.Access;

namespace Posthorn.Core.Accounts;

/// <summary>The mail domains of the store, with their DKIM keys.</summary>
public sealed class Domains
{
    /// <summary>Adds a domain and makes its DKIM keys (RSA-2048 and Ed25519).</summary>
    public ValueTask<Result<Domain>> AddAsync(Actor actor, string name, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<IReadOnlyList<Domain>>> ListAsync(Actor actor, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Null when it is not one of ours. Cached: it is asked for every recipient.</summary>
    public ValueTask<Domain?> FindAsync(string name, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Refused while accounts or aliases use it.</summary>
    public ValueTask<Result<Done>> RemoveAsync(Actor actor, string name, CancellationToken cancel) => throw new NotImplementedException();
}

/// <summary>Other addresses for accounts, lists of targets, catch-alls.</summary>
public sealed class Aliases
{
    public ValueTask<Result<Alias>> AddAsync(Actor actor, string address, IReadOnlyList<string> targets, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<IReadOnlyList<Alias>>> ListAsync(Actor actor, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<Done>> RemoveAsync(Actor actor, string address, CancellationToken cancel) => throw new NotImplementedException();
}
