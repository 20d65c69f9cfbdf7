using System.Text.Encodings.Web;
using MimeKit;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail.Reading;

/// <summary>A message as a document to print: who, when, what, the text and the names of its files. It is as harmless as the frame of the page.</summary>
internal static class PrintedMessage
{
    public static string Of(ShownMessage shown, MimeMessage message, Viewer viewer)
    {
        string text = shown.HasHtml ? HtmlDocument.BodyOf(message) : $"<pre>{Text(shown.Text ?? "")}</pre>";
        string files = shown.Attachments.Count == 0 ? "" : $"<p>{Text(T["Attachments"])}: {Text(string.Join(", ", shown.Attachments.Select(static file => file.Name)))}</p>";
        (string Name, string? Value)[] fields =
        [
            (T["From"], shown.From), (T["To"], shown.To), (T["Cc"], shown.Cc.Length > 0 ? shown.Cc : null), (T["Date"], shown.Date is { } date ? viewer.Long(date) : null),
        ];
        string people = string.Concat(fields.Where(static field => field.Value is not null).Select(static field => $"<tr><th>{Text(field.Name)}</th><td>{Text(field.Value!)}</td></tr>"));
        return HtmlDocument.Around(
            shown.Subject,
            $"<h1 style=\"font-size: 1.4rem; margin: 0 0 .5rem\">{Text(shown.Subject)}</h1><table style=\"text-align: left; margin-bottom: 1rem\">{people}</table>{files}<hr>{text}");
    }

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);
}
