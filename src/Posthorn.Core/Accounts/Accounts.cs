using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Accounts;

/// <summary>Accounts of the store, for whoever runs it.</summary>
public sealed class Accounts
{
    /// <summary>Characters of a password: longer ones only cost time to hash.</summary>
    public const int MaxPasswordLength = 1_000;

    /// <summary>Characters of a person's name.</summary>
    public const int MaxNameLength = 100;

    /// <summary>Folders every account begins with (RFC 6154 §2).</summary>
    private static readonly (string Name, SpecialUse Use)[] DefaultMailboxes =
    [
        (Mailbox.Inbox, SpecialUse.None), ("Drafts", SpecialUse.Drafts), ("Sent", SpecialUse.Sent), ("Junk", SpecialUse.Junk), ("Trash", SpecialUse.Trash),
        ("Archive", SpecialUse.Archive),
    ];

    private static readonly AccountId[] StoreRows = [AccountId.Store];

    private readonly IStore _store;
    private readonly Secrets _secrets;
    private readonly CredentialCache _cache;
    private readonly SignedInSessions _sessions;
    private readonly TimeProvider _time;

    private readonly StoreOptions _options;

    internal Accounts(IStore store, Secrets secrets, CredentialCache cache, SignedInSessions sessions, StoreOptions options, TimeProvider time) =>
        (_store, _secrets, _cache, _sessions, _options, _time) = (store, secrets, cache, sessions, options, time);

    /// <summary>Adds an account with its default mailboxes. The domain must exist.</summary>
    public async ValueTask<Result<Account>> AddAsync(
        Actor actor, string address, string password, string? name, bool isAdministrator, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        if (!EmailAddress.TryParse(address, out EmailAddress? parsed) || parsed.Tag is not null || parsed.IsAddressLiteral)
        {
            return new Refusal.Invalid($"\"{address}\" is not an address for an account. Write local@domain, without a +tag.");
        }

        if (name is not null && ObjectToName(name) is { } unusable)
        {
            return unusable;
        }

        if (Secrets.Objection(password) is { } objection)
        {
            return new Refusal.Invalid(objection);
        }

        (string hash, string scram) = await _secrets.MakeAsync(password, null, cancel);
        DateTimeOffset now = _time.GetUtcNow();
        return await _store.WriteAsync<Result<Account>>(
            StoreRows, session => AddAsync(session, parsed, name, isAdministrator, hash, scram, now), cancel);
    }

    public async ValueTask<Result<IReadOnlyList<Account>>> ListAsync(Actor actor, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<Account>>(await _store.ReadAsync(AccountId.Store, session => session.Directory.AccountsAsync(), cancel));
    }

    public async ValueTask<Result<Account>> GetAsync(Actor actor, string address, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        return await _store.ReadAsync(AccountId.Store, session => session.Directory.AccountAsync(Fold(address)), cancel) is { } account
            ? account
            : new Refusal.NotFound($"account {address}");
    }

    /// <summary>Sets a new password: the old one stops at once, on every protocol, and so does what is signed in with it.</summary>
    public async ValueTask<Result<Done>> SetPasswordAsync(Actor actor, string address, string password, CancellationToken cancel)
    {
        if (Secrets.Objection(password) is { } objection)
        {
            return new Refusal.Invalid(objection);
        }

        (string hash, string scram) = await _secrets.MakeAsync(password, await ScramAsync(session => session.Directory.CredentialAsync(Fold(address)), cancel), cancel);
        return await ChangeCredentialsAsync(actor, address, (session, account) => session.Directory.SetCredentialAsync(account.Id, hash, scram), cancel);
    }

    /// <summary>The account that signed in, as it is now.</summary>
    public async ValueTask<Result<Account>> OwnAsync(Actor actor, CancellationToken cancel) =>
        await _store.ReadAsync(AccountId.Store, session => session.Directory.AccountAsync(actor.Principal), cancel) is { } account
            ? account
            : new Refusal.NotFound("account of yours");

