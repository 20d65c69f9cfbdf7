using System.Net;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Security;

/// <summary>Browsers that are signed in. Each is a row of its own, so that one can be ended from another.</summary>
public sealed class WebSessions
{
    /// <summary>Without a request for so long, a browser has to sign in again.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>Browsers of one account; one more ends the one that was silent for longest.</summary>
    public const int Most = 50;

    private const int MaxAgent = 300;

    /// <summary>How exact the time of the last request is.</summary>
    private static readonly TimeSpan Coarseness = TimeSpan.FromMinutes(10);

    private readonly IStore _store;
    private readonly TimeProvider _time;

    internal WebSessions(IStore store, TimeProvider time) => (_store, _time) = (store, time);

    /// <summary>A browser has signed in: its session, with an id that nobody knew before.</summary>
    public async ValueTask<Guid> BeginAsync(AccountId account, IPAddress? remote, string? agent, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        var row = new WebSessionRow(Guid.NewGuid(), now, now, remote?.ToString(), Shortened(agent));
        await _store.WriteAsync(
            new[] { account },
            async session =>
            {
                IReadOnlyList<WebSessionRow> rows = await session.Security.WebSessionsAsync(account);
                foreach (WebSessionRow old in rows.Where((old, place) => place >= Most - 1 || now - old.Seen > Lifetime))
                {
                    await session.Security.DeleteWebSessionAsync(account, old.Id);
                }

                await session.Security.InsertWebSessionAsync(account, row);
                return Done.Value;
            },
            cancel);
        return row.Id;
    }

    /// <summary>The account whose session this is, if both are still good.</summary>
    /// <param name="version">The credential version that it began with.</param>
    public async ValueTask<Account?> ResumeAsync(AccountId account, Guid id, long version, IPAddress? remote, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        (Account? found, WebSessionRow? row) = await _store.ReadAsync(
            account, async session => (await session.Directory.AccountAsync(account), await session.Security.WebSessionAsync(account, id)), cancel);
        if (row is null || found is not { IsDisabled: false } || found.CredentialVersion != version || now - row.Seen > Lifetime)
        {
            return null;
        }

        if (now - row.Seen >= Coarseness)
        {
            await _store.WriteAsync(
                new[] { account },
                async session =>
                {
                    await session.Security.TouchWebSessionAsync(account, id, now, remote?.ToString());
                    return Done.Value;
                },
                cancel);
        }

        return found;
    }

    /// <summary>The one seen last first.</summary>
    public async ValueTask<Result<IReadOnlyList<WebSessionRow>>> ListAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        IReadOnlyList<WebSessionRow> rows = await _store.ReadAsync(account, session => session.Security.WebSessionsAsync(account), cancel);
        return new Result<IReadOnlyList<WebSessionRow>>([.. rows.Where(row => now - row.Seen <= Lifetime)]);
    }

    /// <summary>Signs one browser out.</summary>
    public ValueTask<Result<Done>> EndAsync(Actor actor, AccountId account, Guid id, CancellationToken cancel) =>
        EndAsync(actor, account, session => session.Security.DeleteWebSessionAsync(account, id), cancel);

    /// <summary>Signs every browser out.</summary>
    public ValueTask<Result<Done>> EndAllAsync(Actor actor, AccountId account, CancellationToken cancel) =>
        EndAsync(actor, account, session => session.Security.DeleteWebSessionsAsync(account), cancel);

    private async ValueTask<Result<Done>> EndAsync(Actor actor, AccountId account, Func<IWriteSession, ValueTask> delete, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        return await _store.WriteAsync<Result<Done>>(
            new[] { account },
            async session =>
            {
                await delete(session);
                return Done.Value;
            },
            cancel);
    }

    private static string? Shortened(string? agent) => agent is { Length: > MaxAgent } ? agent[..MaxAgent] : agent;
}
