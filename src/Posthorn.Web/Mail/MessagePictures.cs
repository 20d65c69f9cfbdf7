using MimeKit;

namespace Posthorn.Web.Mail;

/// <summary>Pictures that a message carries for its own HTML, as addresses with the picture in them.</summary>
/// <remarks>HTML may name one picture ten thousand times: each part is decoded once at most, and what is shown is counted as often as it is shown.</remarks>
/// <param name="message">Whose parts are looked at.</param>
/// <param name="isDraft">It is its reader's own, to write on: what the editor took once is there again, whatever its size.</param>
internal sealed class MessagePictures(MimeMessage message, bool isDraft = false)
{
    // SVG is no picture here: it is a document with scripts of its own.
    private static readonly string[] Types = ["image/png", "image/jpeg", "image/gif", "image/webp"];

    private readonly Dictionary<string, MimePart> _parts = message.BodyParts.OfType<MimePart>()
        .Where(static part => part.ContentId is not null && Types.Contains(part.ContentType.MimeType, StringComparer.OrdinalIgnoreCase))
        .DistinctBy(static part => part.ContentId)
        .ToDictionary(static part => part.ContentId!);

    private readonly Dictionary<MimePart, string> _addresses = [];

    private readonly HashSet<MimeEntity> _shown = [];

    private long _left = isDraft ? Writing.RichText.MaxPictureOctets : HtmlDocument.MaxPictures;

    private readonly long _most = isDraft ? Writing.RichText.MaxPictureOctets : HtmlDocument.MaxPicture;

    /// <summary>Nothing is read: it is enough to know which are shown.</summary>
    public bool AreOnlyNamed { private get; init; }

    public bool HasAny => _parts.Count > 0;

    /// <summary>Those whose address was given.</summary>
    public IReadOnlySet<MimeEntity> Shown => _shown;

    /// <param name="reference">What follows "cid:".</param>
    /// <returns>Null: there is no such picture, or no room for it any more.</returns>
    public string? Of(string reference)
    {
        if (!_parts.TryGetValue(Uri.UnescapeDataString(reference), out MimePart? part) || part.Content is not { Stream: { } encoded } content
            || LengthOf(encoded, content.Encoding) is var length && (length > _most || length > _left))
        {
            return null;
        }

        _left -= length;
        _shown.Add(part);
        if (!_addresses.TryGetValue(part, out string? address))
        {
            _addresses.Add(part, address = AreOnlyNamed ? "data:," : Read(part.ContentType, content));
        }

        return address;
    }

    // About the picture's own octets, without reading it: base64 has 57 of them in a line of 78 (RFC 2045 §6.8).
    private static long LengthOf(Stream encoded, ContentEncoding encoding) => encoding == ContentEncoding.Base64 ? encoded.Length * 57 / 78 : encoded.Length;

    private static string Read(ContentType type, IMimeContent content)
    {
        using var octets = new MemoryStream();
        content.DecodeTo(octets);
        return $"data:{type.MimeType.ToLowerInvariant()};base64,{Convert.ToBase64String(octets.GetBuffer(), 0, (int)octets.Length)}";
    }
}
