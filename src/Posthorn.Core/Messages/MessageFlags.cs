namespace Posthorn.Core.Messages;

/// <summary>Flags of a message in a mailbox as a 64-bit mask: system flags first, then the keywords that the mailbox names.</summary>
[Flags]
public enum MessageFlags : ulong
{
    None = 0,
    Seen = 1UL << 0,
    Answered = 1UL << 1,
    Flagged = 1UL << 2,
    Deleted = 1UL << 3,
    Draft = 1UL << 4,

    /// <summary>All system flags of RFC 9051 §2.3.2.</summary>
    System = Seen | Answered | Flagged | Deleted | Draft,
}

/// <summary>How keywords lie in the mask.</summary>
public static class KeywordBits
{
    /// <summary>Bits 5 to 7 are kept free for system flags to come.</summary>
    public const int First = 8;

    /// <summary>Keywords a mailbox can name; PERMANENTFLAGS loses <c>\*</c> when they are used up (RFC 9051 §7.1).</summary>
    public const int Most = 64 - First;

    public static MessageFlags Of(int position) => (MessageFlags)(1UL << (First + position));
}
