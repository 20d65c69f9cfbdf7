namespace Posthorn.Core.Access;

/// <summary>Rights on a mailbox that one person, or everybody, was given.</summary>
/// <param name="Grantee">The account; <see cref="Anyone"/>: all who sign in. An id, no address: who gets the address of a removed account gets no rights with it.</param>
public sealed record Grant(AccountId Grantee, RightSet Rights)
{
    /// <summary>Everybody: no account has this id.</summary>
    public static readonly AccountId Anyone = AccountId.Store;
}

/// <summary>A mailbox of another account on which the actor was given rights.</summary>
public sealed record GrantedMailbox(AccountId Account, MailboxId Mailbox, RightSet Rights);

/// <summary>An entry of an access list as people read it.</summary>
/// <param name="Identifier">An address, or <c>anyone</c> (RFC 4314 §2).</param>
public sealed record AccessEntry(string Identifier, RightSet Rights);

/// <summary>How rights are given (RFC 4314 §3.1).</summary>
public enum GrantChange
{
    Replace,
    Add,
    Remove,
}
