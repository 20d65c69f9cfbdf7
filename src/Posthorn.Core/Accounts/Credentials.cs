using System.Net;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Security;
using Posthorn.Core.Storage;
using Posthorn.Standards.Sasl;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Accounts;

/// <summary>The one service that checks credentials, for every protocol.</summary>
/// <remarks>
/// Unknown users cost what known ones cost. A password that was verified a short while ago is taken from the cache; a new password, disabling and
/// removing raise the account's credential version, so that nothing cached counts any more. Every refusal is logged with its reason, which the client is not
/// told; what was given as a user name only where it is an address: people type passwords there.
/// <para>Mail protocols take app passwords of their scope as well, and nothing else where the account says so or has two-step sign-in.</para>
/// </remarks>
public sealed partial class Credentials
{
    private readonly IStore _store;
    private readonly PasswordVerifier _verifier;
    private readonly Secrets _secrets;
    private readonly CredentialCache _cache;
    private readonly SignInLimits _limits;
    private readonly ILogger<Credentials> _log;
    private readonly StoreSecret _storeSecret;
    private readonly AppPasswords _appPasswords;
    private readonly SignInLog _signIns;
    private readonly TimeProvider _time;

    internal Credentials(
        IStore store, PasswordVerifier verifier, Secrets secrets, StoreSecret storeSecret, CredentialCache cache, SignInLimits limits, AppPasswords appPasswords,
        SignedInSessions sessions, SignInLog signIns, TimeProvider time, ILogger<Credentials> log)
    {
        (_store, _verifier, _secrets, _storeSecret, _cache) = (store, verifier, secrets, storeSecret, cache);
        (_limits, _appPasswords, Sessions, _signIns, _time, _log) = (limits, appPasswords, sessions, signIns, time, log);
    }

    /// <summary>Where a protocol enters what goes on after a sign-in.</summary>
    public SignedInSessions Sessions { get; }

    /// <param name="user">As the client gave it: the full address.</param>
    /// <param name="protocol">For the record of sign-ins.</param>
    public async ValueTask<SignIn> CheckPasswordAsync(string user, string password, string protocol, SignInOrigin from, CancellationToken cancel)
    {
        string address = Fold(user);
        if (_limits.Check(address, from.Address) is SignInDecision.TryLater later)
        {
            Tell(protocol, user, from, SignInOutcome.TooManyFailures, null);
            return new SignIn.TryLater(later.After);
        }

        Known? known = await KnownAsync(address, protocol, cancel);
        if (known is not null && await _appPasswords.FindAsync(known.Row.Account, known.AppPasswords, password, cancel) is { } app)
        {
            return known.ObjectTo(app.Password, protocol, _time.GetUtcNow()) is { } objection
                ? Refuse(address, user, password, protocol, from, objection, app.Password.Name)
                : Accept(address, known, app.Password, from);
        }

        CredentialRow? row = known?.Row;
        bool isCached = row is not null && _cache.IsVerified(row.Account, row.Version, password);
        if (!isCached && (!await _verifier.VerifyAsync(row?.PasswordHash, password, cancel) || row is null))
        {
            return Refuse(address, user, password, protocol, from, row is null ? SignInOutcome.NoSuchAccount : SignInOutcome.WrongPassword);
        }

        if (known!.ObjectToPassword(protocol) is { } reason)
        {
            return Refuse(address, user, password, protocol, from, reason);
        }

        if (!isCached)
        {
            await RememberAsync(row!, password, cancel);
        }

        // Only mail protocols have no second step; there the password does not count, see above.
        return known.Security.HasTwoStep ? new SignIn.SecondStep(known.Account) : Accept(address, known, null, from);
    }

    /// <summary>
    /// Keys for a SCRAM exchange, of every password that may open this protocol (made-up ones for unknown users, the same for each try). Null: too many failures,
    /// refuse. End the exchange with <see cref="CompleteScramAsync"/>.
    /// </summary>
    public async ValueTask<IReadOnlyList<ScramKeys>?> ScramKeysAsync(string user, string protocol, SignInOrigin from, CancellationToken cancel)
    {
        string address = Fold(user);
        if (_limits.Check(address, from.Address) is SignInDecision.TryLater)
        {
            Tell(protocol, user, from, SignInOutcome.TooManyFailures, null);
            return null;
        }

        Known? known = await KnownAsync(address, protocol, cancel);
        byte[] secret = await _storeSecret.GetAsync(cancel);
        ScramKeys madeUp = ScramKeys.ForUnknownUser(secret, address, ScramKeys.DefaultIterations);
        if (known is null || !ScramKeys.TryParse(known.Row.Scram, out ScramKeys? own))
        {
            return [madeUp];
        }

        // Whether a password may be used shows at the end, not by keys that are missing: the salt is the same then as ever.
        ScramKeys[] keys = [.. known.AppPasswords.Select(app => ScramKeys.TryParse(app.Scram, out ScramKeys? appKeys) ? appKeys : own).Where(own.SharesSalt)];
        return [own, .. keys];
    }

    /// <summary>The account of a user who proved to be it: by a password (SCRAM), or by a certificate that TLS has checked (EXTERNAL).</summary>
    public async ValueTask<SignIn> CompleteAsync(SaslStep.Succeeded proved, string protocol, SignInOrigin from, CancellationToken cancel)
    {
        if (proved.Keys is { } keys)
        {
            return await CompleteScramAsync(proved.User, keys, protocol, from, cancel);
        }

        string address = Fold(proved.User);
        Known? known = await KnownAsync(address, protocol, cancel);
        SignInOutcome? objection = known is not { Row.IsDisabled: false } ? SignInOutcome.CertificateVoid : known.ObjectToPassword(protocol);
        return objection is { } why ? Refuse(address, proved.User, null, protocol, from, why) : Accept(address, known!, null, from) with { By = "certificate" };
    }

