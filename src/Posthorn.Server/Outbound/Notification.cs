using System.Globalization;
using System.Text;
using Posthorn.Core.Bodies;
using Posthorn.Core.Delivery;
using Posthorn.Core.Queue;

namespace Posthorn.Server.Outbound;

/// <summary>What a notification tells (RFC 3464 §2.3.3 Action).</summary>
internal enum NotificationKind
{
    Failed,
    Delayed,
    Delivered,

    /// <summary>Handed to a host that does not tell of success itself.</summary>
    Relayed,
}

/// <summary>A delivery status notification: words for a person first, then the fields of RFC 3464, then the header of the message it is about.</summary>
internal static class Notification
{
    private const int MaxHeaderBytes = 64 * 1024;

    /// <summary>The octets of the notification.</summary>
    /// <param name="original">The message it is about; null: its octets are gone.</param>
    public static async ValueTask<byte[]> WriteAsync(
        OutboundSettings settings, NotificationKind kind, QueuedMail mail, IReadOnlyList<DeliveryOutcome> outcomes, MessageContent? original, DateTimeOffset now,
        CancellationToken cancel)
    {
        string boundary = $"=_{Guid.NewGuid():N}";
        // RFC 8689 §5: what was to be protected does not come back whole, whatever RET says.
        bool full = mail.Envelope is { Return: DsnReturn.Full, RequireTls: false } && kind == NotificationKind.Failed && original is not null
            && original.Length <= settings.MaxReturnedBytes;
        var text = new StringBuilder();
        Head(text, settings, kind, mail, boundary, now);
        text.Append(CultureInfo.InvariantCulture, $"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
        Words(text, settings, kind, mail, outcomes);
        text.Append(CultureInfo.InvariantCulture, $"\r\n--{boundary}\r\nContent-Type: message/{(mail.Envelope.IsSmtpUtf8 ? "global-delivery-status" : "delivery-status")}\r\n\r\n");
        Fields(text, settings, kind, mail, outcomes);
        text.Append(CultureInfo.InvariantCulture, $"\r\n--{boundary}\r\nContent-Type: {(full ? "message/rfc822" : "text/rfc822-headers")}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
        byte[] returned = original is null ? [] : await OriginalAsync(original, full, cancel);
        return [.. Encoding.UTF8.GetBytes(text.ToString()), .. returned, .. Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n")];
    }

    private static void Head(StringBuilder text, OutboundSettings settings, NotificationKind kind, QueuedMail mail, string boundary, DateTimeOffset now)
    {
        string subject = kind switch
        {
            NotificationKind.Failed => "Your message could not be delivered",
            NotificationKind.Delayed => "Your message is late",
            _ => "Your message was delivered",
        };
        string date = now.ToString("ddd, d MMM yyyy HH:mm:ss ", CultureInfo.InvariantCulture) + "+0000";

        // RFC 3464 §2, RFC 3834 §3.1.7, RFC 5322 §3.6.
        string head = string.Create(CultureInfo.InvariantCulture, $"""
            From: Mail Delivery System <{settings.NotificationSender}@{settings.HostName}>
            To: <{mail.Envelope.Sender}>
            Subject: {subject}
            Date: {date}
            Message-ID: <{Guid.NewGuid():N}@{settings.HostName}>
            Auto-Submitted: auto-replied
            MIME-Version: 1.0
            Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"


            """);
        text.Append(head.ReplaceLineEndings("\r\n"));
    }

    private static void Words(StringBuilder text, OutboundSettings settings, NotificationKind kind, QueuedMail mail, IReadOnlyList<DeliveryOutcome> outcomes)
    {
        text.Append(kind switch
        {
            NotificationKind.Failed => "Your message could not be delivered to:\r\n",
            NotificationKind.Delayed => "Your message has not been delivered yet to:\r\n",
            NotificationKind.Delivered => "Your message was delivered to:\r\n",
            _ => "Your message was handed on, to a server that does not report delivery, for:\r\n",
        });
        foreach (DeliveryOutcome outcome in outcomes)
        {
            text.Append(CultureInfo.InvariantCulture, $"\r\n  {outcome.Recipient.Address}\r\n");
            if (kind is NotificationKind.Failed or NotificationKind.Delayed)
            {
                text.Append(CultureInfo.InvariantCulture, $"    {(outcome.Host is { } host ? $"{host} answered: " : "")}{outcome.Reply}\r\n");
            }
        }

        text.Append("\r\n").Append(kind switch
        {
            NotificationKind.Failed =>
                "What you can do: check the address for typing errors, and read the answer above: it is the other server's.\r\nYour message will not be tried again. Its header is attached.\r\n",
            NotificationKind.Delayed => string.Create(CultureInfo.InvariantCulture,
                $"You need not do anything: it will be tried again until {mail.Expires:yyyy-MM-dd HH:mm} UTC, and you will be told if it fails.\r\n"),
            _ => "",
        });
        text.Append(CultureInfo.InvariantCulture, $"\r\nThis message was made by the mail server {settings.HostName}.\r\n");
    }

    private static void Fields(StringBuilder text, OutboundSettings settings, NotificationKind kind, QueuedMail mail, IReadOnlyList<DeliveryOutcome> outcomes)
    {
        // Per-message fields (RFC 3464 §2.2), then a block for each recipient (§2.3).
        if (mail.Envelope.EnvelopeIdentifier is { } id)
        {
            // RFC 3461 §6.3 (a): decoded. §4.4 wants printable ASCII before it was encoded; a line end would begin a field of the sender's making.
            text.Append(CultureInfo.InvariantCulture, $"Original-Envelope-Id: {string.Concat(id.Select(static letter => letter is >= ' ' and <= '~' ? letter : '?'))}\r\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"Reporting-MTA: dns; {settings.HostName}\r\nArrival-Date: {mail.Envelope.Received:ddd, d MMM yyyy HH:mm:ss} +0000\r\n");
        foreach (DeliveryOutcome outcome in outcomes)
        {
            text.Append("\r\n");
            if (outcome.Recipient.OriginalRecipient is { } original)
            {
                text.Append(CultureInfo.InvariantCulture, $"Original-Recipient: {original}\r\n");
            }

            string type = System.Text.Ascii.IsValid(outcome.Recipient.Address) ? "rfc822" : "utf-8";
            text.Append(CultureInfo.InvariantCulture, $"Final-Recipient: {type}; {outcome.Recipient.Address}\r\nAction: {kind.ToString().ToLowerInvariant()}\r\nStatus: {outcome.Enhanced}\r\n");
            if (outcome.Host is { } host)
            {
                text.Append(CultureInfo.InvariantCulture, $"Remote-MTA: dns; {host}\r\nDiagnostic-Code: smtp; {outcome.Reply}\r\n");
            }

            if (kind == NotificationKind.Delayed)
            {
                text.Append(CultureInfo.InvariantCulture, $"Will-Retry-Until: {mail.Expires:ddd, d MMM yyyy HH:mm:ss} +0000\r\n");
            }
        }
    }

    private static async ValueTask<byte[]> OriginalAsync(MessageContent original, bool full, CancellationToken cancel)
    {
        await using Stream octets = original.OpenRead();
        byte[] buffer = new byte[full ? original.Length : Math.Min(original.Length, MaxHeaderBytes)];
        int length = await octets.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel);
        if (full)
        {
            return buffer[..length];
        }

        int end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
        return buffer[..(end < 0 ? length : end + 2)];
    }
}
