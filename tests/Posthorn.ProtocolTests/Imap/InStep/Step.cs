namespace Posthorn.ProtocolTests.Imap.InStep;

internal enum StepKind
{
    Flag,
    OwnKeyword,
    OwnKeywordIfUnchanged,
    Delete,
    Expunge,
    UidExpunge,
    Fetch,
    FetchAll,
    Search,
    Copy,
    Move,
    Append,
    Noop,
    Idle,

    /// <summary>Closes the mailbox and comes back to it.</summary>
    Resume,

    /// <summary>The connection breaks with commands under way; the client comes back by another.</summary>
    Break,
}

/// <summary>Something a client does; the numbers choose messages and forms.</summary>
internal readonly record struct Step(StepKind Kind, int A, int B)
{
    public override string ToString() => $"{Kind} {A} {B}";
}
