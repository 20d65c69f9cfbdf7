using Microsoft.Extensions.Logging;
using Posthorn.Core.Access;
using Posthorn.Core.Security;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Accounts;

/// <summary>
/// The sessions of this node that go on after their sign-in (IMAP, POP3, submission): they end when what they signed in with counts no more, because the password
/// changed, an app password was removed, the account was disabled or removed, or somebody ended them.
/// </summary>
/// <remarks>
/// Who changes credentials calls <see cref="ReviewAsync(AccountId)"/> after the commit; changes of other nodes are found by asking the database, for the accounts that
/// have sessions here (<see cref="WatchAsync"/>). What is true stands in the database alone: nothing here is told what changed. A session is entered first, and looked
/// at if this node changed anything since its account was read, so a change between its sign-in and its entry is not missed; one of another node is found as any other.
/// </remarks>
public sealed partial class SignedInSessions
{
    /// <summary>How often other nodes' changes are looked for.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(700);

    private readonly IStore _store;
    private readonly SignInHistory _history;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<AccountId, HashSet<SignedInSession>> _sessions = [];
    private long _changes;

    internal SignedInSessions(IStore store, SignInHistory history, TimeProvider time, ILogger<SignedInSessions> log) =>
        (_store, _history, _time, _log) = (store, history, time, log);

    /// <summary>How many changes of credentials this node has committed, of any account.</summary>
    internal long Changes => Volatile.Read(ref _changes);

    /// <summary>Counts a session from now on. Dispose what it gives at the session's end.</summary>
    /// <param name="actor">Who, by which protocol, from where.</param>
    /// <param name="signIn">What it came in with.</param>
    /// <param name="end">Asks the session to end; called once at most, on any thread, and never after the disposal. It must not wait.</param>
    public SignedInSession Enter(Actor actor, SignIn.Accepted signIn, Action end)
    {
        Account account = signIn.Account;
        var session = new SignedInSession(this, actor, signIn, _time.GetUtcNow(), end);
        lock (_gate)
        {
            if (!_sessions.TryGetValue(account.Id, out HashSet<SignedInSession>? all))
            {
                _sessions[account.Id] = all = [];
            }

            all.Add(session);
        }

        // A change that is counted from here on finds the session among the open ones.
        if (signIn.Changes != Changes)
        {
            // On the embedded store it is done when this returns.
            _ = ReviewAsync([session]);
        }

        return session;
    }

    /// <summary>The open sessions of an account on this node.</summary>
    public IReadOnlyList<SignedInSession> Of(AccountId account)
    {
        lock (_gate)
        {
            return _sessions.TryGetValue(account, out HashSet<SignedInSession>? all) ? [.. all] : [];
        }
    }

    /// <summary>Ends one session of this node.</summary>
    /// <returns>False: it is over, or asked to end already.</returns>
    public bool End(AccountId account, Guid id) => Of(account).FirstOrDefault(session => session.Id == id) is { } session && End(session);

    /// <summary>After a change of the account's credentials was committed: ends the sessions whose sign-in counts no more.</summary>
    public Task ReviewAsync(AccountId account)
    {
        Interlocked.Increment(ref _changes);
        return ReviewAsync(Of(account));
    }

    /// <summary>Finds what other nodes of the store changed, until cancelled.</summary>
    internal async Task WatchAsync(CancellationToken cancel)
    {
        // Traffic between machines is paced by the real clock.
        using var pace = new PeriodicTimer(LookInterval, TimeProvider.System);
        try
        {
            while (await pace.WaitForNextTickAsync(cancel))
            {
                await LookAsync(All(), isLost: false);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    /// <summary>Enters the session's sign-in into the history of its account.</summary>
    internal void Record(SignedInSession session) => _history.Post(
        session.Actor.Principal,
        new SignInRecord(session.Actor.Protocol, session.Client, session.Actor.Remote?.ToString(), session.By, session.Since, session.Since),
        session.App);

    internal void Remove(SignedInSession session)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(session.Actor.Principal, out HashSet<SignedInSession>? all) && all.Remove(session) && all.Count == 0)
            {
                _sessions.Remove(session.Actor.Principal);
            }
        }
    }

    /// <summary>A session that cannot be looked at must not go on with a password that may be an old one.</summary>
    private Task ReviewAsync(IReadOnlyList<SignedInSession> sessions) => LookAsync(sessions, isLost: true);

    /// <param name="sessions">Of any accounts.</param>
    /// <param name="isLost">What to do while the store cannot be asked: end them, or leave them to the next look.</param>
    private async Task LookAsync(IReadOnlyList<SignedInSession> sessions, bool isLost)
    {
        if (sessions.Count == 0)
        {
            return;
        }

        IReadOnlyDictionary<AccountId, SignInGround> grounds;
        try
        {
            AccountId[] accounts = [.. sessions.Select(session => session.Actor.Principal).Distinct()];
            grounds = await _store.ReadAsync(AccountId.Store, session => GroundsAsync(session, accounts), CancellationToken.None);
        }
        catch (StoreUnavailableException failure)
        {
            LogNotLooked(failure.Message);
            if (!isLost)
            {
                return;
            }

            grounds = new Dictionary<AccountId, SignInGround>();
        }

        foreach (SignedInSession session in sessions)
        {
            if (!grounds.TryGetValue(session.Actor.Principal, out SignInGround? ground) || !ground.Holds(session))
            {
                End(session);
            }
        }
    }

    private static async ValueTask<IReadOnlyDictionary<AccountId, SignInGround>> GroundsAsync(IReadSession session, AccountId[] accounts)
    {
        IReadOnlyDictionary<AccountId, long> versions = await session.Directory.CredentialVersionsAsync(accounts);
        IReadOnlySet<AccountId> appsOnly = await session.Security.AppsOnlyAsync(accounts);
        ILookup<AccountId, Guid> apps = (await session.Security.AppPasswordIdsAsync(accounts)).ToLookup(row => row.Account, row => row.Id);
        return versions.ToDictionary(
            version => version.Key, version => new SignInGround(version.Value, appsOnly.Contains(version.Key), apps[version.Key].ToHashSet()));
    }

    private bool End(SignedInSession session)
    {
        if (!session.End())
        {
            return false;
        }

        LogEnded(session.Actor.Protocol, session.Actor.Connection, session.Actor.Principal);
        return true;
    }

    /// <summary>The open sessions of this node.</summary>
    internal List<SignedInSession> All()
    {
        lock (_gate)
        {
            return [.. _sessions.Values.SelectMany(static all => all)];
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Protocol} connection {Connection} of account {Account} is asked to end: its sign-in counts no more")]
    private partial void LogEnded(string protocol, string connection, AccountId account);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether open sessions may go on could not be looked up: {Reason}")]
    private partial void LogNotLooked(string reason);

    /// <summary>What an account's open sessions stand on, as it is now.</summary>
    private sealed record SignInGround(long Version, bool IsAppsOnly, HashSet<Guid> Apps)
    {
        /// <summary>All of these sessions are of mail protocols.</summary>
        public bool Holds(SignedInSession session) =>
            session.App is { } app ? Apps.Contains(app) : !IsAppsOnly && Version == session.CredentialVersion;
    }
}
