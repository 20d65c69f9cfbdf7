using Posthorn.Core.Access;
using Posthorn.Core.Security;
using Posthorn.Core.Storage.Postgres;

namespace Posthorn.Core.Accounts;

/// <summary>The mail apps that are connected to an account, wherever they are, and how its owner signs them out.</summary>
/// <remarks>
/// Those of this node are known at once (<see cref="SignedInSessions"/>). Those of other nodes are rows that each node writes beside its work (<see cref="PostgresSessions"/>):
/// a session that began less than a second ago may not be among them yet, and one that is asked to end goes within a second.
/// </remarks>
public sealed class ConnectedApps
{
    private readonly SignedInSessions _here;

    // Null: the embedded store, which has one node.
    private readonly PostgresSessions? _elsewhere;
    private readonly Node _node;

    internal ConnectedApps(SignedInSessions here, PostgresSessions? elsewhere, Node node) => (_here, _elsewhere, _node) = (here, elsewhere, node);

    /// <summary>The one that came last first.</summary>
    public async ValueTask<Result<IReadOnlyList<ConnectedApp>>> ListAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        IReadOnlyList<ConnectedApp> others = _elsewhere is null ? [] : await _elsewhere.OfOthersAsync(account, _node.Name, cancel);
        return new Result<IReadOnlyList<ConnectedApp>>([.. _here.Of(account).Select(Shown).Concat(others).OrderByDescending(static app => app.Since)]);
    }

    /// <summary>Signs one app out. One that is gone already is no error: whoever asks wants it gone.</summary>
    public async ValueTask<Result<Done>> EndAsync(Actor actor, AccountId account, Guid id, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        if (!_here.End(account, id) && _elsewhere is not null)
        {
            await _elsewhere.AskToEndAsync(account, id, cancel);
        }

        return Done.Value;
    }

    /// <summary>Signs every app out.</summary>
    public async ValueTask<Result<Done>> EndAllAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        foreach (SignedInSession session in _here.Of(account))
        {
            _here.End(account, session.Id);
        }

        if (_elsewhere is not null)
        {
            await _elsewhere.AskAllToEndAsync(account, cancel);
        }

        return Done.Value;
    }

    private static ConnectedApp Shown(SignedInSession session) =>
        new(session.Id, session.Actor.Protocol, session.Client, session.Actor.Remote?.ToString(), session.By, session.Since);
}
