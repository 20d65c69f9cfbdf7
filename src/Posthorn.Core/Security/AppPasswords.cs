using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Storage;
using Posthorn.Standards.Sasl;

namespace Posthorn.Core.Security;

/// <summary>App passwords of an account, and whether apps get in by them alone.</summary>
/// <remarks>
/// A SCRAM exchange sends the salt before it knows which password the client has (RFC 5802 §3). So the keys of every app password are derived with salt and
/// iterations of the account's own keys, and the proof is tried against each of them; the account keeps its salt when its password changes.
/// </remarks>
public sealed class AppPasswords
{
    /// <summary>App passwords of one account.</summary>
    public const int Most = 50;

    /// <summary>Characters.</summary>
    public const int MaxNameLength = 60;

    internal const string Purpose = "app password";

    private readonly IStore _store;
    private readonly StoreSecret _secret;
    private readonly SignedInSessions _sessions;
    private readonly TimeProvider _time;

    internal AppPasswords(IStore store, StoreSecret secret, SignedInSessions sessions, TimeProvider time) =>
        (_store, _secret, _sessions, _time) = (store, secret, sessions, time);

    /// <summary>The oldest first; those that are over too.</summary>
    public async ValueTask<Result<IReadOnlyList<AppPassword>>> ListAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        IReadOnlyList<AppPasswordRow> rows = await _store.ReadAsync(account, session => session.Security.AppPasswordsAsync(account), cancel);
        return new Result<IReadOnlyList<AppPassword>>([.. rows.Select(row => row.Password)]);
    }

    /// <summary>Makes one. Its secret is in the answer and nowhere else.</summary>
    public async ValueTask<Result<NewAppPassword>> AddAsync(
        Actor actor, AccountId account, string name, AppScopes scopes, DateTimeOffset? expires, CancellationToken cancel)
    {
        name = name.Trim();
        DateTimeOffset now = _time.GetUtcNow();
        if ((Guarding.Object(actor, account) ?? Object(name, scopes, expires, now)) is { } refusal)
        {
            return refusal;
        }

        CredentialRow? credential = await _store.ReadAsync(account, session => CredentialAsync(session, account), cancel);
        if (credential is null || !ScramKeys.TryParse(credential.Scram, out ScramKeys? own))
        {
            return new Refusal.NotFound("such account");
        }

        string secret = AppSecret.New();
        string scram = await Task.Run(() => ScramKeys.Create(secret, own.Iterations, own.Salt).Format(), cancel);
        byte[] hash = AppSecret.Hash(await _secret.GetAsync(cancel), Purpose, account, secret);
        var password = new AppPassword(Guid.NewGuid(), name, scopes, now, expires);
        return await _store.WriteAsync<Result<NewAppPassword>>(
            new[] { account },
            async session =>
            {
                IReadOnlyList<AppPasswordRow> rows = await session.Security.AppPasswordsAsync(account);
                if (rows.Any(row => row.Password.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                {
                    return new Refusal.AlreadyExists($"An app password named {name}");
                }

                if (rows.Count >= Most)
                {
                    return new Refusal.Limit("app passwords of an account", Most);
                }

                await session.Security.InsertAppPasswordAsync(account, new AppPasswordRow(password, hash, scram));
                return new NewAppPassword(password, secret);
            },
            cancel);
    }

    /// <summary>Removes one: it opens nothing from now on, and the sessions that it opened end.</summary>
    public async ValueTask<Result<AppPassword>> RemoveAsync(Actor actor, AccountId account, Func<AppPassword, bool> which, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        Result<AppPassword> removed = await _store.WriteAsync<Result<AppPassword>>(
            new[] { account },
            async session =>
            {
                if ((await session.Security.AppPasswordsAsync(account)).FirstOrDefault(row => which(row.Password)) is not { } row)
                {
                    return new Refusal.NotFound("such app password");
                }

                await session.Security.DeleteAppPasswordAsync(account, row.Password.Id);
                return row.Password;
            },
            cancel);
        await _sessions.ReviewAsync(account);
        return removed;
    }

    public async ValueTask<Result<bool>> AreRequiredAsync(Actor actor, AccountId account, CancellationToken cancel) =>
        Guarding.Object(actor, account) is { } refusal
            ? refusal
            : (await _store.ReadAsync(account, session => session.Security.SecurityAsync(account), cancel)).KeepsPasswordFromApps;

    /// <summary>The switch: with it apps get in by app passwords alone, and those that are in by the account's password are ended.</summary>
    public async ValueTask<Result<Done>> RequireAsync(Actor actor, AccountId account, bool required, CancellationToken cancel)
    {
        if (Guarding.Object(actor, account) is { } refusal)
        {
            return refusal;
        }

        await _store.WriteAsync(
            new[] { account },
            async session =>
            {
                await session.Security.SetSecurityAsync(account, await session.Security.SecurityAsync(account) with { AppsOnly = required });
                return Done.Value;
            },
            cancel);
        await _sessions.ReviewAsync(account);
        return Done.Value;
    }

    /// <summary>The app password of this secret among the rows; each is compared in full.</summary>
    internal async ValueTask<AppPasswordRow?> FindAsync(AccountId account, IReadOnlyList<AppPasswordRow> rows, string typed, CancellationToken cancel)
    {
        if (rows.Count == 0 || AppSecret.Read(typed) is not { } secret)
        {
            return null;
        }

        byte[] hash = AppSecret.Hash(await _secret.GetAsync(cancel), Purpose, account, secret);
        AppPasswordRow? found = null;
        foreach (AppPasswordRow row in rows)
        {
            found = System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(row.Hash, hash) ? row : found;
        }

        return found;
    }

    private static async ValueTask<CredentialRow?> CredentialAsync(IReadSession session, AccountId account) =>
        await session.Directory.AccountAsync(account) is { } found ? await session.Directory.CredentialAsync(found.Address) : null;

    private static Refusal.Invalid? Object(string name, AppScopes scopes, DateTimeOffset? expires, DateTimeOffset now) =>
        name.Length == 0 ? new Refusal.Invalid("Give it a name, such as the app or the device that will have it.")
        : name.Length > MaxNameLength || name.Any(char.IsControl) ? new Refusal.Invalid($"A name has at most {MaxNameLength} characters, all of them visible.")
        : scopes is AppScopes.None || (scopes & ~AppScopes.All) != 0 ? new Refusal.Invalid("Choose at least one of IMAP, POP3 and SMTP.")
        : expires <= now ? new Refusal.Invalid("The day it ends has to be in the future.")
        : null;
}
