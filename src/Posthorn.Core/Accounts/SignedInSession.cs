using Posthorn.Core.Access;

namespace Posthorn.Core.Accounts;

/// <summary>One open session, from its sign-in to its end. See <see cref="SignedInSessions"/>.</summary>
public sealed class SignedInSession : IDisposable
{
    private readonly SignedInSessions _all;
    private readonly Lock _gate = new();
    private Action? _end;

    private bool _isRecorded;

    internal SignedInSession(SignedInSessions all, Actor actor, SignIn.Accepted signIn, DateTimeOffset since, Action end)
    {
        (_all, Actor, CredentialVersion, _end) = (all, actor, signIn.Account.CredentialVersion, end);
        (By, App, Since) = (signIn.By, signIn.App?.Id, since);
    }

    /// <summary>Names it on the page of connected devices.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    public DateTimeOffset Since { get; }

    /// <summary>Name of the app password; null: the password of the account.</summary>
    public string? By { get; }

    internal Guid? App { get; }

    /// <summary>What the client calls itself (RFC 2971); null: it has not said.</summary>
    public string? Client { get; private set; }

    /// <summary>Who, by which protocol, from where.</summary>
    public Actor Actor { get; }

    /// <summary>The account's, when it signed in.</summary>
    public long CredentialVersion { get; }

    /// <summary>Enters it into the history of sign-ins, once: as soon as the client has said its name, or when no name is to come.</summary>
    /// <param name="client">Its name; null: it says none.</param>
    public void Record(string? client)
    {
        Client ??= client;
        if (!_isRecorded)
        {
            _isRecorded = true;
            _all.Record(this);
        }
    }

    public void Dispose()
    {
        Record(null);
        // Waits for an end that is being asked for: afterwards the session's connection may be gone.
        lock (_gate)
        {
            _end = null;
        }

        _all.Remove(this);
    }

    /// <returns>False: it was asked before, or is over.</returns>
    internal bool End()
    {
        lock (_gate)
        {
            if (_end is not { } end)
            {
                return false;
            }

            _end = null;
            end();
            return true;
        }
    }
}
