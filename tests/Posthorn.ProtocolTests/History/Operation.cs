namespace Posthorn.ProtocolTests.History;

/// <summary>Where a message is. Over the whole history it names one content.</summary>
internal readonly record struct Place(string Mailbox, uint Validity, uint Uid)
{
    public override string ToString() => $"{Mailbox};{Validity};{Uid}";
}

/// <summary>What a client was told.</summary>
internal enum Outcome
{
    /// <summary>Nothing: the connection ended before an answer.</summary>
    Unknown,
    Done,

    /// <summary>It was not done.</summary>
    Refused,
}

/// <summary>What a client asked for, message by message, and what it was told.</summary>
/// <param name="Content">The subject of the message, which is its name in the history.</param>
internal abstract record Operation(string Content)
{
    public long Started { get; init; }

    /// <summary>When the answer came.</summary>
    public long Ended { get; set; } = long.MaxValue;

    public Outcome Outcome { get; set; }
}

/// <summary>A new message: by SMTP (it stays unsaid where it went) or APPEND.</summary>
internal sealed record Delivery(string Content, string Mailbox, IReadOnlyList<string> Flags) : Operation(Content)
{
    /// <summary>From APPENDUID.</summary>
    public Place? Place { get; set; }
}

/// <summary>STORE. A flag of a message has one client that changes it.</summary>
internal sealed record FlagChange(string Content, Place Place, string Flag, bool IsSet) : Operation(Content);

/// <summary>COPY or MOVE.</summary>
internal sealed record Transfer(string Content, Place Source, string Mailbox, bool IsMove) : Operation(Content)
{
    /// <summary>From COPYUID.</summary>
    public Place? Destination { get; set; }
}

/// <summary>EXPUNGE, or QUIT of POP3, which knows no UIDs: every message of this content in the mailbox.</summary>
internal sealed record Removal(string Content, string Mailbox, Place? Place) : Operation(Content)
{
    public bool Takes(Place place) => Place is { } one ? one == place : place.Mailbox == Mailbox;
}

/// <summary>A message as FETCH told it.</summary>
internal sealed record Sighting(string Content, Place Place) : Operation(Content);

/// <summary>A message to somebody elsewhere.</summary>
internal sealed record Submission(string Content) : Operation(Content);

/// <summary>A message that is in the store.</summary>
internal sealed record StoredMessage(Place Place, string Content, IReadOnlySet<string> Flags)
{
    public override string ToString() => $"{Content} at {Place} ({string.Join(' ', Flags)})";
}

internal enum FaultKind
{
    Lost,
    Doubled,
    NotRemoved,
    LostFlag,
    StrayFlag,
    ReusedUid,
}

internal sealed record Fault(FaultKind Kind, string What);
