using System.Globalization;
using MimeKit;
using Posthorn.Core.Bodies;
using Posthorn.Core.Messages;

namespace Posthorn.Web.Mail;

/// <summary>A message as a page shows it.</summary>
/// <param name="Text">The plain text; null where there is only HTML.</param>
/// <param name="FromShown">Its writer's name, or the address where there is none.</param>
/// <param name="FromAddress">Empty where it is shown already.</param>
/// <param name="ToShort">The first few it went to.</param>
/// <param name="HasHtml">There is an HTML part: it is shown in a frame of its own.</param>
public sealed record ShownMessage(
    uint Uid, MessageFlags Flags, string Subject, string From, string FromShown, string FromAddress, string To, string ToShort, string Cc, DateTimeOffset? Date, string? Text, bool HasHtml,
    IReadOnlyList<ShownAttachment> Attachments)
{
    /// <summary>More than its writer and one reader: an answer may go to all of them.</summary>
    public bool HasManyRecipients => To.Contains('@', StringComparison.Ordinal) && (Cc.Length > 0 || To.IndexOf('@') != To.LastIndexOf('@'));

    /// <summary>Reads the message; a broken one shows what can be read of it.</summary>
    internal static async ValueTask<MimeMessage> LoadAsync(MessageContent content, CancellationToken cancel) => (await ReadAsync(content, cancel)).Message;

    /// <summary>The same, and whether it is all of the message: see <see cref="BoundedParser"/>.</summary>
    internal static async ValueTask<(MimeMessage Message, bool IsWhole)> ReadAsync(MessageContent content, CancellationToken cancel)
    {
        await using Stream octets = content.OpenRead();
        return await BoundedParser.ReadAsync(octets, cancel);
    }

    /// <param name="row">Its row.</param>
    /// <param name="message">Its octets, read.</param>
    /// <param name="asText">Its text is wanted even where it has only HTML.</param>
    internal static ShownMessage Of(Message row, MimeMessage message, bool asText = false) => Of(row, message, MessageBody.Of(message), asText);

    private static ShownMessage Of(Message row, MimeMessage message, MessageBody body, bool asText) => new(
        row.Uid,
        row.Flags,
        string.IsNullOrWhiteSpace(message.Subject) ? T["(no subject)"] : message.Subject,
        InWords(message.From),
        message.From.Mailboxes.FirstOrDefault() is { } writer ? (string.IsNullOrWhiteSpace(writer.Name) ? writer.Address : writer.Name) : T["(nobody)"],
        message.From.Mailboxes.FirstOrDefault() is { Name: { Length: > 0 } name, Address: var address } && !string.IsNullOrWhiteSpace(name) ? address : "",
        InWords(message.To),
        Short(message),
        InWords(message.Cc),
        message.Headers.Contains(HeaderId.Date) ? message.Date : null,
        asText || body.Plain.All(static part => part.IsPlain) ? body.AsText() : null,
        body.HasHtml,
        FilesOf(message));

    /// <summary>Attachments by their place.</summary>
    internal static IReadOnlyList<ShownAttachment> FilesOf(MimeMessage message, bool isDraft = false) =>
        [.. AttachmentsOf(message, isDraft).Select((part, index) => new ShownAttachment(index, NameOf(part, index), part.ContentType.MimeType, SizeOf(part), Reading.FilePreview.Of(part)?.Kind))];

    private static string Short(MimeMessage message)
    {
        string[] names = [.. message.To.Mailboxes.Concat(message.Cc.Mailboxes).Select(static address => string.IsNullOrWhiteSpace(address.Name) ? address.Address : address.Name)];
        return names.Length == 0 ? T["(nobody)"] : names.Length <= MaxNames ? string.Join(", ", names) : T["{0} and {1} more", string.Join(", ", names.Take(MaxNames)), names.Length - MaxNames];
    }

    /// <summary>People named before "and more".</summary>
    private const int MaxNames = 3;

    private static string InWords(InternetAddressList addresses) => string.Join(", ", addresses.Mailboxes.Select(static address =>
        string.IsNullOrWhiteSpace(address.Name) ? address.Address : $"{address.Name} <{address.Address}>"));

    /// <summary>Everything that is not shown: parts called attachments, messages, and what is neither text of the message nor a picture inside it.</summary>
    /// <param name="message">Whose.</param>
    /// <param name="isDraft">It is written on: pictures stand in its text that a reader would find among the files.</param>
    internal static IEnumerable<MimeEntity> AttachmentsOf(MimeMessage message, bool isDraft = false)
    {
        var body = MessageBody.Of(message);
        IReadOnlySet<MimeEntity> pictures = HtmlDocument.PicturesOf(message, body, isDraft);
        return message.BodyParts.Where(part => part.IsAttachment || part is MessagePart || !(body.Covers(part) || pictures.Contains(part)));
    }

    /// <summary>A name for a file: the last part of what the sender wrote, without what no file name may have.</summary>
    internal static string NameOf(MimeEntity part, int index)
    {
        string? written = part.ContentDisposition?.FileName ?? part.ContentType.Name;
        string name = Harmless(written ?? "");
        return name.Length > 0 ? name
            : part is MessagePart ? $"message-{index + 1}.eml"
            : $"attachment-{index + 1}";
    }

    /// <summary>The last part of a path, without letters that a file system or a header reads otherwise; may be empty.</summary>
    internal static string Harmless(string path)
    {
        string name = string.Concat(path.Split('/', '\\')[^1].Where(static letter => !char.IsControl(letter) && !"<>:\"|?*".Contains(letter, StringComparison.Ordinal))).Trim(' ', '.');
        return name[..Math.Min(name.Length, MaxName)];
    }

    private const int MaxName = 120;

    // The encoded size tells enough for a list: base64 is four octets for three.
    private static long? SizeOf(MimeEntity part) => part is MimePart { Content.Stream: { } octets } mime
        ? mime.ContentTransferEncoding == ContentEncoding.Base64 ? octets.Length * 3 / 4 : octets.Length
        : null;
}

/// <param name="Index">Its place among the attachments, for its address.</param>
/// <param name="Bytes">About; null: not known.</param>
/// <param name="Preview">How the browser can show it; null: it cannot.</param>
public sealed record ShownAttachment(int Index, string Name, string MediaType, long? Bytes, Reading.PreviewKind? Preview)
{
    public string Size => Bytes switch
    {
        null => "",
        < 1_024 => $"{Bytes} B",
        < 1_024 * 1_024 => string.Create(CultureInfo.CurrentCulture, $"{Bytes / 1_024.0:0} KB"),
        _ => string.Create(CultureInfo.CurrentCulture, $"{Bytes / 1_048_576.0:0.0} MB"),
    };
}
