using Posthorn.Core.Security;
using Posthorn.Core.Storage;
using Posthorn.Standards.Smtp;
using Posthorn.Standards.Srs;

namespace Posthorn.Core.Accounts;

/// <summary>
/// Resolves recipients: accounts, <c>user+tag</c>, aliases, catch-alls, postmaster and abuse of every domain (to the administrators), and the way back of mail that
/// was forwarded.
/// </summary>
public sealed class Recipients
{
    /// <summary>Aliases that lead to aliases: further ones are taken as they stand.</summary>
    private const int MaxAliasDepth = 8;

    /// <summary>Mailboxes every domain has (RFC 2142 §5, RFC 5321 §4.5.1).</summary>
    private static readonly string[] RequiredUsers = ["postmaster", "abuse"];

    private readonly IStore _store;
    private readonly Domains _domains;
    private readonly StoreSecret _secret;
    private readonly TimeProvider _time;

    internal Recipients(IStore store, Domains domains, StoreSecret secret, TimeProvider time) => (_store, _domains, _secret, _time) = (store, domains, secret, time);

    public async ValueTask<Recipient> ResolveAsync(EmailAddress address, CancellationToken cancel)
    {
        if (await _domains.FindAsync(address.Domain, cancel) is null)
        {
            return new Recipient.Foreign();
        }

        if (Srs0.Is(address))
        {
            return Srs0.TryRead(address, await _secret.GetAsync(cancel), _time.GetUtcNow(), out EmailAddress? sender)
                ? new Recipient.Local([], [sender.ToString()]) { IsForBounces = true }
                : new Recipient.Unknown();
        }

        if (Srs1.Is(address))
        {
            return Srs1.TryRead(address, await _secret.GetAsync(cancel), out EmailAddress? first)
                ? new Recipient.Local([], [first.ToString()]) { IsForBounces = true }
                : new Recipient.Unknown();
        }

        return await _store.ReadAsync(AccountId.Store, session => ResolveAsync(session.Directory, address), cancel);
    }

    /// <summary>True when the account may send as the address: its own, an alias that names it alone, with or without a tag.</summary>
    /// <param name="account">Signed in. Its own address needs no look: it never changes, and when the account is disabled or removed its sessions end.</param>
    public async ValueTask<bool> MaySendAsAsync(Account account, EmailAddress address, CancellationToken cancel) =>
        address.Canonical == account.Address
        || await _store.ReadAsync(
            account.Id,
            async session => await session.Directory.AccountAsync(account.Id) is { IsDisabled: false } sender
                && await session.Directory.AliasAsync(address.Canonical) is { Targets: [var only] } && only == sender.Address,
            cancel);

    /// <summary>What <see cref="MaySendAsAsync"/> allows, as a list: its own address first. Catch-alls and tags have no end and are not listed.</summary>
    public async ValueTask<IReadOnlyList<string>> SendersAsync(AccountId account, CancellationToken cancel) => await _store.ReadAsync<IReadOnlyList<string>>(
        account,
        async session => await session.Directory.AccountAsync(account) is { } sender
            ? [sender.Address, .. (await session.Directory.AliasesOfAsync(sender.Address)).Select(static alias => alias.Address).Where(static address => address[0] != '@')]
            : [],
        cancel);

    /// <summary>The same within a transaction, for an address of a domain of ours.</summary>
    internal static async ValueTask<Recipient> ResolveAsync(IReadDirectory directory, EmailAddress address)
    {
        if (await directory.AccountAsync(address.Canonical) is { } account)
        {
            return account.IsDisabled ? new Recipient.Disabled() : Reached([account], []);
        }

        Alias? alias = await directory.AliasAsync(address.Canonical);
        if (alias is null && RequiredUsers.Contains(address.User))
        {
            return await AdministratorsAsync(directory);
        }

        alias ??= await directory.AliasAsync("@" + address.Domain);
        return alias is null ? new Recipient.Unknown() : await ExpandAsync(directory, alias);
    }

    private static async ValueTask<Recipient> AdministratorsAsync(IReadDirectory directory)
    {
        Account[] administrators = [.. (await directory.AccountsAsync()).Where(account => account is { IsAdministrator: true, IsDisabled: false })];
        return Reached(administrators, []);
    }

    /// <summary>Whoever has no room is reached by the queue, which waits for it, so that the others do not; where nobody has, the sender waits.</summary>
    private static Recipient Reached(IReadOnlyCollection<Account> accounts, List<string> elsewhere)
    {
        Account[] full = [.. accounts.Where(static account => account.IsOverQuota)];
        return accounts.Count + elsewhere.Count == 0 ? new Recipient.Unknown()
            : full.Length == accounts.Count + elsewhere.Count ? new Recipient.OverQuota(full[0].QuotaBytes ?? full[0].DomainQuotaBytes ?? 0)
            : new Recipient.Local([.. accounts.Except(full)], [.. full.Select(static account => account.Address), .. elsewhere]);
    }

    private static async ValueTask<Recipient> ExpandAsync(IReadDirectory directory, Alias alias)
    {
        var accounts = new Dictionary<AccountId, Account>();
        var elsewhere = new List<string>();
        var seen = new HashSet<string> { alias.Address };
        var open = new Queue<(string Address, int Depth)>(alias.Targets.Select(target => (target, 1)));
        while (open.TryDequeue(out (string Address, int Depth) next))
        {
            if (!seen.Add(next.Address))
            {
                continue;
            }

            if (await directory.AccountAsync(next.Address) is { } account)
            {
                if (!account.IsDisabled)
                {
                    accounts[account.Id] = account;
                }
            }
            else if (next.Depth < MaxAliasDepth && await directory.AliasAsync(next.Address) is { } inner)
            {
                foreach (string target in inner.Targets)
                {
                    open.Enqueue((target, next.Depth + 1));
                }
            }
            else
            {
                elsewhere.Add(next.Address);
            }
        }

        return Reached(accounts.Values, elsewhere);
    }
}
