using System.Text.Encodings.Web;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;
using Ganss.Xss;
using MimeKit;
using MimeKit.Text;
using Posthorn.Web.Texts;
using HtmlTokenizer = MimeKit.Text.HtmlTokenizer;

namespace Posthorn.Web.Mail;

/// <summary>The HTML of a message as a document that can do nothing: no script, no form, no style of the page around it.</summary>
/// <remarks>
/// Three walls, each enough alone against most: the HTML is parsed and written anew from an allow-list; the answer carries a policy that forbids
/// scripts, forms, frames and every request but (once asked for) pictures; and the frame around it is sandboxed, so that it has no origin and no cookie.
/// </remarks>
internal static class HtmlDocument
{
    /// <summary>Of one picture of the message shown in its place, and of all of them, octets. One that is shown again counts again.</summary>
    public const int MaxPicture = 4 << 20, MaxPictures = 12 << 20;

    private static readonly string[] NotForMail = ["form", "input", "button", "textarea", "select", "option", "optgroup", "label", "fieldset", "legend", "output", "datalist", "keygen", "meter", "progress", "menu", "menuitem", "command"];

    /// <summary>The policy of the answer.</summary>
    /// <param name="withPictures">The reader asked for pictures from other hosts, which tells the sender that the message was read.</param>
    public static string Policy(bool withPictures) =>
        $"sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:{(withPictures ? " https: http:" : "")}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    public static string Of(MimeMessage message) => Around(T["Message"], BodyOf(message));

    /// <summary>A whole document.</summary>
    /// <param name="title">Any text.</param>
    /// <param name="body">HTML that is harmless already.</param>
    public static string Around(string title, string body) => $"""
        <!DOCTYPE html>
        <html lang="{Language.Current}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><title>{HtmlEncoder.Default.Encode(title)}</title>
        <style>html {"{"} color-scheme: light; background: #fff; color: #1d2430; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; {"}"} body {"{"} margin: .75rem 1.25rem; {"}"} img {"{"} max-width: 100%; height: auto; {"}"} table {"{"} max-width: 100%; {"}"} th {"{"} font-weight: 600; padding-right: 1rem; vertical-align: top; {"}"} pre {"{"} white-space: pre-wrap; font: inherit; {"}"} blockquote {"{"} margin: .5rem 0; padding-left: .9rem; border-left: 3px solid #d5d8de; color: #4c5563; {"}"}</style></head>
        <body>{body}</body></html>
        """;

    /// <summary>The message's text with its looks, harmless: what stands in a body.</summary>
    /// <param name="message">Whose.</param>
    /// <param name="isDraft">For the editor of the message's own writer.</param>
    public static string BodyOf(MimeMessage message, bool isDraft = false) => BodyOf(MessageBody.Of(message), new MessagePictures(message, isDraft));

    /// <summary>Parts that are shown as pictures inside the text.</summary>
    public static IReadOnlySet<MimeEntity> PicturesOf(MimeMessage message, MessageBody body, bool isDraft)
    {
        var pictures = new MessagePictures(message, isDraft) { AreOnlyNamed = true };
        if (body.HasHtml && pictures.HasAny)
        {
            // Only what comes out at the end tells which of them are there.
            BodyOf(body, pictures);
        }

        return pictures.Shown;
    }

    // Each text on its own: what one leaves open must not take in the next.
    private static string BodyOf(MessageBody body, MessagePictures pictures) =>
        string.Concat(body.Rich.Select(part => part.IsHtml ? Cleaned(part.Text, pictures) : Writing.RichText.FromText(MessageBody.TextOf(part))));

    /// <summary>HTML that somebody wrote, harmless.</summary>
    /// <param name="html">Whatever it is.</param>
    /// <param name="pictures">Where pictures with a Content-ID come from; null: they stay as they are named, for a message being written.</param>
    public static string Cleaned(string html, MessagePictures? pictures)
    {
        var sanitizer = new HtmlSanitizer();
        foreach (string tag in NotForMail)
        {
            sanitizer.AllowedTags.Remove(tag);
        }

        // No CSS for its parsers: see BoundedHtml.
        sanitizer.HtmlParserFactory = static () => new HtmlParser();
        sanitizer.AllowedAttributes.Remove("style");
        sanitizer.AllowedAttributes.Add(BoundedHtml.StyleCarrier);
        sanitizer.AllowedSchemes.Clear();
        foreach (string scheme in (string[])["http", "https", "mailto"])
        {
            sanitizer.AllowedSchemes.Add(scheme);
        }

        sanitizer.FilterUrl += (_, url) =>
        {
            if (url.OriginalUrl.StartsWith("cid:", StringComparison.OrdinalIgnoreCase))
            {
                url.SanitizedUrl = !url.Tag.NodeName.Equals("IMG", StringComparison.OrdinalIgnoreCase) ? null
                    : pictures is null ? url.OriginalUrl
                    : pictures.Of(url.OriginalUrl[4..]);
            }
        };
        sanitizer.PostProcessNode += static (_, node) =>
        {
            if (node.Node is IElement { NodeName: "A" or "AREA" } link)
            {
                link.SetAttribute("target", "_blank");
                link.SetAttribute("rel", "noopener noreferrer nofollow");
            }

            if (node.Node is IElement styled && styled.GetAttribute(BoundedHtml.StyleCarrier) is { } style)
            {
                styled.RemoveAttribute(BoundedHtml.StyleCarrier);
                styled.SetAttribute("style", style);
            }
        };
        return sanitizer.Sanitize(BoundedHtml.Of(html));
    }

    /// <summary>Whether a picture of the HTML lies on another host.</summary>
    public static bool AsksOthers(string html)
    {
        using var reader = new StringReader(html.Length > BoundedHtml.MaxLength ? html[..BoundedHtml.MaxLength] : html);
        var tokenizer = new HtmlTokenizer(reader);
        while (tokenizer.ReadNextToken(out HtmlToken? token))
        {
            if (token is HtmlTagToken { Id: HtmlTagId.Image, IsEndTag: false } picture
                && picture.Attributes.Any(static attribute => attribute.Id == HtmlAttributeId.Src
                    && attribute.Value?.TrimStart().StartsWith("http", StringComparison.OrdinalIgnoreCase) == true))
            {
                return true;
            }
        }

        return false;
    }
}
