using System.Globalization;
using System.Text;
using MimeKit;
using Posthorn.Core.Accounts;
using Posthorn.Server.Smtp.Commands;
using Posthorn.Standards.Smtp;

namespace Posthorn.Server.Smtp.Content;

/// <summary>The header of a message from one of our users: who it says it is from, and what it lacks.</summary>
/// <remarks>RFC 6409 §6.1 (From), §8.1, §8.2, §8.3 (missing fields).</remarks>
internal sealed class SubmittedHeader(IncomingHeader header, Account account, Mail mail, SmtpServer server)
{
    /// <summary>The reply that refuses it; null when every From address is one the account may use.</summary>
    public async ValueTask<SmtpReply?> CheckAsync(CancellationToken cancel)
    {
        if (header.From is null)
        {
            return null;
        }
        if (header.FromFields > 1)
        {
            return HeaderRefusals.ManyFroms;
        }
        if (!InternetAddressList.TryParse(header.From, out var addresses) || !addresses.Mailboxes.Any())
        {
            return HeaderRefusals.UnreadableFrom;
        }
        foreach (var mailbox in addresses.Mailboxes)
        {
            if (!EmailAddress.TryParse(mailbox.Address, out var address))
            {
                return HeaderRefusals.UnreadableFrom;
            }
            if (!await server.Recipients.MaySendAsAsync(account, address, cancel))
            {
                return HeaderRefusals.NotYourFrom;
            }
        }
        return null;
    }

    /// <summary>Fields that a message must have and this one has not; they go to its top.</summary>
    public string Added()
    {
        var added = new StringBuilder();
        if (!header.HasDate)
        {
            added.Append("Date: ").Append(InternetDate.Format(server.Time.GetUtcNow())).Append("\r\n");
        }
        if (header.From is null)
        {
            // A message must say who it is from (RFC 5322 §3.6); the envelope has it, checked.
            added.Append(CultureInfo.InvariantCulture, $"From: <{(mail.Sender is null ? account.Address : mail.Path)}>\r\n");
        }
        if (!header.HasMessageId)
        {
            var domain = account.Address[(account.Address.LastIndexOf('@') + 1)..];
            added.Append(CultureInfo.InvariantCulture, $"Message-ID: <{Guid.CreateVersion7():N}@{domain}>\r\n");
        }
        if (!header.HasFields)
        {
            // Text without a header: it must not become one.
            added.Append("\r\n");
        }
        return added.ToString();
    }
}
