using System.Diagnostics.CodeAnalysis;

namespace Posthorn.Standards.Sasl;

/// <summary>client-final-message = channel-binding "," nonce ["," extensions] "," proof.</summary>
/// <remarks>RFC 5802 §7.</remarks>
internal sealed record ScramClientFinal(byte[] ChannelBinding, byte[] Nonce, byte[] Proof, byte[] WithoutProof)
{
    public static bool TryParse(ReadOnlySpan<byte> message, [NotNullWhen(true)] out ScramClientFinal? final)
    {
        final = null;
        // No extension can hold the text ",p=" as its own, and the proof is the last.
        int at = message.LastIndexOf(",p="u8);
        if (at < 0 || SaslBase64.TryDecode(message[(at + 3)..]) is not { Length: ScramKeys.KeyLength } proof)
        {
            return false;
        }
        ReadOnlySpan<byte> withoutProof = message[..at];
        if (!ScramAttributes.TryTake(withoutProof, out ReadOnlySpan<byte> binding, out ReadOnlySpan<byte> rest)
            || !binding.StartsWith("c="u8)
            || SaslBase64.TryDecode(binding[2..]) is not { } input)
        {
            return false;
        }
        ReadOnlySpan<byte> nonce = ScramAttributes.TakeLast(rest, out ReadOnlySpan<byte> extensions);
        if (!nonce.StartsWith("r="u8) || !ScramAttributes.AreExtensions(extensions))
        {
            return false;
        }
        final = new(input, nonce[2..].ToArray(), proof, withoutProof.ToArray());
        return true;
    }
}
