namespace Posthorn.Standards.Sasl;

/// <summary>EXTERNAL: TLS has proved who the client is; it says as whom it acts, or nothing.</summary>
/// <remarks>RFC 4422 §A.</remarks>
/// <param name="addresses">Those of the client's certificate, at least one. Where the client names none, it is the first.</param>
public sealed class ExternalExchange(IReadOnlyList<string> addresses) : ISaslExchange
{
    private bool _isOver;

    public SaslStep.Challenge Begin() => new(ReadOnlyMemory<byte>.Empty);

    // extern-initial-resp = [ extern-resp ];  extern-resp = *( UTF8-char-no-nul )     RFC 4422 §A.3
    public SaslStep Next(ReadOnlySpan<byte> clientMessage)
    {
        if (_isOver)
        {
            return new SaslStep.Failed(SaslFailure.Malformed, "the exchange is over");
        }
        _isOver = true;
        string? authorizationId = "";
        if (clientMessage.Length > SaslBase64.MaxMessage || (!clientMessage.IsEmpty && !SaslText.TryRead(clientMessage, out authorizationId)))
        {
            return new SaslStep.Failed(SaslFailure.Malformed, "the authorization identity is malformed");
        }
        string user = addresses.FirstOrDefault(address => address.Equals(authorizationId, StringComparison.OrdinalIgnoreCase)) ?? addresses[0];
        return new SaslStep.Succeeded(user, authorizationId);
    }
}
