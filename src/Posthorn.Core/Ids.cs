using System.Globalization;

namespace Posthorn.Core;

/// <summary>An account: everything a person owns hangs off one. 0 is the store itself (domains, aliases, the queue).</summary>
public readonly record struct AccountId(long Value)
{
    /// <summary>Rows that belong to no person: domains, aliases, the queue.</summary>
    public static readonly AccountId Store;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A mailbox; never used again in its account once deleted.</summary>
public readonly record struct MailboxId(long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A message of an account, wherever it is filed (RFC 8474 EMAILID).</summary>
public readonly record struct EmailId(long Value);

/// <summary>A conversation of an account (RFC 8474 THREADID).</summary>
public readonly record struct ThreadId(long Value);

/// <summary>The octets of a message as stored; shared by COPY and by the recipients of one envelope.</summary>
public readonly record struct BodyId(Guid Value)
{
    public override string ToString() => Value.ToString("N", CultureInfo.InvariantCulture);
}

/// <summary>An accepted message that is still on its way.</summary>
public readonly record struct EnvelopeId(long Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>One recipient of an envelope in the queue.</summary>
public readonly record struct QueueRecipientId(long Value);

/// <summary>The account's change counter: 63 bits, one step for each transaction (RFC 7162 §3.1).</summary>
public readonly record struct ModSeq(long Value) : IComparable<ModSeq>
{
    public int CompareTo(ModSeq other) => Value.CompareTo(other.Value);
    public static bool operator <(ModSeq left, ModSeq right) => left.Value < right.Value;
    public static bool operator >(ModSeq left, ModSeq right) => left.Value > right.Value;
    public static bool operator <=(ModSeq left, ModSeq right) => left.Value <= right.Value;
    public static bool operator >=(ModSeq left, ModSeq right) => left.Value >= right.Value;
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Names one life of a mailbox: no (mailbox, UIDVALIDITY, UID) ever names two contents (RFC 9051 §2.3.1.1).</summary>
public readonly record struct UidValidity(uint Value)
{
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
