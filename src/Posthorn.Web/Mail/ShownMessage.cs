using MimeKit;
using Posthorn.Core.Bodies;
using Posthorn.Core.Messages;

namespace Posthorn.Web.Mail;

/// <summary>A message as a page shows it.</summary>
/// <param name="Text">The plain text; null where there is only HTML.</param>
/// <param name="HasHtml">There is an HTML part: it is shown in a frame of its own.</param>
public sealed record ShownMessage(
    uint Uid, MessageFlags Flags, string Subject, string From, string To, string Cc, DateTimeOffset? Date, string? Text, bool HasHtml,
    IReadOnlyList<ShownAttachment> Attachments)
{
    /// <summary>Reads all of the message; a broken one shows what can be read of it.</summary>
    internal static async ValueTask<MimeMessage> LoadAsync(MessageContent content, CancellationToken cancel)
    {
        await using Stream octets = content.OpenRead();
        return await MimeMessage.LoadAsync(octets, cancel);
    }

    internal static ShownMessage Of(Message row, MimeMessage message) => new(
        row.Uid,
        row.Flags,
        string.IsNullOrWhiteSpace(message.Subject) ? "(no subject)" : message.Subject,
        InWords(message.From),
        InWords(message.To),
        InWords(message.Cc),
        message.Headers.Contains(HeaderId.Date) ? message.Date : null,
        message.TextBody,
        message.HtmlBody is not null,
        [.. AttachmentsOf(message).Select((part, index) => new ShownAttachment(index, NameOf(part, index), part.ContentType.MimeType, SizeOf(part)))]);

    private static string InWords(InternetAddressList addresses) => string.Join(", ", addresses.Mailboxes.Select(static address =>
        string.IsNullOrWhiteSpace(address.Name) ? address.Address : $"{address.Name} <{address.Address}>"));

    /// <summary>What is not shown as text: parts called attachments, and everything that is no text and not shown inside the HTML.</summary>
    internal static IEnumerable<MimeEntity> AttachmentsOf(MimeMessage message) => message.BodyParts.Where(part =>
        part.IsAttachment || part is MessagePart || (part is not TextPart && (part.ContentId is null || message.HtmlBody is null)));

    /// <summary>A name for a file: the last part of what the sender wrote, without what no file name may have.</summary>
    internal static string NameOf(MimeEntity part, int index)
    {
        string? written = part.ContentDisposition?.FileName ?? part.ContentType.Name;
        string name = string.Concat((written ?? "").Split('/', '\\')[^1].Where(static letter => !char.IsControl(letter) && !"<>:\"|?*".Contains(letter, StringComparison.Ordinal))).Trim(' ', '.');
        return name.Length > 0 ? name[..Math.Min(name.Length, MaxName)]
            : part is MessagePart ? $"message-{index + 1}.eml"
            : $"attachment-{index + 1}";
    }

    private const int MaxName = 120;

    // The encoded size tells enough for a list: base64 is four octets for three.
    private static long? SizeOf(MimeEntity part) => part is MimePart { Content.Stream: { } octets } mime
        ? mime.ContentTransferEncoding == ContentEncoding.Base64 ? octets.Length * 3 / 4 : octets.Length
        : null;
}

/// <param name="Index">Its place among the attachments, for its address.</param>
/// <param name="Bytes">About; null: not known.</param>
public sealed record ShownAttachment(int Index, string Name, string MediaType, long? Bytes)
{
    public string Size => Bytes switch
    {
        null => "",
        < 1_024 => $"{Bytes} B",
        < 1_024 * 1_024 => FormattableString.Invariant($"{Bytes / 1_024.0:0} KB"),
        _ => FormattableString.Invariant($"{Bytes / 1_048_576.0:0.0} MB"),
    };
}
