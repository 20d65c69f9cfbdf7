using System.Net;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Storage;
using Posthorn.Standards.Sasl;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Accounts;

/// <summary>What a sign-in came to.</summary>
public abstract record SignIn
{
    private SignIn()
    {
    }

    public sealed record Accepted(Account Account) : SignIn;

    /// <summary>Wrong password, unknown or disabled account: one answer for all.</summary>
    public sealed record Wrong : SignIn;

    /// <summary>Too many failures from there; the password was not looked at.</summary>
    public sealed record TryLater(TimeSpan After) : SignIn;
}

/// <summary>The one service that checks credentials, for every protocol.</summary>
/// <remarks>
/// Unknown users cost what known ones cost. A password that was verified a short while ago is taken from the cache; a new password, disabling and
/// removing raise the account's credential version, so that nothing cached counts any more. Every refusal is logged with its reason, which the client is not
/// told; what was given as a user name only where it is an address: people type passwords there.
/// </remarks>
public sealed partial class Credentials
{
    private readonly IStore _store;
    private readonly PasswordVerifier _verifier;
    private readonly Secrets _secrets;
    private readonly CredentialCache _cache;
    private readonly SignInLimits _limits;
    private readonly ILogger<Credentials> _log;
    private byte[]? _storeSecret;

    internal Credentials(IStore store, PasswordVerifier verifier, Secrets secrets, CredentialCache cache, SignInLimits limits, ILogger<Credentials> log) =>
        (_store, _verifier, _secrets, _cache, _limits, _log) = (store, verifier, secrets, cache, limits, log);

    /// <param name="user">As the client gave it: the full address.</param>
    /// <param name="protocol">For the record of sign-ins.</param>
    public async ValueTask<SignIn> CheckPasswordAsync(string user, string password, string protocol, IPAddress? remote, CancellationToken cancel)
    {
        string address = Fold(user);
        if (_limits.Check(address, remote) is SignInDecision.TryLater later)
        {
            Tell(protocol, user, remote, "too many failures from there; the password was not looked at");
            return new SignIn.TryLater(later.After);
        }

        CredentialRow? row = await _store.ReadAsync(AccountId.Store, session => session.Directory.CredentialAsync(address), cancel);
        bool isKnown = row is not null && _cache.IsVerified(row.Account, row.Version, password);
        if (!isKnown && (!await _verifier.VerifyAsync(row?.PasswordHash, password, cancel) || row is null))
        {
            _limits.Failed(address, remote, password);
            Tell(protocol, user, remote, row is null ? "there is no such account" : "wrong password");
            return new SignIn.Wrong();
        }

        if (row!.IsDisabled)
        {
            _limits.Failed(address, remote, password);
            Tell(protocol, user, remote, "the account is disabled");
            return new SignIn.Wrong();
        }

        if (!isKnown)
        {
            await RememberAsync(row, password, cancel);
        }

        return await AcceptAsync(address, row.Account, remote, cancel);
    }

    /// <summary>
    /// Keys for a SCRAM exchange (made-up ones for unknown users, the same for each try). Null: too many failures, refuse. End the exchange with
    /// <see cref="CompleteScramAsync"/>.
    /// </summary>
    public async ValueTask<ScramKeys?> ScramKeysAsync(string user, IPAddress? remote, CancellationToken cancel)
    {
        string address = Fold(user);
        if (_limits.Check(address, remote) is SignInDecision.TryLater)
        {
            return null;
        }

        CredentialRow? row = await _store.ReadAsync(AccountId.Store, session => session.Directory.CredentialAsync(address), cancel);
        return row is { IsDisabled: false } && ScramKeys.TryParse(row.Scram, out ScramKeys? keys)
            ? keys
            : ScramKeys.ForUnknownUser(await StoreSecretAsync(cancel), address, ScramKeys.DefaultIterations);
    }

    /// <summary>Counts the end of a SCRAM exchange and gives the account.</summary>
    public async ValueTask<SignIn> CompleteScramAsync(string user, bool proofWasRight, string protocol, IPAddress? remote, CancellationToken cancel)
    {
        string address = Fold(user);
        CredentialRow? row = proofWasRight ? await _store.ReadAsync(AccountId.Store, session => session.Directory.CredentialAsync(address), cancel) : null;
        if (row is not { IsDisabled: false })
        {
            _limits.Failed(address, remote, null);
            Tell(protocol, user, remote, proofWasRight ? "the account is disabled or gone" : "wrong password, or no such account");
            return new SignIn.Wrong();
        }

        return await AcceptAsync(address, row.Account, remote, cancel);
    }

    private async ValueTask<SignIn> AcceptAsync(string address, AccountId id, IPAddress? remote, CancellationToken cancel)
    {
        Account? account = await _store.ReadAsync(AccountId.Store, session => session.Directory.AccountAsync(id), cancel);
        if (account is not { IsDisabled: false })
        {
            return new SignIn.Wrong();
        }

        _limits.Succeeded(address, remote);
        return new SignIn.Accepted(account);
    }

    /// <summary>A hash of older parameters is made anew now that the password is at hand.</summary>
    private async ValueTask RememberAsync(CredentialRow row, string password, CancellationToken cancel)
    {
        if (!_verifier.NeedsRehash(row.PasswordHash))
        {
            _cache.Remember(row.Account, row.Version, password);
            return;
        }

        (string hash, string scram) = await _secrets.MakeAsync(password, cancel);
        await _store.WriteAsync(
            new[] { row.Account },
            async session =>
            {
                if (await session.Directory.AccountAsync(row.Account) is { } account && account.CredentialVersion == row.Version)
                {
                    await session.Directory.SetCredentialAsync(row.Account, hash, scram);
                }

                return Done.Value;
            },
            cancel);
    }

    private async ValueTask<byte[]> StoreSecretAsync(CancellationToken cancel) => _storeSecret ??= Convert.FromHexString(
        await _store.ReadAsync(AccountId.Store, session => session.Directory.SettingAsync("secret"), cancel) ?? throw new InvalidDataException("The store has no secret."));

    private void Tell(string protocol, string user, IPAddress? remote, string reason)
    {
        if (_log.IsEnabled(LogLevel.Information))
        {
            LogRefused(protocol, EmailAddress.TryParse(user, out EmailAddress? address) ? address.Canonical : "(no address)", remote, reason);
        }
    }

    private static string Fold(string user) => EmailAddress.TryParse(user, out EmailAddress? address) ? address.Canonical : user;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Protocol} sign-in of {User} from {Remote} refused: {Reason}")]
    private partial void LogRefused(string protocol, string user, IPAddress? remote, string reason);
}
