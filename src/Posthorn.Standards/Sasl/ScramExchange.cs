using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Posthorn.Standards.Sasl;

/// <summary>SCRAM-SHA-256 and SCRAM-SHA-256-PLUS: the client proves that it knows the password and learns that the server knows it too.</summary>
/// <remarks>
/// RFC 5802 §5 and §6, RFC 7677 §3. Binds to tls-server-end-point (RFC 5929 §4) and nothing else. An unknown user is one whose keys fit no password
/// (<see cref="ScramKeys.ForUnknownUser"/>): the same messages and the same work until the proof fails.
/// </remarks>
public sealed class ScramExchange : ISaslExchange
{
    /// <summary>Octets; 24 characters of base64, which holds no comma.</summary>
    private const int NonceLength = 18;

    private readonly bool _isPlus;
    private readonly byte[]? _serverEndPoint;
    private readonly string _nonce;

    private State _state;
    private ScramClientFirst? _first;
    private IReadOnlyList<ScramKeys>? _candidates;
    private ScramKeys? _proved;
    private byte[] _fullNonce = [];
    private byte[] _serverFirst = [];

    /// <param name="isPlus">The client chose SCRAM-SHA-256-PLUS.</param>
    /// <param name="serverEndPoint">What <see cref="ServerEndPoint"/> computed of the certificate of this connection; null: PLUS was not advertised.</param>
    public ScramExchange(bool isPlus, byte[]? serverEndPoint)
        : this(isPlus, serverEndPoint, Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceLength)))
    {
    }

    internal ScramExchange(bool isPlus, byte[]? serverEndPoint, string nonce) =>
        (_isPlus, _serverEndPoint, _nonce) = (isPlus, serverEndPoint, nonce);

    private enum State
    {
        ClientFirst,
        Keys,
        ClientFinal,
        Acknowledgement,
        Over,
    }

    public SaslStep.Challenge Begin() => new(ReadOnlyMemory<byte>.Empty);

    public SaslStep Next(ReadOnlySpan<byte> clientMessage)
    {
        State state = _state;
        _state = State.Over;
        if (clientMessage.Length > SaslBase64.MaxMessage)
        {
            return new SaslStep.Failed(SaslFailure.Malformed, "the message is too long");
        }
        return state switch
        {
            State.ClientFirst => ReadFirst(clientMessage),
            State.ClientFinal => ReadFinal(clientMessage),
            State.Acknowledgement when clientMessage.IsEmpty => new SaslStep.Succeeded(_first!.User, _first.AuthorizationId, _proved!),
            State.Acknowledgement => new SaslStep.Failed(SaslFailure.Malformed, "an empty message should have ended the exchange"),
            _ => new SaslStep.Failed(SaslFailure.Malformed, "the exchange is over"),
        };
    }

    private SaslStep ReadFirst(ReadOnlySpan<byte> message)
    {
        if (!ScramClientFirst.TryParse(message, out _first, out string? refusal))
        {
            return new SaslStep.Failed(SaslFailure.Malformed, refusal);
        }
        if (RefuseBinding(_first.Binding) is { } reason)
        {
            return new SaslStep.Failed(SaslFailure.ChannelBinding, reason);
        }
        _state = State.Keys;
        return new SaslStep.NeedKeys(_first.User, SendFirst);
    }

    // RFC 5802 §6
    private string? RefuseBinding(ScramBinding binding) => (binding, _isPlus) switch
    {
        (ScramBinding.Other, _) => "only the channel binding tls-server-end-point is known here",
        (ScramBinding.ServerEndPoint, _) when _serverEndPoint is null => "this connection has no channel to bind to",
        (ScramBinding.ServerEndPoint, false) => "channel binding needs SCRAM-SHA-256-PLUS",
        (ScramBinding.ServerEndPoint, true) => null,
        (_, true) => "SCRAM-SHA-256-PLUS needs channel binding",
        // Somebody took PLUS out of the list that the client saw.
        (ScramBinding.NotOffered, false) when _serverEndPoint is not null => "the server does offer channel binding",
        _ => null,
    };

    private SaslStep.Challenge SendFirst(IReadOnlyList<ScramKeys> candidates)
    {
        if (_state is not State.Keys)
        {
            throw new InvalidOperationException("The exchange has its keys already.");
        }
        ScramKeys keys = candidates[0];
        if (candidates.Any(other => !other.SharesSalt(keys)))
        {
            throw new ArgumentException("Keys of one exchange have one salt and one count of iterations.", nameof(candidates));
        }
        _candidates = candidates;
        _fullNonce = [.. _first!.Nonce, .. Encoding.ASCII.GetBytes(_nonce)];
        // server-first-message = nonce "," salt "," iteration-count
        _serverFirst =
        [
            .. "r="u8, .. _fullNonce,
            .. ",s="u8, .. Encoding.ASCII.GetBytes(Convert.ToBase64String(keys.Salt)),
            .. ",i="u8, .. Encoding.ASCII.GetBytes(keys.Iterations.ToString(CultureInfo.InvariantCulture)),
        ];
        _state = State.ClientFinal;
        return new SaslStep.Challenge(_serverFirst);
    }

    private SaslStep ReadFinal(ReadOnlySpan<byte> message)
    {
        if (!ScramClientFinal.TryParse(message, out ScramClientFinal? final))
        {
            return new SaslStep.Failed(SaslFailure.Malformed, "the final message is malformed");
        }
        if (!CryptographicOperations.FixedTimeEquals(final.Nonce, _fullNonce))
        {
            return new SaslStep.Failed(SaslFailure.WrongCredentials, "the nonce is not the one of this exchange");
        }
        // cbind-input = gs2-header [ cbind-data ]      RFC 5802 §7
        ReadOnlySpan<byte> data = _first!.Binding is ScramBinding.ServerEndPoint ? _serverEndPoint : [];
        byte[] binding = [.. _first.Gs2Header, .. data];
        if (!CryptographicOperations.FixedTimeEquals(final.ChannelBinding, binding))
        {
            return new SaslStep.Failed(SaslFailure.ChannelBinding, "the client is bound to another channel");
        }
        byte[] authMessage = [.. _first.Bare, (byte)',', .. _serverFirst, (byte)',', .. final.WithoutProof];
        // All are tried, whichever fits: the time tells nothing of which.
        foreach (ScramKeys keys in _candidates!)
        {
            _proved = IsProof(keys, final.Proof, authMessage) ? keys : _proved;
        }
        if (_proved is null)
        {
            return new SaslStep.Failed(SaslFailure.WrongCredentials, "the proof is wrong");
        }
        _state = State.Acknowledgement;
        byte[] signature = HMACSHA256.HashData(_proved.ServerKey, authMessage);
        return new SaslStep.Challenge(Encoding.ASCII.GetBytes("v=" + Convert.ToBase64String(signature)));
    }

    // ClientKey = ClientProof XOR HMAC(StoredKey, AuthMessage); H(ClientKey) = StoredKey      RFC 5802 §3
    private static bool IsProof(ScramKeys keys, byte[] proof, byte[] authMessage)
    {
        byte[] clientKey = HMACSHA256.HashData(keys.StoredKey, authMessage);
        for (int i = 0; i < clientKey.Length; i++)
        {
            clientKey[i] ^= proof[i];
        }
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(clientKey), keys.StoredKey);
    }
}
