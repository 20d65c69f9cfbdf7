using MimeKit;
using MimeKit.Utils;
using Posthorn.Standards.Mime;

namespace Posthorn.Core.Replies;

/// <summary>Writes an answer.</summary>
/// <remarks>RFC 5230 §5, RFC 3834 §3.</remarks>
internal static class VacationReply
{
    /// <summary>Message ids that References names: the first and the last ones.</summary>
    private const int MaxReferences = 20;

    /// <summary>Characters of a message id; a longer one is not referred to.</summary>
    private const int MaxId = 250;

    /// <summary>Where there is no subject to answer.</summary>
    private const string PlainSubject = "Automated reply";

    /// <param name="vacation">Whose words they are.</param>
    /// <param name="text">Those among them that this sender gets.</param>
    /// <param name="name">The owner's; null: there is none.</param>
    /// <param name="from">The address of the account that was written to.</param>
    /// <param name="to">The reverse path: RFC 3834 §4.</param>
    /// <param name="original">The message that is answered.</param>
    /// <param name="now">Date of the answer.</param>
    public static byte[] Write(Vacation vacation, string text, string? name, string from, string to, MessageSummary original, DateTimeOffset now)
    {
        using var reply = new MimeMessage();
        reply.From.Add(new MailboxAddress(name, from));
        reply.To.Add(new MailboxAddress(null, to));
        // RFC 5230 §5.3.
        reply.Subject = vacation.Subject.Length > 0 ? vacation.Subject : original.Subject.Length > 0 ? $"Auto: {OneLine(original.Subject)}" : PlainSubject;
        reply.Date = TimeZoneInfo.TryFindSystemTimeZoneById(vacation.Zone, out TimeZoneInfo? zone) ? TimeZoneInfo.ConvertTime(now, zone) : now;
        reply.MessageId = MimeUtils.GenerateMessageId(from[(from.LastIndexOf('@') + 1)..]);
        reply.Headers.Add("Auto-Submitted", "auto-replied");
        reply.Headers.Add("X-Auto-Response-Suppress", "All");
        if (original.MessageId is { Length: <= MaxId } id)
        {
            // RFC 5230 §5.8.
            string[] earlier = [.. original.References.Where(reference => reference != id && reference.Length <= MaxId)];
            string[] kept = earlier.Length < MaxReferences ? earlier : [earlier[0], .. earlier[^(MaxReferences - 2)..]];
            reply.Headers.Add(HeaderId.InReplyTo, $"<{id}>");
            reply.Headers.Add(HeaderId.References, string.Join(' ', kept.Append(id).Select(static reference => $"<{reference}>")));
        }

        reply.Body = new TextPart("plain") { Text = text.ReplaceLineEndings("\r\n") + (text.EndsWith('\n') ? "" : "\r\n") };
        reply.Prepare(EncodingConstraint.SevenBit);
        FormatOptions form = FormatOptions.Default.Clone();
        (form.NewLineFormat, form.International) = (NewLineFormat.Dos, !System.Text.Ascii.IsValid(to));
        using var octets = new MemoryStream();
        reply.WriteTo(form, octets);
        return octets.ToArray();
    }

    private static string OneLine(string text) => string.Concat(text.Take(Vacation.MaxSubject).Select(static letter => char.IsControl(letter) ? ' ' : letter));
}
