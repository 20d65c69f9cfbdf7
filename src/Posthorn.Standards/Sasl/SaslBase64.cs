using System.Buffers;
using System.Buffers.Text;

namespace Posthorn.Standards.Sasl;

/// <summary>The lines that SMTP, IMAP and POP3 carry SASL in: base64, "*" to cancel, "=" for an initial response that is empty.</summary>
/// <remarks>RFC 4954 §4, RFC 4959 §3, RFC 5034 §4, RFC 9051 §6.2.2. Decoding is strict: RFC 4648 §3.3 and §3.5 (no foreign characters, no stray bits).</remarks>
public static class SaslBase64
{
    /// <summary>Octets of a decoded message. Three fields of 255 characters (RFC 4616 §2) in UTF-8 fit.</summary>
    public const int MaxMessage = 4096;

    /// <summary>Octets of a line without its CRLF.</summary>
    public const int MaxLine = (MaxMessage + 2) / 3 * 4;

    private static readonly SearchValues<byte> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    /// <summary>Reads the argument of the command.</summary>
    public static SaslReply DecodeInitial(ReadOnlySpan<byte> argument) =>
        argument.SequenceEqual("="u8) ? new SaslReply.Message(ReadOnlyMemory<byte>.Empty)
        : argument.IsEmpty ? new SaslReply.Malformed()
        : DecodeBase64(argument);

    /// <summary>Reads a line that answers a challenge; an empty line is an empty message.</summary>
    public static SaslReply Decode(ReadOnlySpan<byte> line) => line.SequenceEqual("*"u8) ? new SaslReply.Cancelled() : DecodeBase64(line);

    public static string Encode(ReadOnlySpan<byte> message) => Convert.ToBase64String(message);

    /// <summary>Null: not base64 in its one canonical form.</summary>
    internal static byte[]? TryDecode(ReadOnlySpan<byte> text)
    {
        // The framework skips white space and drops stray bits; writing it again shows both.
        if (text.Length % 4 != 0 || text.ContainsAnyExcept(Alphabet))
        {
            return null;
        }
        byte[] octets = new byte[text.Length / 4 * 3];
        if (Base64.DecodeFromUtf8(text, octets, out _, out int written) is not OperationStatus.Done)
        {
            return null;
        }
        byte[] again = new byte[text.Length];
        bool isCanonical = Base64.EncodeToUtf8(octets.AsSpan(0, written), again, out _, out _) is OperationStatus.Done && again.AsSpan().SequenceEqual(text);
        return isCanonical ? octets[..written] : null;
    }

    private static SaslReply DecodeBase64(ReadOnlySpan<byte> text) =>
        text.Length > MaxLine ? new SaslReply.TooLong()
        : TryDecode(text) is { } octets ? new SaslReply.Message(octets)
        : new SaslReply.Malformed();
}
