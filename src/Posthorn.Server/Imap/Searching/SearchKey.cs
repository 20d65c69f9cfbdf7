using Posthorn.Core;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Searching;

/// <summary>A search key as it was parsed; pure data. Texts are Unicode, not yet folded.</summary>
/// <remarks>RFC 9051 §6.4.4, RFC 3501 §6.4.4 (RECENT), RFC 7162 §3.1.5 (MODSEQ), RFC 5032 §2 (OLDER, YOUNGER).</remarks>
internal abstract record SearchKey
{
    private SearchKey()
    {
    }

    public sealed record All : SearchKey;

    /// <summary>RECENT: no message is. NEW and OLD are made of it.</summary>
    public sealed record Recent : SearchKey;

    /// <summary>A sequence set, or UID with its set.</summary>
    public sealed record Messages(SequenceSet Set) : SearchKey;

    public sealed record Flag(MessageFlags Bit, bool IsSet) : SearchKey;

    public sealed record Keyword(string Name, bool IsSet) : SearchKey;

    public sealed record InternalDate(SearchDate Order, DateOnly Day) : SearchKey;

    /// <summary>By the Date field.</summary>
    public sealed record SentDate(SearchDate Order, DateOnly Day) : SearchKey;

    /// <summary>By the day the message came into the mailbox (RFC 8514 §4).</summary>
    public sealed record SaveDate(SearchDate Order, DateOnly Day) : SearchKey;

    /// <summary>EMAILID: the id as it was given, which may be none of ours (RFC 8474 §6).</summary>
    public sealed record EmailId(string Id) : SearchKey;

    public sealed record ThreadId(string Id) : SearchKey;

    /// <summary>OLDER and YOUNGER: by the time since the internal date.</summary>
    public sealed record Within(uint Seconds, bool IsOlder) : SearchKey;

    public sealed record Larger(long Octets) : SearchKey;

    public sealed record Smaller(long Octets) : SearchKey;

    /// <summary>FROM, TO, CC, BCC, SUBJECT; and HEADER of a field that the envelope holds.</summary>
    public sealed record Envelope(SearchField Field, string Text) : SearchKey;

    public sealed record Header(string Name, string Text) : SearchKey;

    public sealed record Body(string Text) : SearchKey;

    /// <summary>TEXT: header or body.</summary>
    public sealed record AnyText(string Text) : SearchKey;

    /// <summary>MODSEQ: this or a higher one. The entry name is not looked at: all flags share the message's modseq.</summary>
    public sealed record Modified(ModSeq Since) : SearchKey;

    /// <summary>See <see cref="FuzzySearch"/> (RFC 6203 §3).</summary>
    public sealed record Fuzzy(SearchKey Key) : SearchKey;

    public sealed record Not(SearchKey Key) : SearchKey;

    public sealed record Or(SearchKey Left, SearchKey Right) : SearchKey;

    /// <summary>Keys that stand beside each other.</summary>
    public sealed record And(IReadOnlyList<SearchKey> Keys) : SearchKey;

    /// <summary>Whether the key or one inside it names sequence numbers, which UIDONLY forbids (RFC 9586 §3).</summary>
    public bool SpeaksOfNumbers => this switch
    {
        Messages messages => !messages.Set.ByUid && !messages.Set.IsSavedSearch,
        Fuzzy fuzzy => fuzzy.Key.SpeaksOfNumbers,
        Not not => not.Key.SpeaksOfNumbers,
        Or or => or.Left.SpeaksOfNumbers || or.Right.SpeaksOfNumbers,
        And and => and.Keys.Any(key => key.SpeaksOfNumbers),
        _ => false,
    };

    /// <summary>Whether the key or one inside it is FUZZY, without which there is no relevancy (RFC 6203 §4).</summary>
    public bool IsFuzzy => this switch
    {
        Fuzzy => true,
        Not not => not.Key.IsFuzzy,
        Or or => or.Left.IsFuzzy || or.Right.IsFuzzy,
        And and => and.Keys.Any(key => key.IsFuzzy),
        _ => false,
    };

    /// <summary>Whether the key or one inside it is MODSEQ, which makes the response tell one (RFC 7162 §3.1.5).</summary>
    public bool SpeaksOfModSeq => this switch
    {
        Modified => true,
        Fuzzy fuzzy => fuzzy.Key.SpeaksOfModSeq,
        Not not => not.Key.SpeaksOfModSeq,
        Or or => or.Left.SpeaksOfModSeq || or.Right.SpeaksOfModSeq,
        And and => and.Keys.Any(key => key.SpeaksOfModSeq),
        _ => false,
    };
}

/// <summary>BEFORE, ON and SINCE: days are compared, times and zones are not.</summary>
internal enum SearchDate
{
    Before,
    On,
    Since,
}

/// <summary>Fields that ENVELOPE holds.</summary>
internal enum SearchField
{
    From,
    To,
    Cc,
    Bcc,
    Subject,
    InReplyTo,
    MessageId,
}
