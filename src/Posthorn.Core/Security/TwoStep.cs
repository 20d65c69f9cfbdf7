using System.Net;
using Microsoft.Extensions.Logging;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Security;

/// <summary>How far two-step sign-in is set up.</summary>
/// <param name="Since">Null: it is off.</param>
public sealed record TwoStepState(DateTimeOffset? Since, int RecoveryCodesLeft)
{
    public bool IsOn => Since is not null;
}

/// <summary>Two-step sign-in: after the password a code of an authenticator app, or one of the recovery codes.</summary>
/// <remarks>
/// A code is taken once: the step it belongs to is stored with it, and nothing of that step or before counts again (RFC 6238 §5.2). Tries are counted for the
/// account, wherever they come from: only who knows the password gets so far, so nobody else can hold the owner up. They count before the code is looked at: nothing
/// would slow down those that are sent all at once.
/// </remarks>
public sealed partial class TwoStep
{
    private readonly IStore _store;
    private readonly StoreSecret _secret;
    private readonly SignInLimits _limits;
    private readonly SignedInSessions _sessions;
    private readonly SignInLog _signIns;
    private readonly TimeProvider _time;
    private readonly ILogger<TwoStep> _log;

    internal TwoStep(IStore store, StoreSecret secret, SignInLimits limits, SignedInSessions sessions, SignInLog signIns, TimeProvider time, ILogger<TwoStep> log) =>
        (_store, _secret, _limits, _sessions, _signIns, _time, _log) = (store, secret, limits, sessions, signIns, time, log);

    public async ValueTask<Result<TwoStepState>> StateAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        return await _store.ReadAsync(
            account,
            async session => new TwoStepState((await session.Security.SecurityAsync(account)).TotpSince, (await session.Security.RecoveryCodesAsync(account)).Count),
            cancel);
    }

    /// <summary>Turns it on with a secret that the app has shown to know. Mail apps that are in by the account's password are ended.</summary>
    /// <returns>The recovery codes, which nobody can show again.</returns>
    public async ValueTask<Result<IReadOnlyList<string>>> TurnOnAsync(Actor actor, byte[] secret, string code, CancellationToken cancel)
    {
        AccountId account = actor.Principal;
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        DateTimeOffset now = _time.GetUtcNow();
        if (secret.Length != TotpCode.SecretLength || TotpCode.StepOf(secret, code, now) is not { } step)
        {
            return new Refusal.Invalid("That is not the code that your app shows now. Look at the clock of the device, and type the next code.");
        }

        (IReadOnlyList<string> codes, byte[][] hashes) = await NewCodesAsync(account, cancel);
        await _store.WriteAsync(
            new[] { account },
            async session =>
            {
                SecurityRow row = await session.Security.SecurityAsync(account);
                await session.Security.SetSecurityAsync(account, row with { Totp = secret, TotpStep = step, TotpSince = now });
                await session.Security.SetRecoveryCodesAsync(account, hashes);
                return Done.Value;
            },
            cancel);
        await _sessions.ReviewAsync(account);
        return new Result<IReadOnlyList<string>>(codes);
    }

    /// <summary>New recovery codes; the old ones are good for nothing any more.</summary>
    public async ValueTask<Result<IReadOnlyList<string>>> RenewRecoveryCodesAsync(Actor actor, CancellationToken cancel)
    {
        AccountId account = actor.Principal;
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        (IReadOnlyList<string> codes, byte[][] hashes) = await NewCodesAsync(account, cancel);
        return await _store.WriteAsync(
            new[] { account },
            async session =>
            {
                if (!(await session.Security.SecurityAsync(account)).HasTwoStep)
                {
                    return new Refusal.Invalid("Two-step sign-in is off.");
                }

                await session.Security.SetRecoveryCodesAsync(account, hashes);
                return new Result<IReadOnlyList<string>>(codes);
            },
            cancel);
    }

    /// <summary>Turns it off, by its owner or whoever administers: the password alone is enough again.</summary>
    public async ValueTask<Result<Done>> TurnOffAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        return await _store.WriteAsync<Result<Done>>(
            new[] { account },
            async session =>
            {
                SecurityRow row = await session.Security.SecurityAsync(account);
                await session.Security.SetSecurityAsync(account, row with { Totp = null, TotpStep = 0, TotpSince = null });
                await session.Security.SetRecoveryCodesAsync(account, []);
                return Done.Value;
            },
            cancel);
    }

    /// <summary>The second step of a sign-in whose password was right.</summary>
    /// <param name="version">The credential version that the password was checked for: a new password since then makes the first step worthless.</param>
    /// <param name="typed">A code of the app, or a recovery code.</param>
    public async ValueTask<SignIn> CompleteAsync(AccountId account, long version, string typed, string protocol, SignInOrigin from, CancellationToken cancel)
    {
        string counted = $"second step of {account}";
        if (_limits.Try(counted, null) is SignInDecision.TryLater later)
        {
            return new SignIn.TryLater(later.After);
        }

        byte[]? recovery = RecoveryCodes.Read(typed) is { } code ? AppSecret.Hash(await _secret.GetAsync(cancel), RecoveryCodes.Purpose, account, code) : null;
        DateTimeOffset now = _time.GetUtcNow();
        Account? accepted = await _store.WriteAsync(new[] { account }, session => TakeAsync(session, account, version, typed, recovery, now), cancel);
        if (accepted is null)
        {
            LogWrong(protocol, account, from.Address);
            Account? tried = await _store.ReadAsync(AccountId.Store, session => session.Directory.AccountAsync(account), cancel);
            _signIns.Refused(tried?.Address ?? "", protocol, from, SignInOutcome.WrongCode);
            return new SignIn.Wrong();
        }

        _limits.Succeeded(counted, null);
        _limits.Succeeded(accepted.Address, from.Address);
        return new SignIn.Accepted(accepted) { By = recovery is null ? "two-step" : "recovery code" };
    }

    private static async ValueTask<Account?> TakeAsync(IWriteSession session, AccountId id, long version, string typed, byte[]? recovery, DateTimeOffset now)
    {
        SecurityRow row = await session.Security.SecurityAsync(id);
        if (await session.Directory.AccountAsync(id) is not { IsDisabled: false } account || account.CredentialVersion != version || row.Totp is not { } secret)
        {
            return null;
        }

        if (recovery is not null)
        {
            return await session.Security.UseRecoveryCodeAsync(id, recovery) ? account : null;
        }

        if (TotpCode.StepOf(secret, typed, now) is not { } step || step <= row.TotpStep)
        {
            return null;
        }

        await session.Security.SetSecurityAsync(id, row with { TotpStep = step });
        return account;
    }

    private async ValueTask<(IReadOnlyList<string> Codes, byte[][] Hashes)> NewCodesAsync(AccountId account, CancellationToken cancel)
    {
        byte[] secret = await _secret.GetAsync(cancel);
        IReadOnlyList<string> codes = RecoveryCodes.New();
        return (codes, [.. codes.Select(code => AppSecret.Hash(secret, RecoveryCodes.Purpose, account, RecoveryCodes.Read(code)!))]);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Protocol} sign-in to account {Account} from {Remote} refused: wrong code in the second step")]
    private partial void LogWrong(string protocol, AccountId account, IPAddress? remote);
}
