using Posthorn.Core.Changes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Access;

/// <summary>Who else may do what with a mailbox: the access lists of RFC 4314. The owner's rights are no entry of them and cannot be taken away.</summary>
/// <remarks>No negative rights, which RFC 4314 §2 leaves open: what somebody may do is what everybody may and what they were given besides.</remarks>
public sealed class Grants
{
    /// <summary>The identifier for all who sign in.</summary>
    public const string Anyone = "anyone";

    /// <summary>Entries of one mailbox.</summary>
    public const int MaxEntries = 500;

    private readonly IStore _store;

    internal Grants(IStore store) => _store = store;

    /// <summary>The list, the owner first. For whoever may change it.</summary>
    public ValueTask<Result<IReadOnlyList<AccessEntry>>> ListAsync(Actor actor, AccountId account, MailboxId mailbox, CancellationToken cancel) =>
        _store.ReadAsync<Result<IReadOnlyList<AccessEntry>>>(
            account,
            async session =>
            {
                if (await Rights.CheckAsync(session, actor, account, mailbox, Right.Share) is { } refusal)
                {
                    return refusal;
                }

                if (await session.Directory.AccountAsync(account) is not { } owner)
                {
                    return new Refusal.NotFound("such mailbox");
                }

                var entries = new List<AccessEntry> { new(owner.Address, RightSet.All) };
                foreach (Grant grant in await session.Mailboxes.GrantsAsync(account, mailbox))
                {
                    // An account that was set aside keeps its rights for the days in which it may come back, and is not named meanwhile.
                    if (grant.Grantee == Grant.Anyone || await session.Directory.AccountAsync(grant.Grantee) is not null)
                    {
                        string identifier = grant.Grantee == Grant.Anyone ? Anyone : (await session.Directory.AccountAsync(grant.Grantee))!.Address;
                        entries.Add(new AccessEntry(identifier, grant.Rights));
                    }
                }

                return entries;
            },
            cancel);

    /// <summary>What the actor itself may do; NotFound where that is nothing.</summary>
    public async ValueTask<Result<RightSet>> MineAsync(Actor actor, AccountId account, MailboxId mailbox, CancellationToken cancel)
    {
        if (Rights.IsOwn(actor, account))
        {
            return RightSet.All;
        }

        RightSet rights = await _store.ReadAsync(account, session => Rights.OfAsync(session, actor, account, mailbox), cancel);
        return rights.IsEmpty ? new Refusal.NotFound("such mailbox") : rights;
    }

    /// <summary>Gives rights, or takes them: an entry without any goes.</summary>
    /// <param name="identifier">An address of an account here, or <see cref="Anyone"/>.</param>
    public async ValueTask<Result<Done>> SetAsync(
        Actor actor, AccountId account, MailboxId mailbox, string identifier, GrantChange change, RightSet rights, CancellationToken cancel)
    {
        string name = identifier.ToLowerInvariant();
        return await _store.WriteAsync<Result<Done>>(
            new[] { account },
            async session =>
            {
                if (await Rights.CheckAsync(session, actor, account, mailbox, Right.Share) is { } refusal)
                {
                    return refusal;
                }

                if (await session.Mailboxes.GetAsync(account, mailbox) is null)
                {
                    return new Refusal.NotFound("such mailbox");
                }

                AccountId? grantee = name == Anyone ? Grant.Anyone : (await session.Directory.AccountAsync(name))?.Id;
                if (grantee is not { } id)
                {
                    return new Refusal.NotFound($"account {identifier}");
                }

                if (id == account)
                {
                    return new Refusal.Invalid("The owner has all rights, always.");
                }

                return await SetAsync(session, account, mailbox, id, change, rights);
            },
            cancel);
    }

    private static async ValueTask<Result<Done>> SetAsync(
        IWriteSession session, AccountId account, MailboxId mailbox, AccountId grantee, GrantChange change, RightSet rights)
    {
        IReadOnlyList<Grant> all = await session.Mailboxes.GrantsAsync(account, mailbox);
        RightSet before = all.FirstOrDefault(grant => grant.Grantee == grantee)?.Rights ?? RightSet.None;
        RightSet after = change switch
        {
            GrantChange.Add => before.With(rights),
            GrantChange.Remove => before.Without(rights),
            _ => rights,
        };
        if (after == before)
        {
            return Done.Value;
        }

        if (before.IsEmpty && all.Count >= MaxEntries)
        {
            return new Refusal.Limit(nameof(MaxEntries), MaxEntries);
        }

        await session.Mailboxes.GrantAsync(account, mailbox, new Grant(grantee, after));

        // Sessions that have the mailbox open look again, and see whether they still may.
        await session.Changes.AddAsync(
            account, await session.ModSeqAsync(account), CollectionKind.MailboxList, 0, ChangeKind.Changed, UidSet.Of((uint)mailbox.Value));
        return Done.Value;
    }
}
