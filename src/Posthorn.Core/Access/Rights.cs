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
    Administer,
}

/// <summary>The one place that decides: IMAP, web and DAV cannot disagree.</summary>
public static class Rights
{
    /// <summary>Null when allowed, else the refusal to hand on.</summary>
    public static Refusal? Check(Actor actor, AccountId account, Right right)
    {
        if (right == Right.Administer)
        {
            return actor.IsAdministrator ? null : new Refusal.Denied(right);
        }

        // One's own account needs no look-up. Nobody is let in by others: there are no grants in this version.
        return actor.Principal == account || actor.IsSystem ? null : new Refusal.Denied(right);
    }
}
