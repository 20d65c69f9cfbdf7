using MimeKit;
using MimeKit.Text;

namespace Posthorn.Web.Mail;

/// <summary>Which parts of a message are its text: those that a reader is shown one behind the other, with looks or without.</summary>
/// <remarks>
/// RFC 2046 §5.1.3: the parts of multipart/mixed, and of every multipart that is not known, belong together in their order. So what stands behind a picture is text like what stands
/// before it. §5.1.4: of multipart/alternative one part is shown, the last that can be; the others say the same. RFC 2387 §3.2: of multipart/related the root is shown.
/// </remarks>
internal sealed class MessageBody
{
    /// <summary>Texts shown of one message, and octets of those behind the first; what is beyond is listed among its files.</summary>
    private const int MaxTexts = 100, MaxOctets = BoundedHtml.MaxLength;

    private readonly HashSet<MimeEntity> _covered;

    private MessageBody(Texts texts, HashSet<MimeEntity> alternatives)
    {
        (Rich, Plain, HasHtml) = (Bounded(texts.Rich), Bounded(texts.Plain), texts.HasHtml);
        _covered = [.. alternatives, .. HasHtml ? Rich : Plain];
    }

    /// <summary>With looks, as far as there are: parts of text/html, and between them what is plain text alone.</summary>
    public IReadOnlyList<TextPart> Rich { get; }

    /// <summary>Without looks: a part of text/html stands here only where nothing says the same in plain text.</summary>
    public IReadOnlyList<TextPart> Plain { get; }

    public bool HasHtml { get; }

    public static MessageBody Of(MimeMessage message)
    {
        var alternatives = new HashSet<MimeEntity>();
        return new MessageBody(TextsOf(message.Body, alternatives), alternatives);
    }

    /// <summary>It is shown, or says what is shown in another way: it need not be listed.</summary>
    public bool Covers(MimeEntity part) => _covered.Contains(part);

    /// <summary>All of it as plain text; null: there is none.</summary>
    public string? AsText() => Plain.Count switch
    {
        0 => null,
        1 => Words(Plain[0]),
        _ => string.Join("\n\n", Plain.Select(static part => Words(part).TrimEnd())),
    };

    /// <summary>What a part says, as it stands there.</summary>
    public static string TextOf(TextPart part)
    {
        if (!part.IsFlowed)
        {
            return part.Text;
        }

        // RFC 3676 §4.
        bool deletes = part.ContentType.Parameters.TryGetValue("delsp", out string? value) && value.Equals("yes", StringComparison.OrdinalIgnoreCase);
        return new FlowedToText { DeleteSpace = deletes }.Convert(part.Text);
    }

    private static string Words(TextPart part) => part.IsHtml ? Writing.MessageText.OfHtml(part.Text) : TextOf(part);

    private static Texts TextsOf(MimeEntity? entity, HashSet<MimeEntity> alternatives) => entity switch
    {
        TextPart { IsAttachment: false } text when text.IsPlain || text.IsHtml => new Texts([text], [text], text.IsHtml),
        MultipartAlternative several => OneOf(several, alternatives),
        MultipartRelated related => TextsOf(related.Root, alternatives),
        Multipart several => AllOf(several, alternatives),
        _ => Texts.None,
    };

    private static Texts AllOf(Multipart several, HashSet<MimeEntity> alternatives)
    {
        List<TextPart> rich = [], plain = [];
        bool hasHtml = false;
        foreach (MimeEntity part in several)
        {
            // A text with a name behind other text is a file, whatever its sender says of how to show it.
            if (rich.Count == 0 || part is not TextPart { FileName.Length: > 0 })
            {
                Texts texts = TextsOf(part, alternatives);
                rich.AddRange(texts.Rich);
                plain.AddRange(texts.Plain);
                hasHtml |= texts.HasHtml;
            }
        }

        return new Texts(rich, plain, hasHtml);
    }

    private static Texts OneOf(MultipartAlternative several, HashSet<MimeEntity> alternatives)
    {
        List<(MimeEntity Part, Texts Texts)> all = [.. several.Select(part => (Part: part, Texts: TextsOf(part, alternatives))).Where(static one => one.Texts.Rich.Count > 0)];
        if (all.Count == 0)
        {
            return Texts.None;
        }

        (MimeEntity chosen, Texts rich) = all.LastOrDefault(static one => one.Texts.HasHtml, all[^1]);
        foreach (MimeEntity other in several.Where(part => part != chosen))
        {
            AddTexts(other, alternatives);
        }

        return rich with { Plain = all.FirstOrDefault(static one => !one.Texts.HasHtml, (Part: chosen, Texts: rich)).Texts.Plain };
    }

    // An invitation says what no text says: programs read it.
    private static void AddTexts(MimeEntity part, HashSet<MimeEntity> alternatives)
    {
        if (part is TextPart { IsAttachment: false } text && !text.ContentType.IsMimeType("text", "calendar"))
        {
            alternatives.Add(text);
        }

        foreach (MimeEntity inner in part as Multipart ?? [])
        {
            AddTexts(inner, alternatives);
        }
    }

    private static List<TextPart> Bounded(IReadOnlyList<TextPart> parts)
    {
        List<TextPart> shown = [];
        long octets = 0;
        foreach (TextPart part in parts)
        {
            long length = part.Content?.Stream?.Length ?? 0;
            if (shown.Count == 0 || (shown.Count < MaxTexts && octets + length <= MaxOctets))
            {
                octets += shown.Count == 0 ? 0 : length;
                shown.Add(part);
            }
        }

        return shown;
    }

    private sealed record Texts(IReadOnlyList<TextPart> Rich, IReadOnlyList<TextPart> Plain, bool HasHtml)
    {
        public static readonly Texts None = new([], [], false);
    }
}
