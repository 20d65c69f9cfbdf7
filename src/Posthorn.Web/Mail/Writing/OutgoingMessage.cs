using MimeKit;
using MimeKit.Utils;
using Posthorn.Core.Bodies;
using Posthorn.Core.Messages;

namespace Posthorn.Web.Mail.Writing;

/// <summary>The message that a form makes: RFC 5322, plain text in UTF-8, the same with its looks where it has some, files behind it.</summary>
internal static class OutgoingMessage
{
    // Lines as SMTP wants them, and nothing that a relay without 8BITMIME would have to write anew: that would break its DKIM signature.
    private static readonly FormatOptions Format = MakeFormat(international: false), InternationalFormat = MakeFormat(international: true);

    /// <param name="form">What was typed; its addresses are known to be readable.</param>
    /// <param name="from">Who sends.</param>
    /// <param name="files">Parts of the older draft or the forwarded message that stay, then what was chosen.</param>
    /// <param name="now">For the Date field.</param>
    public static MimeMessage Of(ComposeForm form, MailboxAddress from, IReadOnlyList<MimeEntity> files, DateTimeOffset now)
    {
        var message = new MimeMessage { Subject = form.Subject, Date = now };
        message.From.Add(from);
        message.To.AddRange(Parsed(form.To));
        message.Cc.AddRange(Parsed(form.Cc));
        message.Bcc.AddRange(Parsed(form.Bcc));
        message.MessageId = MimeUtils.GenerateMessageId(from.Domain);
        if (form.InReplyTo.Length > 0 && form.Kind != Writing.Forward)
        {
            message.InReplyTo = form.InReplyTo;
        }

        foreach (string id in form.References.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            message.References.Add(id);
        }

        MimeEntity text = TextOf(form);
        message.Body = text;
        if (files.Count > 0)
        {
            var all = new Multipart("mixed") { text };
            foreach (MimeEntity file in files)
            {
                all.Add(file);
            }

            message.Body = all;
        }

        message.Prepare(EncodingConstraint.SevenBit);
        return message;
    }

    /// <summary>Writes it into the store's hands as it is encoded: never one big array.</summary>
    public static async ValueTask<IncomingMessage> StoreAsync(MimeMessage message, bool withBcc, Messages messages, CancellationToken cancel)
    {
        FormatOptions format = NeedsUtf8(message) ? InternationalFormat : Format;
        if (!withBcc)
        {
            format = format.Clone();
            format.HiddenHeaders.Add(HeaderId.Bcc);
        }

        await using MessageWriter writer = messages.StartMessage();
        await using var into = new WriterStream(writer);
        await message.WriteToAsync(format, into, cancel);
        return await writer.CompleteAsync(cancel);
    }

    /// <summary>An address has a local part that only SMTPUTF8 carries (RFC 6531).</summary>
    public static bool NeedsUtf8(MimeMessage message) => message.From.Concat(message.To).Concat(message.Cc).Concat(message.Bcc).OfType<MailboxAddress>()
        .Any(static address => Posthorn.Standards.Smtp.EmailAddress.TryParse(address.Address, out var parsed) && parsed.NeedsSmtpUtf8);

    /// <summary>Plain text; with looks, both, the better one last (RFC 2046 §5.1.4), its pictures beside it (RFC 2387).</summary>
    private static MimeEntity TextOf(ComposeForm form)
    {
        if (!form.IsRich)
        {
            return Part("plain", form.Text);
        }

        RichText rich = RichText.Of(form.Html);
        MimeEntity html = Part("html", $"<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head><body>{rich.Html}</body></html>\n");
        if (rich.Pictures.Count > 0)
        {
            var related = new MultipartRelated { Root = html };
            foreach (MimePart picture in rich.Pictures)
            {
                related.Add(picture);
            }

            html = related;
        }

        return new MultipartAlternative { Part("plain", MessageText.OfHtml(rich.Html)), html };
    }

    private static TextPart Part(string subtype, string text)
    {
        var part = new TextPart(subtype);
        part.SetText(System.Text.Encoding.UTF8, text.ReplaceLineEndings("\r\n"));
        return part;
    }

    private static InternetAddressList Parsed(string text) => AddressList.TryParse(text, out InternetAddressList? list, out _) ? list : [];

    private static FormatOptions MakeFormat(bool international)
    {
        FormatOptions format = FormatOptions.Default.Clone();
        (format.NewLineFormat, format.International) = (NewLineFormat.Dos, international);
        return format;
    }

    /// <summary>Hands octets on.</summary>
    private sealed class WriterStream(MessageWriter writer) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => writer.Length;

        public override long Position
        {
            get => writer.Length;
            set => throw new NotSupportedException();
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => writer.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            writer.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Write asynchronously.");

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
