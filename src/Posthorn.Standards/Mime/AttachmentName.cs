using System.Globalization;
using System.Text;

namespace Posthorn.Standards.Mime;

/// <summary>The name of a file in a part, as its sender wrote it, decoded; for a search, not for a file system.</summary>
/// <remarks>RFC 2183 §2.3, RFC 2231 §3, §4; encoded words (RFC 2047), which many write there, are read too.</remarks>
public static class AttachmentName
{
    /// <summary>Pieces of one name that are put together.</summary>
    private const int MaxPieces = 100;

    /// <summary>Null: the part has none.</summary>
    public static string? Of(BodyPart part) => Read(part, "filename", ofDisposition: true) ?? Read(part, "name", ofDisposition: false);

    private static string? Read(BodyPart part, string name, bool ofDisposition)
    {
        if (Parameter(part, name + "*", ofDisposition) is { Length: > 0 } extended)
        {
            return DecodeExtended(extended);
        }

        if (Parameter(part, name, ofDisposition) is { Length: > 0 } plain)
        {
            return HeaderText.Decode(plain);
        }

        return ReadPieces(part, name, ofDisposition);
    }

    // RFC 2231 §3: name*0, name*1, or with percent signs name*0*, name*1*.
    private static string? ReadPieces(BodyPart part, string name, bool ofDisposition)
    {
        var octets = new List<byte>();
        Encoding? charset = null;
        for (int piece = 0; piece < MaxPieces; piece++)
        {
            string numbered = string.Create(CultureInfo.InvariantCulture, $"{name}*{piece}");
            if (Parameter(part, numbered + "*", ofDisposition) is { Length: > 0 } encoded)
            {
                ReadOnlySpan<byte> value = encoded;
                if (piece == 0)
                {
                    value = TakeCharset(value, out charset);
                }

                octets.AddRange(Unescape(value));
            }
            else if (Parameter(part, numbered, ofDisposition) is { Length: > 0 } plain)
            {
                octets.AddRange(plain);
            }
            else
            {
                break;
            }
        }

        byte[] all = [.. octets];
        return all.Length == 0 ? null : (charset ?? Charset.Guess(all)).GetString(all);
    }

    private static string DecodeExtended(ReadOnlySpan<byte> value)
    {
        byte[] octets = Unescape(TakeCharset(value, out Encoding? charset));
        return (charset ?? Charset.Guess(octets)).GetString(octets);
    }

    // extended-initial-value = [charset] "'" [language] "'" extended-other-values     RFC 2231 §7
    private static ReadOnlySpan<byte> TakeCharset(ReadOnlySpan<byte> value, out Encoding? charset)
    {
        charset = null;
        int first = value.IndexOf((byte)'\'');
        int second = first < 0 ? -1 : value[(first + 1)..].IndexOf((byte)'\'');
        if (second < 0)
        {
            return value;
        }

        charset = Charset.Find(value[..first]);
        return value[(first + second + 2)..];
    }

    private static byte[] Unescape(ReadOnlySpan<byte> value)
    {
        var octets = new List<byte>(value.Length);
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] == (byte)'%' && i + 2 < value.Length
                && byte.TryParse(value.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet))
            {
                octets.Add(octet);
                i += 2;
            }
            else
            {
                octets.Add(value[i]);
            }
        }

        return [.. octets];
    }

    private static byte[] Parameter(BodyPart part, string name, bool ofDisposition)
    {
        byte[] octets = Encoding.ASCII.GetBytes(name);
        return (ofDisposition ? part.DispositionParameter(octets) : part.Parameter(octets)).ToArray();
    }
}
