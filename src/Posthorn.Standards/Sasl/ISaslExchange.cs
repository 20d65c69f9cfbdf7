namespace Posthorn.Standards.Sasl;

/// <summary>The server's side of one authentication exchange: a state machine without input or output of its own, for one connection and one try.</summary>
/// <remarks>
/// With an initial response the caller starts at <see cref="Next"/>, without one at <see cref="Begin"/>. Success carries no data of its own: SMTP, IMAP and
/// POP3 have no place for it, so a last word of the mechanism goes out as a challenge, which the client answers with an empty message
/// (RFC 4422 §5, RFC 4954 §4).
/// </remarks>
public interface ISaslExchange
{
    /// <summary>The challenge for a client that waits for one.</summary>
    SaslStep.Challenge Begin();

    /// <summary>Takes the client's decoded message. Never throws for what is in it; after the end each call fails.</summary>
    SaslStep Next(ReadOnlySpan<byte> clientMessage);
}
