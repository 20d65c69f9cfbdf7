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

    /// <summary>Folders every account begins with (RFC 6154 §2).</summary>
    private static readonly (string Name, SpecialUse Use)[] DefaultMailboxes =
    [
        (Mailbox.Inbox, SpecialUse.None), ("Drafts", SpecialUse.Drafts), ("Sent", SpecialUse.Sent), ("Junk", SpecialUse.Junk), ("Trash", SpecialUse.Trash),
        ("Archive", SpecialUse.Archive),
    ];

    private static readonly AccountId[] StoreRows = [AccountId.Store];

    private readonly IStore _store;
    private readonly Secrets _secrets;
    private readonly TimeProvider _time;

    internal Accounts(IStore store, Secrets secrets, TimeProvider time) => (_store, _secrets, _time) = (store, secrets, time);

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

        if (Secrets.Objection(password) is { } objection)
        {
            return new Refusal.Invalid(objection);
        }

        (string hash, string scram) = await _secrets.MakeAsync(password, cancel);
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

    /// <summary>Sets a new password: the old one stops at once, on every protocol.</summary>
    public async ValueTask<Result<Done>> SetPasswordAsync(Actor actor, string address, string password, CancellationToken cancel)
    {
        if (Secrets.Objection(password) is { } objection)
        {
            return new Refusal.Invalid(objection);
        }

        (string hash, string scram) = await _secrets.MakeAsync(password, cancel);
        return await ChangeAsync(actor, address, (session, account) => session.Directory.SetCredentialAsync(account.Id, hash, scram), cancel);
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

        (string hash, string scram) = await _secrets.MakeAsync(password, cancel);
        return await _store.WriteAsync<Result<Account>>(
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
    }

    public ValueTask<Result<Done>> SetDisabledAsync(Actor actor, string address, bool disabled, CancellationToken cancel) =>
        ChangeAsync(actor, address, (session, account) => session.Directory.SetDisabledAsync(account.Id, disabled), cancel);

    public async ValueTask<Result<Done>> SetQuotaAsync(Actor actor, string address, long? quotaBytes, CancellationToken cancel) =>
        quotaBytes is < 0
            ? new Refusal.Invalid("A quota is a number of octets, 0 or more.")
            : await ChangeAsync(actor, address, (session, account) => session.Directory.SetQuotaAsync(account.Id, quotaBytes), cancel);

    /// <summary>Removes the account and all its mail.</summary>
    public ValueTask<Result<Done>> RemoveAsync(Actor actor, string address, CancellationToken cancel) =>
        ChangeAsync(actor, address, (session, account) => session.Directory.DeleteAccountAsync(account.Id), cancel);

    private async ValueTask<Result<Done>> ChangeAsync(
        Actor actor, string address, Func<IWriteSession, Account, ValueTask> change, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        return await _store.WriteAsync<Result<Done>>(
            StoreRows,
            async session =>
            {
                if (await session.Directory.AccountAsync(Fold(address)) is not { } account)
                {
                    return new Refusal.NotFound($"account {address}");
                }

                await change(session, account);
                return Done.Value;
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

    private static string Fold(string address) => EmailAddress.TryParse(address, out EmailAddress? parsed) ? parsed.Canonical : address;
}