    /// <summary>A person's own new password; the caller has just verified the old one. See <see cref="SetPasswordAsync"/>.</summary>
    /// <returns>The account with its new credential version.</returns>
    public async ValueTask<Result<Account>> SetOwnPasswordAsync(Actor actor, string password, CancellationToken cancel)
    {
        if (Secrets.Objection(password) is { } objection)
        {
            return new Refusal.Invalid(objection);
        }

        string? old = await ScramAsync(
            async session => await session.Directory.AccountAsync(actor.Principal) is { } account ? await session.Directory.CredentialAsync(account.Address) : null, cancel);
        (string hash, string scram) = await _secrets.MakeAsync(password, old, cancel);
        Result<Account> changed = await _store.WriteAsync<Result<Account>>(
            StoreRows,
            async session =>
            {
                if (await session.Directory.AccountAsync(actor.Principal) is null)
                {
                    return new Refusal.NotFound("account of yours");
                }

                await session.Directory.SetCredentialAsync(actor.Principal, hash, scram);
                return (await session.Directory.AccountAsync(actor.Principal))!;
            },
            cancel);
        await CredentialsChangedAsync(actor.Principal);
        return changed;
    }

    /// <summary>The person's name, as others read it in what they send.</summary>
    /// <param name="name">Empty: none.</param>
    public async ValueTask<Result<Done>> SetNameAsync(Actor actor, string address, string name, CancellationToken cancel) =>
        ObjectToName(name) is { } refusal ? refusal
        : (await ChangeAsync(actor, address, (session, account) => session.Directory.SetNameAsync(account.Id, NameOf(name)), cancel)).Map(static _ => Done.Value);

    /// <summary>A person's own name: see <see cref="SetNameAsync"/>.</summary>
    public async ValueTask<Result<Done>> SetOwnNameAsync(Actor actor, string name, CancellationToken cancel)
    {
        if (actor.Scopes is not null)
        {
            return new Refusal.Denied(Right.Administer);
        }

        return ObjectToName(name) is { } refusal ? refusal : await _store.WriteAsync<Result<Done>>(
            StoreRows,
            async session =>
            {
                if (await session.Directory.AccountAsync(actor.Principal) is null)
                {
                    return new Refusal.NotFound("account of yours");
                }

                await session.Directory.SetNameAsync(actor.Principal, NameOf(name));
                return Done.Value;
            },
            cancel);
    }

    public ValueTask<Result<Done>> SetDisabledAsync(Actor actor, string address, bool disabled, CancellationToken cancel) =>
        ChangeCredentialsAsync(actor, address, (session, account) => session.Directory.SetDisabledAsync(account.Id, disabled), cancel);

    /// <summary>Whether the account is nobody's own: then administrators may do everything in it, and its mailboxes are below Shared to who may see them.</summary>
    public async ValueTask<Result<Done>> SetSharedAsync(Actor actor, string address, bool isShared, CancellationToken cancel) =>
        (await ChangeAsync(actor, address, (session, account) => session.Directory.SetSharedAsync(account.Id, isShared), cancel)).Map(static _ => Done.Value);

    public async ValueTask<Result<Done>> SetQuotaAsync(Actor actor, string address, long? quotaBytes, CancellationToken cancel) =>
        quotaBytes is < 0
            ? new Refusal.Invalid("A quota is a number of octets, 0 or more.")
            : (await ChangeAsync(actor, address, (session, account) => session.Directory.SetQuotaAsync(account.Id, quotaBytes), cancel)).TryGet(out _, out Refusal? refusal)
                ? Done.Value
                : refusal;

    /// <summary>Removes the account. Its mail stays for <see cref="StoreOptions.UndeleteFor"/>: see <see cref="Undelete.Undelete"/>.</summary>
    public ValueTask<Result<Done>> RemoveAsync(Actor actor, string address, CancellationToken cancel)
    {
        DateTimeOffset? keptFrom = _options.KeptFrom(_time);
        return ChangeCredentialsAsync(
            actor, address,
            (session, account) => keptFrom is { } now ? session.Directory.SetAsideAccountAsync(account.Id, now) : session.Directory.DeleteAccountAsync(account.Id), cancel);
    }

    private async ValueTask<string?> ScramAsync(Func<IReadSession, ValueTask<CredentialRow?>> find, CancellationToken cancel) =>
        (await _store.ReadAsync(AccountId.Store, find, cancel))?.Scram;

