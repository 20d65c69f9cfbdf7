namespace Posthorn.Server.Outbound;

/// <summary>What the other server answered, all its lines joined by a space.</summary>
internal sealed record RemoteReply(int Code, string Text)
{
    public bool IsPositive => Code is >= 200 and < 300;

    /// <summary>Go on: the octets are awaited (RFC 5321 §4.2.1).</summary>
    public bool IsIntermediate => Code is >= 300 and < 400;

    public bool IsPermanent => Code is >= 500 and < 600;

    /// <summary>Kept with the queue and told to the sender.</summary>
    public override string ToString() => FormattableString.Invariant($"{Code} {Text}");
}

/// <summary>The conversation ended before it was done: the network, a time limit, an answer that is none. Another try may succeed.</summary>
internal sealed class RemoteFaultException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The end of data went out: the other side may have the message.</summary>
    public bool IsAfterEnd { get; init; }
}
