using Posthorn.Core.Messages;

namespace Posthorn.Core.Mailboxes;

/// <summary>A mailbox with the counters that SELECT and STATUS read: kept in the writing transaction, never counted.</summary>
/// <param name="Name">Full name, levels separated by '/'; the inbox is <c>INBOX</c>.</param>
/// <param name="HighestModSeq">The highest modseq that touched this mailbox, expunges included (RFC 7162 §3.1.2.1).</param>
/// <param name="IsContainer">Exists only as a parent (\NoSelect).</param>
/// <param name="Keywords">Names of the keyword bits: see <see cref="KeywordBits"/>.</param>
public sealed record Mailbox(
    MailboxId Id,
    string Name,
    UidValidity UidValidity,
    uint UidNext,
    ModSeq HighestModSeq,
    int Messages,
    int Unseen,
    int Deleted,
    long SizeBytes,
    SpecialUse Use,
    bool IsContainer,
    IReadOnlyList<string> Keywords)
{
    public const char Separator = '/';
    public const string Inbox = "INBOX";

    /// <summary>Whose it is.</summary>
    public AccountId Account { get; init; }
}

/// <summary>RFC 6154 §2.</summary>
public enum SpecialUse
{
    None,
    Archive,
    Drafts,
    Junk,
    Sent,
    Trash,
}
