using Posthorn.Core.Access;

namespace Posthorn.Core.Accounts;

/// <summary>Accounts of the store, for whoever runs it.</summary>
public sealed class Accounts
{
    /// <summary>Adds an account with its default mailboxes. The domain must exist.</summary>
    public ValueTask<Result<Account>> AddAsync(
        Actor actor, string address, string password, string? name, bool isAdministrator, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<IReadOnlyList<Account>>> ListAsync(Actor actor, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<Account>> GetAsync(Actor actor, string address, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Sets a new password: the old one stops at once, on every protocol.</summary>
    public ValueTask<Result<Done>> SetPasswordAsync(Actor actor, string address, string password, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<Done>> SetDisabledAsync(Actor actor, string address, bool disabled, CancellationToken cancel) => throw new NotImplementedException();

    public ValueTask<Result<Done>> SetQuotaAsync(Actor actor, string address, long? quotaBytes, CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Removes the account and all its mail.</summary>
    public ValueTask<Result<Done>> RemoveAsync(Actor actor, string address, CancellationToken cancel) => throw new NotImplementedException();
}
