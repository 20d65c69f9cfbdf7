using Posthorn.Core.Access;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Accounts;

/// <summary>What an account may hold: asked by its owner, set by administrators. Every way by which mail comes in keeps to it.</summary>
public sealed class Quotas
{
    private readonly IStore _store;

    internal Quotas(IStore store) => _store = store;

    /// <summary>One's own account, or to an administrator any: with its limits and what it holds.</summary>
    public async ValueTask<Result<Account>> GetAsync(Actor actor, string address, CancellationToken cancel)
    {
        Account? account = await _store.ReadAsync(AccountId.Store, session => session.Directory.AccountAsync(address.ToLowerInvariant()), cancel);

        // To others it says the same of accounts that exist and of such as do not.
        return account is not null && (actor.IsAdministrator || Rights.Check(actor, account.Id, Right.Lookup) is null)
            ? account
            : new Refusal.NotFound("such quota root");
    }

    /// <summary>Both limits are set; null takes one away.</summary>
    public async ValueTask<Result<Account>> SetAsync(Actor actor, string address, long? bytes, long? messages, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        if (bytes < 0 || messages < 0)
        {
            return new Refusal.Invalid("A quota is 0 or more.");
        }

        return await _store.WriteAsync<Result<Account>>(
            new[] { AccountId.Store },
            async session =>
            {
                if (await session.Directory.AccountAsync(address.ToLowerInvariant()) is not { } account)
                {
                    return new Refusal.NotFound("such quota root");
                }

                await session.Directory.SetQuotaAsync(account.Id, bytes);
                await session.Directory.SetMessageQuotaAsync(account.Id, messages);
                return account with { QuotaBytes = bytes, QuotaMessages = messages };
            },
            cancel);
    }

    /// <summary>Why so much more mail would be refused in a mailbox; null: it would not. What counts is asked again when it is filed.</summary>
    public ValueTask<Refusal?> ObjectToAsync(Actor actor, AccountId account, MailboxId mailbox, long bytes, long messages, CancellationToken cancel) =>
        _store.ReadAsync<Refusal?>(
            account,
            async session => await Rights.CheckAsync(session, actor, account, mailbox, Right.Insert)
                ?? (await session.Directory.AccountAsync(account))?.ObjectTo(bytes, messages),
            cancel);
}
