using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using MimeKit;
using MimeKit.Utils;

namespace Posthorn.Web.Mail.Writing;

/// <summary>Text with its looks, as the editor of the page gives it: HTML from a list of what is allowed, and the pictures that stand in it.</summary>
/// <param name="Html">Harmless; pictures go by cid.</param>
/// <param name="Pictures">Parts that it names.</param>
internal sealed partial record RichText(string Html, IReadOnlyList<MimePart> Pictures)
{
    /// <summary>Characters of what the editor gives, pictures and all.</summary>
    public const int MaxLength = 20 << 20;

    /// <summary>Octets of pictures that have room in it: base64 is four letters for three. What was saved once is never more.</summary>
    public const int MaxPictureOctets = MaxLength / 4 * 3;

    /// <summary>Pictures of one message, and characters beside them: half of what <see cref="BoundedHtml"/> looks at, which encodes some anew.</summary>
    private const int MaxPictures = 50, MaxText = BoundedHtml.MaxLength / 2;

    /// <summary>It cannot be kept whole. Nothing is cut off what a person wrote: they are told instead.</summary>
    public static bool IsTooMuch(string html)
    {
        int pictures = 0, text = html.Length;
        foreach (ValueMatch picture in DataPicture().EnumerateMatches(html))
        {
            pictures++;
            text -= picture.Length;
        }

        return html.Length > MaxLength || pictures > MaxPictures || text > MaxText;
    }

    /// <summary>The same, whoever wrote it: the browser's word is not believed. Ask <see cref="IsTooMuch"/> before.</summary>
    public static RichText Of(string html)
    {
        var pictures = new List<MimePart>();
        string named = DataPicture().Replace(html.Length > MaxLength ? html[..MaxLength] : html, match => Named(match, pictures));
        return new RichText(HtmlDocument.Cleaned(named, null), pictures);
    }

    /// <summary>Plain text as HTML: lines stay lines.</summary>
    public static string FromText(string text)
    {
        var html = new StringBuilder();
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            html.Append("<div>").Append(line.Length == 0 ? "<br>" : HtmlEncoder.Default.Encode(line)).Append("</div>");
        }

        return html.ToString();
    }

    /// <summary>What the editor shows of a message: its text with its looks and the pictures in it, or plain.</summary>
    public static string Of(MimeMessage message, bool isDraft = false) => MessageBody.Of(message).HasHtml ? HtmlDocument.BodyOf(message, isDraft) : FromText(isDraft ? MessageText.WholeOf(message) : MessageText.Of(message));

    private static string Named(Match match, List<MimePart> pictures)
    {
        var octets = new byte[(match.Groups[2].Length * 3 / 4) + 3];
        if (pictures.Count >= MaxPictures || !Convert.TryFromBase64String(match.Groups[2].Value, octets, out int length))
        {
            return "src=\"\"";
        }

        var part = new MimePart("image", match.Groups[1].Value)
        {
            Content = new MimeContent(new MemoryStream(octets, 0, length)),
            ContentTransferEncoding = ContentEncoding.Base64,
            ContentDisposition = new ContentDisposition(ContentDisposition.Inline),
            ContentId = MimeUtils.GenerateMessageId("posthorn.invalid"),
            FileName = $"picture-{pictures.Count + 1}.{match.Groups[1].Value}",
        };
        pictures.Add(part);
        return $"src=\"cid:{part.ContentId}\"";
    }

    // As a browser writes the source of a picture that was pasted.
    [GeneratedRegex("src=\"data:image/(png|jpeg|gif|webp);base64,([A-Za-z0-9+/=]+)\"")]
    private static partial Regex DataPicture();
}
