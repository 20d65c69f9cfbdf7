using System.Globalization;
using System.Text.Encodings.Web;
using MimeKit;
using Posthorn.Web.Settings;

namespace Posthorn.Web.Mail.Writing;

/// <summary>The form that a person finds when they answer or forward a message.</summary>
internal static class Answers
{
    /// <summary>Message-IDs kept of a long conversation: its first and the last ones (RFC 5322 §3.6.4 lets long lists be shortened).</summary>
    private const int MaxReferences = 30;

    /// <param name="own">Addresses of the account: nobody answers to themself.</param>
    public static ComposeForm To(MimeMessage message, MessagePlace origin, Writing kind, IReadOnlyList<string> own) => Head(message, origin, kind, own) with
    {
        Text = $"\n\n{Introduction(message)}\n{MessageText.Quoted(message)}\n",
        Html = $"<div><br></div><div>{HtmlEncoder.Default.Encode(Introduction(message))}</div><blockquote>{RichText.Of(message)}</blockquote>",
    };

    /// <summary>The same without what is quoted.</summary>
    public static ComposeForm Head(MimeMessage message, MessagePlace origin, Writing kind, IReadOnlyList<string> own)
    {
        List<MailboxAddress> to = [.. (message.ReplyTo.Count > 0 ? message.ReplyTo : message.From).Mailboxes];
        List<MailboxAddress> cc = [];
        if (to.Exists(address => IsOwn(address, own)))
        {
            // An answer to what one sent oneself goes on to the same people.
            to = [.. message.To.Mailboxes];
        }
        else if (kind == Writing.ReplyAll)
        {
            to.AddRange(message.To.Mailboxes.Where(address => !IsOwn(address, own)));
        }

        if (kind == Writing.ReplyAll)
        {
            HashSet<string> there = to.Select(static address => address.Address).ToHashSet(StringComparer.OrdinalIgnoreCase);
            cc = [.. message.Cc.Mailboxes.Where(address => !there.Contains(address.Address) && !IsOwn(address, own))];
        }

        return new ComposeForm
        {
            To = AddressList.InWords([.. to.DistinctBy(static address => address.Address, StringComparer.OrdinalIgnoreCase)]),
            Cc = AddressList.InWords([.. cc.DistinctBy(static address => address.Address, StringComparer.OrdinalIgnoreCase)]),
            Subject = WithPrefix("Re: ", message.Subject),
            From = AddressedTo(message, own) ?? "",
            Origin = origin,
            Kind = kind,
            InReplyTo = message.MessageId ?? "",
            References = string.Join(' ', Conversation(message)),
        };
    }

    /// <summary>RFC 5322 §3.6.6 is about resending; forwarding is a new message, whose attachments go along.</summary>
    public static ComposeForm Forward(MimeMessage message, MessagePlace origin) => new()
    {
        Subject = WithPrefix("Fwd: ", message.Subject),
        Text = $"\n\n---------- {T["Forwarded message"]} ----------\n{T["From"]}: {AddressList.InWords(message.From)}\n{T["Date"]}: {Moment(message)}\n{T["Subject"]}: {message.Subject}\n{T["To"]}: {AddressList.InWords(message.To)}\n\n{MessageText.Of(message)}\n",
        Html = $"<div><br></div>{RichText.FromText($"---------- {T["Forwarded message"]} ----------\n{T["From"]}: {AddressList.InWords(message.From)}\n{T["Date"]}: {Moment(message)}\n{T["Subject"]}: {message.Subject}\n{T["To"]}: {AddressList.InWords(message.To)}")}<div><br></div>{RichText.Of(message)}",
        Origin = origin,
        Kind = Writing.Forward,
        References = string.Join(' ', Conversation(message)),
    };

    /// <summary>The message whole, as it is, in a message of its own.</summary>
    public static ComposeForm ForwardAsFile(MimeMessage message, MessagePlace origin) => new()
    {
        Subject = WithPrefix("Fwd: ", message.Subject),
        Origin = origin,
        Kind = Writing.ForwardAsFile,
        References = string.Join(' ', Conversation(message)),
    };

    /// <summary>The signature stands under what is written, and above or below what is quoted.</summary>
    public static ComposeForm WithSignature(ComposeForm form, Signature? signature, SignaturePlace place)
    {
        if (signature is not { IsEmpty: false } || !signature.IsFor(form.Kind))
        {
            return form;
        }

        (string text, string html) = (signature.AsText(), signature.AsHtml());
        bool isAnswer = form.Kind != Writing.New;
        if (isAnswer && place == SignaturePlace.BelowQuote)
        {
            return form with { Text = $"{form.Text}\n{text}\n", Html = $"{(form.Html.Length > 0 ? form.Html : RichText.FromText(form.Text))}<div><br></div>{html}" };
        }

        return form with
        {
            Text = isAnswer ? $"\n\n{text}\n{form.Text}" : $"{form.Text}\n\n{text}\n",
            Html = isAnswer || form.Html.Length > 0 ? $"<div><br></div>{html}{form.Html}" : $"{RichText.FromText(form.Text)}<div><br></div>{html}",
        };
    }

    /// <summary>The account's address that a message was written to, or that it was sent from: an answer comes from there. Null: from none of them.</summary>
    public static string? AddressedTo(MimeMessage message, IReadOnlyList<string> own) =>
        message.To.Mailboxes.Concat(message.Cc.Mailboxes).Concat(message.From.Mailboxes).Select(address => own.FirstOrDefault(one => IsOwn(address, [one]))).FirstOrDefault(static one => one is not null);

    private static string Introduction(MimeMessage message) =>
        T["On {0}, {1} wrote:", Moment(message), message.From.Mailboxes.FirstOrDefault() is { } from ? AddressList.InWords(from) : T["somebody"]];

    private static string Moment(MimeMessage message) => message.Date.ToString("d MMMM yyyy, HH:mm zzz", CultureInfo.CurrentCulture);

    private static List<string> Conversation(MimeMessage message)
    {
        List<string> ids = [.. message.References.Append(message.MessageId ?? "").Where(static id => id.Length > 0).Distinct()];
        return ids.Count <= MaxReferences ? ids : [ids[0], .. ids[^(MaxReferences - 1)..]];
    }

    private static string WithPrefix(string prefix, string? subject) =>
        subject?.StartsWith(prefix.TrimEnd(), StringComparison.OrdinalIgnoreCase) == true ? subject : prefix + subject;

    private static bool IsOwn(MailboxAddress address, IReadOnlyList<string> own) =>
        Posthorn.Standards.Smtp.EmailAddress.TryParse(address.Address, out var parsed) && own.Contains(parsed.Canonical, StringComparer.OrdinalIgnoreCase);
}
