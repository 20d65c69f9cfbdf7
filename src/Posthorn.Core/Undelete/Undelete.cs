using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;
using Posthorn.Standards.Smtp;

namespace Posthorn.Core.Undelete;

/// <summary>
/// Brings back what was removed, for <see cref="StoreOptions.UndeleteFor"/>: messages expunged or gone with their mailbox, and whole accounts.
/// </summary>
/// <remarks>
/// A message keeps its contents, its id, its conversation and its POP3 id, and gets a new UID: its old one named a message that is gone. Octets of removed messages do not
/// count against the quota, so that deleting makes room at once; bringing them back is refused where there is no room. An account comes back whole, with its UIDs.
/// </remarks>
public sealed class Undelete
{
    /// <summary>Messages that <see cref="ListAsync"/> and <see cref="LatestAsync"/> return at the most.</summary>
    public const int ListedAtMost = 1_000;

    private static readonly AccountId[] StoreRows = [AccountId.Store];

    private readonly IStore _store;
    private readonly StoreOptions _options;

    private readonly TimeProvider _time;

    internal Undelete(IStore store, StoreOptions options, TimeProvider time) => (_store, _options, _time) = (store, options, time);

    /// <summary>Removed messages of the account, oldest removal first.</summary>
    public ValueTask<Result<IReadOnlyList<RemovedMessage>>> ListAsync(Actor actor, AccountId account, RemovedSelection selection, CancellationToken cancel) =>
        RemovedAsync(actor, account, selection, latestFirst: false, cancel);

    /// <summary>Removed messages of the account, the one removed last first: where there are more, those that somebody is most likely to miss.</summary>
    public ValueTask<Result<IReadOnlyList<RemovedMessage>>> LatestAsync(Actor actor, AccountId account, RemovedSelection selection, CancellationToken cancel) =>
        RemovedAsync(actor, account, selection, latestFirst: true, cancel);

    private async ValueTask<Result<IReadOnlyList<RemovedMessage>>> RemovedAsync(
        Actor actor, AccountId account, RemovedSelection selection, bool latestFirst, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Read) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<RemovedMessage>>(
            await _store.ReadAsync(account, session => session.Messages.RemovedAsync(account, selection, ListedAtMost, latestFirst), cancel));
    }

    /// <summary>Brings messages back, in chunks. Returns how many came.</summary>
    /// <param name="to">Name of the mailbox that takes them; null: each its own, which is made anew where it is gone.</param>
    public async ValueTask<Result<int>> RestoreAsync(Actor actor, AccountId account, RemovedSelection selection, string? to, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Insert) is { } refusal)
        {
            return refusal;
        }

        int restored = 0;
        DateTimeOffset now = _time.GetUtcNow();
        while (true)
        {
            Result<int> step = await _store.WriteAsync<Result<int>>(
                new[] { account },
                async session =>
                {
                    IReadOnlyList<RemovedMessage> messages = await session.Messages.RemovedAsync(account, selection, Messages.Messages.ChunkSize);
                    var restoration = new Restoration(session, account, _options.MaxMailboxes, now);
                    return await restoration.RunAsync(messages, to is null ? null : MailboxName.Normalize(to)) is { } objection ? objection : messages.Count;
                },
                cancel);
            if (!step.TryGet(out int chunk, out refusal))
            {
                return refusal;
            }

            restored += chunk;
            if (chunk < Messages.Messages.ChunkSize)
            {
                return restored;
            }
        }
    }

    /// <summary>Accounts that can be brought back, the one removed last first.</summary>
    public async ValueTask<Result<IReadOnlyList<RemovedAccount>>> ListAccountsAsync(Actor actor, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<RemovedAccount>>(await _store.ReadAsync(AccountId.Store, session => session.Directory.RemovedAccountsAsync(), cancel));
    }

    /// <summary>Brings back the account of this address that was removed last: password, mail, UIDs and all.</summary>
    public async ValueTask<Result<Account>> RestoreAccountAsync(Actor actor, string address, CancellationToken cancel)
    {
        if (Rights.Check(actor, AccountId.Store, Right.Administer) is { } refusal)
        {
            return refusal;
        }

        if (!EmailAddress.TryParse(address, out EmailAddress? parsed))
        {
            return new Refusal.Invalid($"\"{address}\" is not an address.");
        }

        return await _store.WriteAsync<Result<Account>>(StoreRows, session => RestoreAsync(session, parsed), cancel);
    }

    private static async ValueTask<Result<Account>> RestoreAsync(IWriteSession session, EmailAddress address)
    {
        IReadOnlyList<RemovedAccount> removed = await session.Directory.RemovedAccountsAsync();
        if (removed.FirstOrDefault(account => account.Address == address.Canonical) is not { } last)
        {
            return new Refusal.NotFound($"removed account {address.Canonical}");
        }

        if (await session.Directory.AccountAsync(address.Canonical) is not null || await session.Directory.AliasAsync(address.Canonical) is not null)
        {
            return new Refusal.AlreadyExists(address.Canonical);
        }

        if ((await session.Directory.DomainsAsync()).All(domain => domain.Name != address.Domain))
        {
            return new Refusal.NotFound($"domain {address.Domain}; add it with: posthorn domain add {address.Domain}");
        }

        await session.Directory.RestoreAccountAsync(last.Id);
        return (await session.Directory.AccountAsync(last.Id))!;
    }
}
