namespace Posthorn.Standards.Sasl;

/// <summary>PLAIN: one message with everything.</summary>
/// <remarks>RFC 4616 §2.</remarks>
public sealed class PlainExchange : ISaslExchange
{
    private bool _isOver;

    public SaslStep.Challenge Begin() => new(ReadOnlyMemory<byte>.Empty);

    // message = [authzid] UTF8NUL authcid UTF8NUL passwd      RFC 4616 §2
    public SaslStep Next(ReadOnlySpan<byte> clientMessage)
    {
        if (_isOver)
        {
            return new SaslStep.Failed(SaslFailure.Malformed, "the exchange is over");
        }
        _isOver = true;
        int first = clientMessage.IndexOf((byte)0);
        int second = first + 1 + clientMessage[(first + 1)..].IndexOf((byte)0);
        if (clientMessage.Length > SaslBase64.MaxMessage || clientMessage.Count((byte)0) != 2)
        {
            return new SaslStep.Failed(SaslFailure.Malformed, "PLAIN wants three fields");
        }
        string? authorizationId = "";
        if (first > 0 && !SaslText.TryRead(clientMessage[..first], out authorizationId))
        {
            return new SaslStep.Failed(SaslFailure.Malformed, "the authorization identity is malformed");
        }
        if (!SaslText.TryRead(clientMessage[(first + 1)..second], out string? user) || !SaslText.TryRead(clientMessage[(second + 1)..], out string? password))
        {
            return new SaslStep.Failed(SaslFailure.Malformed, "the user name or password is empty or malformed");
        }
        return new SaslStep.CheckPassword(authorizationId, user, password);
    }
}
