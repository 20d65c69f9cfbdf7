using Posthorn.Core.Accounts;
using Posthorn.Core.Security;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Access;

/// <summary>What may be allowed on an account or a collection; the mailbox rights are those of RFC 4314 §2.1.</summary>
public enum Right
{
    Lookup,
    Read,
    KeepSeen,
    Write,
    Insert,
    CreateMailbox,
    DeleteMailbox,
    DeleteMessages,
    Expunge,
    Send,

    /// <summary>To run the store: accounts, domains, the queue.</summary>
    Administer,

    /// <summary>To say who else may do what with a mailbox.</summary>
    Share,
}

/// <summary>The one place that decides: IMAP, web and DAV cannot disagree.</summary>
/// <remarks>
/// What is an account's alone is asked by <see cref="Check"/>. What others may have been let into is a mailbox, and is asked by <c>CheckAsync</c> inside the
/// transaction that does it: a right that was taken away before counts. One's own account costs no look-up in either.
/// </remarks>
public static class Rights
{
    /// <summary>Null when allowed, else the refusal to hand on.</summary>
    public static Refusal? Check(Actor actor, AccountId account, Right right)
    {
        if (IsBeyondScope(actor, right))
        {
            return new Refusal.Denied(right);
        }

        if (right == Right.Administer)
        {
            return actor.IsAdministrator ? null : new Refusal.Denied(right);
        }

        return IsOwn(actor, account) ? null : new Refusal.Denied(right);
    }

    /// <summary>It signed in by an app password that is not for this.</summary>
    internal static bool IsBeyondScope(Actor actor, Right right) => actor.Scopes is { } scopes && !scopes.Allows(right);

    /// <summary>The actor is the owner, or the program itself.</summary>
    internal static bool IsOwn(Actor actor, AccountId account) => actor.Principal == account || actor.IsSystem;

    /// <summary>Null when allowed. To who may not even see the mailbox it does not exist (RFC 4314 §6).</summary>
    internal static ValueTask<Refusal?> CheckAsync(IReadSession session, Actor actor, AccountId account, MailboxId mailbox, Right right) =>
        IsBeyondScope(actor, right) ? ValueTask.FromResult<Refusal?>(new Refusal.Denied(right))
        : IsOwn(actor, account) ? default
        : LookUpAsync(session.Directory, session.Mailboxes, actor, account, mailbox, right);

    /// <inheritdoc cref="CheckAsync(IReadSession, Actor, AccountId, MailboxId, Right)"/>
    internal static ValueTask<Refusal?> CheckAsync(IWriteSession session, Actor actor, AccountId account, MailboxId mailbox, Right right) =>
        IsBeyondScope(actor, right) ? ValueTask.FromResult<Refusal?>(new Refusal.Denied(right))
        : IsOwn(actor, account) ? default
        : LookUpAsync(session.Directory, session.Mailboxes, actor, account, mailbox, right);

    /// <summary>All rights that the actor has on a mailbox.</summary>
    internal static ValueTask<RightSet> OfAsync(IReadSession session, Actor actor, AccountId account, MailboxId mailbox) =>
        OfAsync(session.Directory, session.Mailboxes, actor, account, mailbox);

    /// <inheritdoc cref="OfAsync(IReadSession, Actor, AccountId, MailboxId)"/>
    internal static async ValueTask<RightSet> OfAsync(IReadDirectory directory, IReadMailboxes mailboxes, Actor actor, AccountId account, MailboxId mailbox) =>
        IsOwn(actor, account) ? RightSet.All
        : await directory.AccountAsync(account) is { } owner ? Sum(owner, actor, await mailboxes.GrantsAsync(account, mailbox))
        : RightSet.None;

    /// <summary>What everybody has, and what this person has besides. Shared mailboxes of the store are every administrator's.</summary>
    internal static RightSet Sum(Account owner, Actor actor, IEnumerable<Grant> grants) =>
        owner.IsShared && actor.IsAdministrator
            ? RightSet.All
            : grants.Where(grant => grant.Grantee == Grant.Anyone || grant.Grantee == actor.Principal).Aggregate(RightSet.None, static (sum, grant) => sum.With(grant.Rights));

    private static async ValueTask<Refusal?> LookUpAsync(
        IReadDirectory directory, IReadMailboxes mailboxes, Actor actor, AccountId account, MailboxId mailbox, Right right)
    {
        RightSet rights = await OfAsync(directory, mailboxes, actor, account, mailbox);
        return rights.Has(right) ? null : rights.Has(Right.Lookup) ? new Refusal.Denied(right) : new Refusal.NotFound("such mailbox");
    }
}
