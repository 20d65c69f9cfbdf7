using System.Security.Cryptography;
using MimeKit;
using MimeKit.Utils;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <summary>Words of a message that the program writes, in the language of who asked for it.</summary>
public sealed record MessageWords(string Subject, string Text);

/// <summary>A message that the program itself writes about an account: from the postmaster of its domain, marked as automatic (RFC 3834 §5).</summary>
internal static class ProgramMessage
{
    public static StoredBody Write(string account, string to, MessageWords words, DateTimeOffset now)
    {
        string domain = account[(account.LastIndexOf('@') + 1)..];
        using var message = new MimeMessage { Subject = words.Subject, Date = now, MessageId = MimeUtils.GenerateMessageId(domain) };
        message.From.Add(new MailboxAddress("Posthorn", $"postmaster@{domain}"));
        message.To.Add(new MailboxAddress(null, to));
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Body = new TextPart("plain") { Text = words.Text.ReplaceLineEndings("\r\n") };
        message.Prepare(EncodingConstraint.SevenBit);
        FormatOptions form = FormatOptions.Default.Clone();
        (form.NewLineFormat, form.International) = (NewLineFormat.Dos, !System.Text.Ascii.IsValid(to));
        using var written = new MemoryStream();
        message.WriteTo(form, written);
        byte[] octets = written.ToArray();
        return new StoredBody(new BodyId(Guid.CreateVersion7(now)), octets.Length, BodyCodec.Plain, SHA256.HashData(octets), octets);
    }

    /// <summary>Puts one into the inbox of the account itself, past everything that is done by itself with mail that comes.</summary>
    public static async ValueTask FileAsync(IWriteSession session, AccountId account, string address, MessageWords words, DateTimeOffset now)
    {
        if (await session.Mailboxes.FindAsync(account, Mailbox.Inbox) is not { } inbox)
        {
            return;
        }

        StoredBody body = Write(address, address, words, now);
        var filing = new Filing(session, account, inbox, await session.ModSeqAsync(account), now);
        await filing.AddAsync(body, MessageMetadata.Read(body.Inline), [], MessageFlags.Flagged, now, Uidl.New());
        await filing.FinishAsync();
    }
}
