using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Changes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Mailboxes;

/// <summary>Operations on the mailboxes of an account. Names are full names in Unicode, levels separated by '/'; INBOX folds its case.</summary>
public sealed class Mailboxes
{
    private readonly IStore _store;
    private readonly StoreOptions _options;
    private readonly SnapshotCache _snapshots;
    private readonly TimeProvider _time;

    internal Mailboxes(IStore store, StoreOptions options, TimeProvider time)
    {
        (_store, _options, _time) = (store, options, time);
        _snapshots = new SnapshotCache(store);
    }

    /// <summary>For tests, which make large what is small.</summary>
    internal SnapshotCache Snapshots => _snapshots;

    /// <summary>All of them, by name, INBOX first.</summary>
    public async ValueTask<Result<IReadOnlyList<Mailbox>>> ListAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Lookup) is { } refusal)
        {
            return refusal;
        }

        IReadOnlyList<Mailbox> all = await _store.ReadAsync(account, session => session.Mailboxes.ListAsync(account), cancel);
        return new List<Mailbox>(all.OrderByDescending(mailbox => mailbox.Name == Mailbox.Inbox).ThenBy(mailbox => mailbox.Name, StringComparer.Ordinal));
    }

    /// <summary>One by name; Refusal.NotFound where there is none or it is a bare container.</summary>
    public async ValueTask<Result<Mailbox>> FindAsync(Actor actor, AccountId account, string name, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Lookup) is { } refusal)
        {
            return refusal;
        }

        string normal = MailboxName.Normalize(name);
        return await _store.ReadAsync(account, session => session.Mailboxes.FindAsync(account, normal), cancel) is { IsContainer: false } mailbox
            ? mailbox
            : new Refusal.NotFound("such mailbox");
    }

    public ValueTask<Result<Mailbox>> GetAsync(Actor actor, AccountId account, MailboxId mailbox, CancellationToken cancel) =>
        _store.ReadAsync<Result<Mailbox>>(
            account,
            async session => await Rights.CheckAsync(session, actor, account, mailbox, Right.Lookup) is { } refusal ? refusal
                : await session.Mailboxes.GetAsync(account, mailbox) is { } found ? found
                : new Refusal.NotFound("such mailbox"),
            cancel);

    /// <summary>Whose mailbox a name means, and what its owner calls it. Of a name in another account nothing is said yet: not that it exists.</summary>
    public async ValueTask<Result<MailboxPlace>> PlaceAsync(Actor actor, string name, CancellationToken cancel)
    {
        string normal = MailboxName.Normalize(name);
        if (!Namespaces.TrySplit(normal, out bool isShared, out string address, out string inner))
        {
            return new MailboxPlace(actor.Principal, normal, null);
        }

        Account? owner = await _store.ReadAsync(AccountId.Store, session => session.Directory.AccountAsync(address), cancel);
        return owner is not null && owner.IsShared == isShared && inner.Length > 0 ? new MailboxPlace(owner.Id, inner, owner) : new Refusal.NotFound("such mailbox");
    }

    /// <summary>A mailbox as the actor names it: one's own, or another's that one may see, its name with that of its owner.</summary>
    public async ValueTask<Result<Mailbox>> ResolveAsync(Actor actor, string name, CancellationToken cancel)
    {
        if (!(await PlaceAsync(actor, name, cancel)).TryGet(out MailboxPlace? place, out Refusal? refusal))
        {
            return refusal;
        }

        if (place.Owner is not { } owner)
        {
            return await FindAsync(actor, place.Account, place.Name, cancel);
        }

        return await _store.ReadAsync<Result<Mailbox>>(
            owner.Id,
            async session => await session.Mailboxes.FindAsync(owner.Id, place.Name) is { IsContainer: false } mailbox
                && (await Rights.OfAsync(session, actor, owner.Id, mailbox.Id)).Reveals
                ? mailbox with { Name = Namespaces.Join(owner, mailbox.Name) }
                : new Refusal.NotFound("such mailbox"),
            cancel);
    }

    /// <summary>Mailboxes of others that the actor may see, under the names by which it finds them.</summary>
    public async ValueTask<IReadOnlyList<Mailbox>> GrantedAsync(Actor actor, CancellationToken cancel)
    {
        (IReadOnlyList<GrantedMailbox> granted, IReadOnlyList<Account> shared) = await _store.ReadAsync(
            AccountId.Store,
            async session => (
                await session.Mailboxes.GrantedAsync(actor.Principal),
                actor.IsAdministrator ? [.. (await session.Directory.AccountsAsync()).Where(account => account.IsShared)] : (IReadOnlyList<Account>)[]),
            cancel);
        var visible = new List<Mailbox>();
        foreach (AccountId account in granted.Select(grant => grant.Account).Concat(shared.Select(owner => owner.Id)).Distinct().Where(account => account != actor.Principal))
        {
            ILookup<MailboxId, Grant> grants = granted.Where(grant => grant.Account == account).ToLookup(grant => grant.Mailbox, grant => new Grant(actor.Principal, grant.Rights));
            visible.AddRange(await _store.ReadAsync(
                account,
                async session => await session.Directory.AccountAsync(account) is { } owner
                    ? [.. (await session.Mailboxes.ListAsync(account))
                        .Where(mailbox => Rights.Sum(owner, actor, grants[mailbox.Id]).Has(Right.Lookup))
                        .Select(mailbox => mailbox with { Name = Namespaces.Join(owner, mailbox.Name), Use = SpecialUse.None })]
                    : (IReadOnlyList<Mailbox>)[],
                cancel));
        }

        return visible;
    }

    /// <summary>CREATE: missing parents come with it (RFC 9051 §6.3.4). A trailing separator is ignored.</summary>
    public ValueTask<Result<Mailbox>> CreateAsync(Actor actor, AccountId account, string name, SpecialUse use, CancellationToken cancel) =>
        ChangeAsync(
            account,
            session => CheckAroundAsync(session, actor, account, MailboxName.Normalize(name)),
            session => MailboxTree.CreateAsync(session, account, MailboxName.Normalize(name), use, _options.MaxMailboxes),
            cancel);

    /// <summary>RENAME with all children in one transaction; INBOX: its messages move to the new name (RFC 9051 §6.3.6).</summary>
    public ValueTask<Result<Mailbox>> RenameAsync(Actor actor, AccountId account, string from, string to, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        return ChangeAsync(
            account,
            async session => await CheckRenameAsync(session, actor, account, MailboxName.Normalize(from))
                ?? await CheckAroundAsync(session, actor, account, MailboxName.Normalize(to)),
            session => MailboxTree.RenameAsync(session, account, MailboxName.Normalize(from), MailboxName.Normalize(to), _options.MaxMailboxes, now), cancel);
    }

    /// <summary>DELETE with the messages; refused while there are children (RFC 9051 §6.3.5).</summary>
    public ValueTask<Result<Done>> DeleteAsync(Actor actor, AccountId account, string name, CancellationToken cancel)
    {
        DateTimeOffset now = _time.GetUtcNow();
        DateTimeOffset? keptFrom = _options.KeptFrom(_time);
        return ChangeAsync(
            account,
            session => CheckAsync(session, actor, account, MailboxName.Normalize(name), Right.DeleteMailbox),
            session => MailboxTree.DeleteAsync(session, account, MailboxName.Normalize(name), keptFrom, now),
            cancel);
    }

    /// <summary>Subscriptions are names and outlive their mailbox (RFC 9051 §6.3.7).</summary>
    public ValueTask<Result<Done>> SubscribeAsync(Actor actor, AccountId account, string name, bool subscribed, CancellationToken cancel) =>
        ChangeAsync<Done>(
            account,
            _ => new(Rights.Check(actor, account, Right.Lookup)),
            async session =>
            {
                string normal = MailboxName.Normalize(name);
                if (subscribed && MailboxName.Objection(normal) is { } objection)
                {
                    return new Refusal.Invalid(objection);
                }

                // The names need no mailbox: nothing else bounds them.
                if (subscribed && await session.Mailboxes.CountOtherSubscriptionsAsync(account, normal) >= _options.MaxSubscriptions)
                {
                    return new Refusal.Limit("subscriptions of an account", _options.MaxSubscriptions);
                }

                await session.Mailboxes.SubscribeAsync(account, normal, subscribed);
                await session.Changes.AddAsync(
                    account, await session.ModSeqAsync(account), CollectionKind.Subscriptions, 0, ChangeKind.Changed, UidSet.Empty);
                return Done.Value;
            },
            cancel);

    public async ValueTask<Result<IReadOnlyList<string>>> SubscriptionsAsync(Actor actor, AccountId account, CancellationToken cancel)
    {
        if (Rights.Check(actor, account, Right.Lookup) is { } refusal)
        {
            return refusal;
        }

        return new Result<IReadOnlyList<string>>(await _store.ReadAsync(account, session => session.Mailboxes.SubscriptionsAsync(account), cancel));
    }

    /// <summary>Opens a mailbox for a session: the snapshot of now, brought up from the change log later.</summary>
    public async ValueTask<Result<MailboxSnapshot>> SnapshotAsync(Actor actor, AccountId account, MailboxId mailbox, CancellationToken cancel)
    {
        if (Rights.IsOwn(actor, account))
        {
            if (Rights.Check(actor, account, Right.Read) is { } denied)
            {
                return denied;
            }

            return await _snapshots.GetAsync(account, mailbox, cancel) is { } own ? own : new Refusal.NotFound("such mailbox");
        }

        if (await _store.ReadAsync(account, session => Rights.CheckAsync(session, actor, account, mailbox, Right.Read), cancel) is { } refusal)
        {
            return refusal;
        }

        return await _snapshots.GetAsync(account, mailbox, actor.Principal, cancel) is { } snapshot ? snapshot : new Refusal.NotFound("such mailbox");
    }

    /// <summary>What the change log says of a mailbox from a modseq up to a view of it. Null: it does not reach back so far, and what is there has to be looked at.</summary>
    public async ValueTask<Result<ChangedUids?>> ChangedSinceAsync(Actor actor, MailboxSnapshot view, ModSeq since, CancellationToken cancel)
    {
        Mailbox mailbox = view.Mailbox;
        Refusal? refusal = Rights.IsOwn(actor, mailbox.Account)
            ? Rights.Check(actor, mailbox.Account, Right.Read)
            : await _store.ReadAsync(mailbox.Account, session => Rights.CheckAsync(session, actor, mailbox.Account, mailbox.Id, Right.Read), cancel);
        if (refusal is not null)
        {
            return refusal;
        }

        if (since >= mailbox.HighestModSeq)
        {
            return new ChangedUids(UidSet.Empty, UidSet.Empty);
        }

        return await _store.ReadAsync(
            mailbox.Account,
            async session =>
            {
                if (since < await session.Changes.OldestAsync(mailbox.Account))
                {
                    return null;
                }

                ChangedUids logged = await session.Changes.UidsSinceAsync(mailbox.Account, mailbox.Id, since);
                ChangedUids later = await session.Changes.UidsSinceAsync(mailbox.Account, mailbox.Id, mailbox.HighestModSeq);
                return logged with { Removed = logged.Removed.Except(later.Removed) };
            },
            cancel);
    }

    /// <summary>
    /// Which of <paramref name="known"/> went since a modseq and are not in the view. Where the log does not reach back so far, all that are not there:
    /// the client hears of some again, and misses none (RFC 7162 §3.2.6).
    /// </summary>
    public async ValueTask<Result<UidSet>> VanishedSinceAsync(Actor actor, MailboxSnapshot view, ModSeq since, UidSet known, CancellationToken cancel)
    {
        Result<ChangedUids?> found = await ChangedSinceAsync(actor, view, since, cancel);
        if (!found.TryGet(out ChangedUids? logged, out Refusal? refusal))
        {
            return refusal;
        }

        if (logged is null)
        {
            await view.LoadAsync(cancel);
        }

        return view.Vanished(known, logged);
    }

    private ValueTask<Result<T>> ChangeAsync<T>(
        AccountId account, Func<IWriteSession, ValueTask<Refusal?>> check, Func<IWriteSession, ValueTask<Result<T>>> change, CancellationToken cancel) =>
        _store.WriteAsync<Result<T>>(new[] { account }, async session => await check(session) is { } refusal ? refusal : await change(session), cancel);

    /// <summary>The right on a mailbox by its name.</summary>
    private static async ValueTask<Refusal?> CheckAsync(IWriteSession session, Actor actor, AccountId account, string name, Right right) =>
        Rights.IsOwn(actor, account) ? Rights.Check(actor, account, right)
        : await session.Mailboxes.FindAsync(account, name) is { } mailbox ? await Rights.CheckAsync(session, actor, account, mailbox.Id, right)
        : new Refusal.NotFound("such mailbox");

    /// <summary>RFC 4314 §4: the mailbox goes from its place. INBOX stays and its messages go, which is as much as to read them, mark them and expunge them.</summary>
    private static async ValueTask<Refusal?> CheckRenameAsync(IWriteSession session, Actor actor, AccountId account, string from)
    {
        Right[] needed = from == Mailbox.Inbox ? [Right.DeleteMailbox, Right.Read, Right.DeleteMessages, Right.Expunge] : [Right.DeleteMailbox];
        foreach (Right right in needed)
        {
            if (await CheckAsync(session, actor, account, from, right) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    /// <summary>RFC 4314 §4: to create needs the right on the nearest mailbox around it. At the top of an account only its owner does.</summary>
    private static async ValueTask<Refusal?> CheckAroundAsync(IWriteSession session, Actor actor, AccountId account, string name)
    {
        if (Rights.IsOwn(actor, account))
        {
            return Rights.Check(actor, account, Right.CreateMailbox);
        }

        foreach (string parent in MailboxName.Parents(name).Reverse())
        {
            if (await session.Mailboxes.FindAsync(account, parent) is { } around)
            {
                return await Rights.CheckAsync(session, actor, account, around.Id, Right.CreateMailbox);
            }
        }

        return new Refusal.NotFound("such mailbox");
    }
}

/// <summary>Where a name leads.</summary>
/// <param name="Name">As the owner has it.</param>
/// <param name="Owner">Null: one's own.</param>
public sealed record MailboxPlace(AccountId Account, string Name, Account? Owner);
