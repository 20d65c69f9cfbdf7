namespace Posthorn.Core.Messages;

/// <summary>A message as it lies in one mailbox.</summary>
/// <param name="SizeBytes">Octets of prefix and body together: RFC822.SIZE.</param>
/// <param name="InternalDate">RFC 9051 §2.3.3.</param>
/// <param name="SaveDate">When it came into this mailbox (RFC 8514).</param>
/// <param name="Uidl">POP3's unique id: 16 hexadecimal digits, independent of the UID (RFC 1939 §7).</param>
public sealed record Message(
    uint Uid,
    EmailId Email,
    ThreadId Thread,
    MessageFlags Flags,
    ModSeq ModSeq,
    long SizeBytes,
    DateTimeOffset InternalDate,
    DateTimeOffset SaveDate,
    string Uidl,
    BodyId Body,
    int PrefixBytes)
{
    /// <summary>ENVELOPE as IMAP writes it, in parentheses; null unless asked for.</summary>
    public byte[]? Envelope { get; init; }

    /// <summary>The stored form of <c>Posthorn.Standards.Mime.BodyStructure</c>, offsets relative to the body; null unless asked for.</summary>
    public byte[]? Structure { get; init; }

    public string? Preview { get; init; }

    /// <summary>Message ids of the References field, a space between them; null unless asked for.</summary>
    public string? References { get; init; }

    /// <summary>Trace lines of this recipient; they stand before the body. Null unless asked for (<see cref="MessageFields.Content"/>).</summary>
    public byte[]? Prefix { get; init; }
}

/// <summary>What to read besides the numbers.</summary>
[Flags]
public enum MessageFields
{
    None = 0,
    Envelope = 1,
    Structure = 2,
    Preview = 4,

    /// <summary>The prefix, needed to open the octets.</summary>
    Content = 8,
    References = 16,
}

/// <summary>One message to file.</summary>
/// <param name="Flags">System flags only; keywords go by name.</param>
/// <param name="InternalDate">Null: now.</param>
/// <param name="Uidl">Kept from another store at import; null: a new one.</param>
public sealed record NewMessage(
    Bodies.IncomingMessage Content,
    MessageFlags Flags,
    IReadOnlyList<string> Keywords,
    DateTimeOffset? InternalDate,
    string? Uidl = null);

/// <summary>How STORE changes flags (RFC 9051 §6.4.6).</summary>
public enum FlagOperation
{
    Replace,
    Add,
    Remove,
}

/// <summary>A change of flags, keywords by name as the client gave them.</summary>
public sealed record FlagChange(FlagOperation Operation, MessageFlags Flags, IReadOnlyList<string> Keywords);

/// <param name="Changed">Messages whose flags are now as asked.</param>
/// <param name="Modified">Messages left alone because they changed after UNCHANGEDSINCE (RFC 7162 §3.1.3).</param>
/// <param name="ModSeq">What the changed messages carry now.</param>
public sealed record FlagsChanged(UidSet Changed, UidSet Modified, ModSeq ModSeq);

/// <summary>APPENDUID (RFC 9051 §7.1).</summary>
public sealed record Appended(UidValidity UidValidity, UidSet Uids);

/// <summary>COPYUID (RFC 9051 §7.1): as many UIDs on either side, in the same order. Empty when nothing was there to copy.</summary>
public sealed record Copied(UidValidity UidValidity, UidSet Source, UidSet Destination);
