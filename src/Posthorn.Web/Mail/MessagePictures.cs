using MimeKit;

namespace Posthorn.Web.Mail;

/// <summary>Pictures that a message carries for its own HTML, as addresses with the picture in them.</summary>
/// <remarks>HTML may name one picture ten thousand times: each part is decoded once at most, and what is shown is counted as often as it is shown.</remarks>
/// <param name="message">Whose parts are looked at.</param>
internal sealed class MessagePictures(MimeMessage message)
{
    // SVG is no picture here: it is a document with scripts of its own.
    private static readonly string[] Types = ["image/png", "image/jpeg", "image/gif", "image/webp"];

    private readonly Dictionary<string, MimePart> _parts = message.BodyParts.OfType<MimePart>()
        .Where(static part => part.ContentId is not null)
        .DistinctBy(static part => part.ContentId)
        .ToDictionary(static part => part.ContentId!);

    private readonly Dictionary<string, Picture?> _shown = [];

    private int _left = HtmlDocument.MaxPictures;

    /// <param name="reference">What follows "cid:".</param>
    /// <returns>Null: there is no such picture, or no room for it any more.</returns>
    public string? Of(string reference)
    {
        string id = Uri.UnescapeDataString(reference);
        if (_left == 0 || !_parts.TryGetValue(id, out MimePart? part))
        {
            return null;
        }

        if (!_shown.TryGetValue(id, out Picture? picture))
        {
            _shown.Add(id, picture = Read(part));
        }

        if (picture is null || picture.Length > _left)
        {
            // Room only becomes less: what has none now is not kept for later.
            _shown[id] = null;
            return null;
        }

        _left -= picture.Length;
        return picture.Address;
    }

    private static Picture? Read(MimePart part)
    {
        string type = part.ContentType.MimeType.ToLowerInvariant();
        if (part.Content is not { Stream.Length: <= HtmlDocument.MaxPicture } content || !Types.Contains(type))
        {
            return null;
        }

        using var octets = new MemoryStream();
        content.DecodeTo(octets);
        return new Picture($"data:{type};base64,{Convert.ToBase64String(octets.GetBuffer(), 0, (int)octets.Length)}", (int)octets.Length);
    }

    /// <param name="Address">With all of it inside.</param>
    /// <param name="Length">Octets.</param>
    private sealed record Picture(string Address, int Length);
}
