namespace Posthorn.Standards.Sasl;

/// <summary>LOGIN: user name, then password. Obsolete, and all that some programs speak.</summary>
/// <remarks>
/// draft-murchison-sasl-login-00 §2.2, with the challenges that its note allows: programs look for exactly these. A user name may come as an initial
/// response, as many programs send it. Its 63 characters for a user name are not kept: ours are addresses.
/// </remarks>
public sealed class LoginExchange : ISaslExchange
{
    private State _state;
    private string _user = "";

    private enum State
    {
        User,
        Password,
        Over,
    }

    public SaslStep.Challenge Begin() => new("Username:"u8.ToArray());

    public SaslStep Next(ReadOnlySpan<byte> clientMessage)
    {
        State state = _state;
        _state = State.Over;
        if (state is State.Over)
        {
            return new SaslStep.Failed(SaslFailure.Malformed, "the exchange is over");
        }
        if (!SaslText.TryRead(clientMessage, out string? text))
        {
            return new SaslStep.Failed(SaslFailure.Malformed, "the user name or password is empty or malformed");
        }
        if (state is State.Password)
        {
            return new SaslStep.CheckPassword("", _user, text);
        }
        _user = text;
        _state = State.Password;
        return new SaslStep.Challenge("Password:"u8.ToArray());
    }
}
