namespace Posthorn.Standards.Sasl;

/// <summary>What a client's line in an authentication exchange comes to.</summary>
public abstract record SaslReply
{
    private SaslReply()
    {
    }

    /// <param name="Octets">A secret: never logged.</param>
    public sealed record Message(ReadOnlyMemory<byte> Octets) : SaslReply
    {
        public override string ToString() => $"{nameof(Message)} of {Octets.Length} octets";
    }

    /// <summary>The client gave up with "*".</summary>
    public sealed record Cancelled : SaslReply;

    /// <summary>Not base64: the protocol's answer to a syntax error.</summary>
    public sealed record Malformed : SaslReply;

    public sealed record TooLong : SaslReply;
}