    /// <summary>A person ends the own account; the caller has just verified the password. What stays, and for how long: see <see cref="RemoveAsync"/>.</summary>
    public async ValueTask<Result<Done>> CloseOwnAsync(Actor actor, CancellationToken cancel)
    {
        if (actor.Scopes is not null)
        {
            return new Refusal.Denied(Right.Administer);
        }

        DateTimeOffset? keptFrom = _options.KeptFrom(_time);
        Result<Done> closed = await _store.WriteAsync<Result<Done>>(
            StoreRows,
            async session =>
            {
                if (await session.Directory.AccountAsync(actor.Principal) is not { } account)
                {
                    return new Refusal.NotFound("account of yours");
                }

                bool hasOthers = (await session.Directory.AccountsAsync()).Any(other => other.Id != account.Id && other is { IsAdministrator: true, IsDisabled: false });
                if (account.IsAdministrator && !hasOthers)
                {
                    return new Refusal.Invalid("This is the only account that administers the server. Make another administrator first.");
                }

                await (keptFrom is { } now ? session.Directory.SetAsideAccountAsync(account.Id, now) : session.Directory.DeleteAccountAsync(account.Id));
                return Done.Value;
            },
            cancel);
        await CredentialsChangedAsync(actor.Principal);
        return closed;
    }

    /// <summary>A change after which a sign-in of before counts no more.</summary>
    private async ValueTask<Result<Done>> ChangeCredentialsAsync(
        Actor actor, string address, Func<IWriteSession, Account, ValueTask> change, CancellationToken cancel)
    {
        if (!(await ChangeAsync(actor, address, change, cancel)).TryGet(out AccountId changed, out Refusal? refusal))
        {
            return refusal;
        }

        await CredentialsChangedAsync(changed);
        return Done.Value;
    }

    private Task CredentialsChangedAsync(AccountId account)
    {
        _cache.Forget(account);
        return _sessions.ReviewAsync(account);
    }

    /// <returns>The account that was changed.</returns>
    private async ValueTask<Result<AccountId>> ChangeAsync(
        Actor actor, string address, Func<IWriteSession, Account, ValueTask> change, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        return await _store.WriteAsync<Result<AccountId>>(
            StoreRows,
            async session =>
            {
                if (await session.Directory.AccountAsync(Fold(address)) is not { } account)
                {
                    return new Refusal.NotFound($"account {address}");
                }

                await change(session, account);
                return account.Id;
            },
            cancel);
    }

    private static async ValueTask<Result<Account>> AddAsync(
        IWriteSession session, EmailAddress address, string? name, bool isAdministrator, string hash, string scram, DateTimeOffset now)
    {
        if ((await session.Directory.DomainsAsync()).All(domain => domain.Name != address.Domain))
        {
            return new Refusal.NotFound($"domain {address.Domain}; add it with: posthorn domain add {address.Domain}");
        }

        if (await session.Directory.AccountAsync(address.Canonical) is not null || await session.Directory.AliasAsync(address.Canonical) is not null)
        {
            return new Refusal.AlreadyExists(address.Canonical);
        }

        AccountId id = await session.Directory.InsertAccountAsync(address.Canonical, name, isAdministrator, hash, scram, now);
        foreach ((string mailbox, SpecialUse use) in DefaultMailboxes)
        {
            await session.Mailboxes.InsertAsync(id, mailbox, use, isContainer: false);
            await session.Mailboxes.SubscribeAsync(id, mailbox, true);
        }

        return (await session.Directory.AccountAsync(id))!;
    }

    // It stands in header fields: a line end in it would begin another.
    private static Refusal.Invalid? ObjectToName(string name) => name.Trim().Length > MaxNameLength || name.Any(char.IsControl)
        ? new Refusal.Invalid($"A name has at most {MaxNameLength} characters, all of them visible.")
        : null;

    private static string? NameOf(string name) => string.IsNullOrWhiteSpace(name) ? null : name.Trim();

    private static string Fold(string address) => EmailAddress.TryParse(address, out EmailAddress? parsed) ? parsed.Canonical : address;
}
