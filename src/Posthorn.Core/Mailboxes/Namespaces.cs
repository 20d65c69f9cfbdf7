namespace Posthorn.Core.Mailboxes;

/// <summary>Names of mailboxes of other accounts, as RFC 2342 has them: <c>Other Users/ADDRESS/NAME</c>, <c>Shared/ADDRESS/NAME</c>.</summary>
/// <remarks>What follows the first level is an address, with its "@": so a folder of one's own that is called Shared stays one's own.</remarks>
public static class Namespaces
{
    /// <summary>Mailboxes of people who let one in.</summary>
    public const string OtherUsers = "Other Users";

    /// <summary>Mailboxes of accounts that an administrator made for everybody.</summary>
    public const string Shared = "Shared";

    /// <summary>False: a mailbox of one's own.</summary>
    /// <param name="name">Normalised.</param>
    /// <param name="isShared">It is below <see cref="Shared"/>.</param>
    /// <param name="address">Of the owner.</param>
    /// <param name="inner">The owner's name of the mailbox; empty: the owner alone was named.</param>
    public static bool TrySplit(string name, out bool isShared, out string address, out string inner)
    {
        (address, inner) = ("", "");
        isShared = name.StartsWith(Shared + "/", StringComparison.Ordinal);
        if (!isShared && !name.StartsWith(OtherUsers + "/", StringComparison.Ordinal))
        {
            return false;
        }

        string rest = name[((isShared ? Shared : OtherUsers).Length + 1)..];
        int slash = rest.IndexOf(Mailbox.Separator, StringComparison.Ordinal);
        address = (slash < 0 ? rest : rest[..slash]).ToLowerInvariant();
        inner = slash < 0 ? "" : MailboxName.Normalize(rest[(slash + 1)..]);
        return address.Contains('@', StringComparison.Ordinal);
    }

    /// <summary>How others write a mailbox of this account.</summary>
    public static string Join(Accounts.Account owner, string inner) => $"{(owner.IsShared ? Shared : OtherUsers)}/{owner.Address}/{inner}";
}
