using System.Diagnostics.CodeAnalysis;

namespace Posthorn.Standards.Sasl;

internal enum ScramBinding
{
    /// <summary>"n": the client cannot bind.</summary>
    Unsupported,

    /// <summary>"y": the client can, and believes that the server cannot.</summary>
    NotOffered,

    /// <summary>"p=tls-server-end-point".</summary>
    ServerEndPoint,

    /// <summary>"p=" and a binding that is not known here.</summary>
    Other,
}

/// <summary>client-first-message = gs2-header client-first-message-bare.</summary>
/// <remarks>RFC 5802 §7.</remarks>
internal sealed record ScramClientFirst(
    ScramBinding Binding, byte[] Gs2Header, string AuthorizationId, string User, byte[] Nonce, byte[] Bare)
{
    /// <summary>Octets of a client's nonce; those in use send 18 to 48.</summary>
    private const int MaxNonce = 512;

    /// <param name="refusal">Why not; never holds the text.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> message, [NotNullWhen(true)] out ScramClientFirst? first, [NotNullWhen(false)] out string? refusal)
    {
        first = null;
        refusal = "the first message is malformed";
        // gs2-header = gs2-cbind-flag "," [ authzid ] ","
        if (!ScramAttributes.TryTake(message, out ReadOnlySpan<byte> flag, out ReadOnlySpan<byte> rest)
            || ReadBinding(flag) is not { } binding
            || !ScramAttributes.TryTake(rest, out ReadOnlySpan<byte> authorization, out ReadOnlySpan<byte> bare))
        {
            return false;
        }
        string? authorizationId = "";
        if (!authorization.IsEmpty && !(authorization.StartsWith("a="u8) && TryReadName(authorization[2..], out authorizationId)))
        {
            return false;
        }
        if (bare.StartsWith("m="u8))
        {
            refusal = "the client wants an extension that is not known here";
            return false;
        }
        // [reserved-mext ","] username "," nonce ["," extensions]
        if (!ScramAttributes.TryTake(bare, out ReadOnlySpan<byte> name, out rest)
            || !name.StartsWith("n="u8)
            || !TryReadName(name[2..], out string? user))
        {
            return false;
        }
        ReadOnlySpan<byte> nonce = ScramAttributes.TakeLast(rest, out ReadOnlySpan<byte> extensions);
        if (!nonce.StartsWith("r="u8) || !IsNonce(nonce[2..]) || !ScramAttributes.AreExtensions(extensions))
        {
            return false;
        }
        refusal = null;
        first = new(binding, message[..^bare.Length].ToArray(), authorizationId, user, nonce[2..].ToArray(), bare.ToArray());
        return true;
    }

    // gs2-cbind-flag = ("p=" cb-name) / "n" / "y"
    private static ScramBinding? ReadBinding(ReadOnlySpan<byte> flag) => flag switch
    {
        [(byte)'n'] => ScramBinding.Unsupported,
        [(byte)'y'] => ScramBinding.NotOffered,
        [(byte)'p', (byte)'=', .. var name] when name.SequenceEqual("tls-server-end-point"u8) => ScramBinding.ServerEndPoint,
        [(byte)'p', (byte)'=', _, ..] => ScramBinding.Other,
        _ => null,
    };

    // saslname = 1*(value-safe-char / "=2C" / "=3D")
    private static bool TryReadName(ReadOnlySpan<byte> text, [NotNullWhen(true)] out string? name)
    {
        name = null;
        byte[] octets = new byte[text.Length];
        int length = 0;
        while (!text.IsEmpty)
        {
            int width = 1;
            byte octet = text[0];
            if (octet == '=')
            {
                width = 3;
                octet = text.StartsWith("=2C"u8) ? (byte)',' : text.StartsWith("=3D"u8) ? (byte)'=' : (byte)0;
            }
            if (octet == 0)
            {
                return false;
            }
            octets[length++] = octet;
            text = text[width..];
        }
        return SaslText.TryRead(octets.AsSpan(0, length), out name);
    }

    // printable = %x21-2B / %x2D-7E
    private static bool IsNonce(ReadOnlySpan<byte> nonce) => nonce.Length is > 0 and <= MaxNonce && !nonce.ContainsAnyExceptInRange((byte)'!', (byte)'~');
}