    /// <summary>Counts the end of a SCRAM exchange and gives the account.</summary>
    /// <param name="proved">The keys that the proof was right for; null: for none.</param>
    public async ValueTask<SignIn> CompleteScramAsync(string user, ScramKeys? proved, string protocol, SignInOrigin from, CancellationToken cancel)
    {
        string address = Fold(user);
        if (proved is null)
        {
            return Refuse(address, user, null, protocol, from, SignInOutcome.WrongPasswordOrNoAccount);
        }

        // Looked up anew: what was proved may have changed during the exchange.
        Known? known = await KnownAsync(address, protocol, cancel);
        AppPassword? app = known?.AppPasswords.FirstOrDefault(row => ScramKeys.TryParse(row.Scram, out ScramKeys? keys) && keys.IsSame(proved))?.Password;
        SignInOutcome? objection = known is null ? SignInOutcome.NoSuchAccount
            : app is not null ? known.ObjectTo(app, protocol, _time.GetUtcNow())
            : !ScramKeys.TryParse(known.Row.Scram, out ScramKeys? own) || !own.IsSame(proved) ? SignInOutcome.PasswordChanged
            : known.ObjectToPassword(protocol);
        return objection is { } why ? Refuse(address, user, null, protocol, from, why, app?.Name) : Accept(address, known!, app, from);
    }

    /// <summary>Whether this is the password of an account that is signed in: asked before what must not be done by who only found the browser open.</summary>
    public async ValueTask<SignIn> ConfirmAsync(Account account, string password, string protocol, SignInOrigin from, CancellationToken cancel)
    {
        SignIn signIn = await CheckPasswordAsync(account.Address, password, protocol, from, cancel);
        return signIn is SignIn.SecondStep step ? new SignIn.Accepted(step.Account) : signIn;
    }

    private async ValueTask<Known?> KnownAsync(string address, string protocol, CancellationToken cancel)
    {
        long changes = Sessions.Changes;
        if (await _store.ReadAsync(AccountId.Store, session => session.Security.SignInAsync(address), cancel) is not { } rows)
        {
            return null;
        }

        bool isMail = AppScopeRules.Of(protocol) != AppScopes.None;
        return new Known(rows.Credential, rows.Account, rows.Security, isMail ? rows.AppPasswords : [], changes);
    }

    private SignIn.Wrong Refuse(
        string address, string user, string? password, string protocol, SignInOrigin from, SignInOutcome reason, string? credential = null)
    {
        _limits.Failed(address, from.Address, password);
        Tell(protocol, user, from, reason, credential);
        return new SignIn.Wrong();
    }

    /// <summary>The account as it was with the password that was right: a change since then ends the session that begins with it.</summary>
    private SignIn.Accepted Accept(string address, Known known, AppPassword? app, SignInOrigin from)
    {
        _limits.Succeeded(address, from.Address);
        return new SignIn.Accepted(known.Account) { App = app, By = app?.Name, Changes = known.Changes };
    }

    /// <summary>A hash of older parameters is made anew now that the password is at hand.</summary>
    private async ValueTask RememberAsync(CredentialRow row, string password, CancellationToken cancel)
    {
        if (!_verifier.NeedsRehash(row.PasswordHash))
        {
            _cache.Remember(row.Account, row.Version, password);
            return;
        }

        (string hash, string scram) = await _secrets.MakeAsync(password, row.Scram, cancel);
        await _store.WriteAsync(
            new[] { row.Account },
            async session =>
            {
                if (await session.Directory.AccountAsync(row.Account) is { } account && account.CredentialVersion == row.Version)
                {
                    await session.Directory.RenewHashAsync(row.Account, hash, scram);
                }

                return Done.Value;
            },
            cancel);
    }

    private void Tell(string protocol, string user, SignInOrigin from, SignInOutcome reason, string? credential)
    {
        string known = EmailAddress.TryParse(user, out EmailAddress? address) ? address.Canonical : "";
        _signIns.Refused(known, protocol, from, reason, credential);
        string words = reason.Words(credential);
        LogRefused(protocol, known.Length > 0 ? known : "(no address)", from.Address, words);
    }

    private static string Fold(string user) => EmailAddress.TryParse(user, out EmailAddress? address) ? address.Canonical : user;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Protocol} sign-in of {User} from {Remote} refused: {Reason}")]
    private partial void LogRefused(string protocol, string user, IPAddress? remote, string reason);

    /// <summary>An account that exists, with all that decides about a sign-in to it.</summary>
    /// <param name="Changes"><see cref="SignedInSessions.Changes"/> before it was read.</param>
    private sealed record Known(CredentialRow Row, Account Account, SecurityRow Security, IReadOnlyList<AppPasswordRow> AppPasswords, long Changes)
    {
        /// <summary>Why a right password, or a certificate, is not enough; null: it is.</summary>
        public SignInOutcome? ObjectToPassword(string protocol) =>
            Row.IsDisabled ? SignInOutcome.Disabled
            : Security.KeepsPasswordFromApps && AppScopeRules.Of(protocol) != AppScopes.None ? SignInOutcome.AppPasswordOnly
            : null;

        /// <summary>Why a right app password is not enough; null: it is.</summary>
        public SignInOutcome? ObjectTo(AppPassword app, string protocol, DateTimeOffset now) =>
            Row.IsDisabled ? SignInOutcome.Disabled
            : app.IsOver(now) ? SignInOutcome.AppPasswordOver
            : !app.Scopes.HasFlag(AppScopeRules.Of(protocol)) ? SignInOutcome.AppPasswordForOthers
            : null;
    }
}
