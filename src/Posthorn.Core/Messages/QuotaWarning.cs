using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Messages;

/// <summary>Tells the owner of an account that it is nearly full, by a message in the inbox, each time mail brings it over the mark.</summary>
/// <remarks>In the transaction of the mail that does it: no warning is lost, and none comes twice.</remarks>
internal static class QuotaWarning
{
    /// <summary>Per cent of the quota in use from which on the owner is warned.</summary>
    public const int Percent = 90;

    /// <param name="before">The account before the mail came; null: there is nothing to watch.</param>
    public static async ValueTask FileAsync(IWriteSession session, Account? before, DateTimeOffset now)
    {
        if (before is not { HasQuota: true } || IsNear(before)
            || await session.Directory.AccountAsync(before.Id) is not { } account || !IsNear(account)
            || await session.Mailboxes.FindAsync(account.Id, Mailbox.Inbox) is not { } inbox)
        {
            return;
        }

        byte[] octets = Write(account, now);
        var body = new StoredBody(new BodyId(Guid.CreateVersion7(now)), octets.Length, BodyCodec.Plain, SHA256.HashData(octets), octets);
        var filing = new Filing(session, account.Id, inbox, await session.ModSeqAsync(account.Id), now);
        await filing.AddAsync(body, MessageMetadata.Read(octets), [], MessageFlags.Flagged, now, Uidl.New());
        await filing.FinishAsync();
    }

    private static bool IsNear(Account account) =>
        IsNear(account.UsedBytes, account.QuotaBytes) || IsNear(account.MessageCount, account.QuotaMessages);

    // Divided, so that no quota is too large for it.
    internal static bool IsNear(long used, long? quota) => quota is { } limit && used >= limit - (limit / 100 * (100 - Percent)) - (limit % 100 * (100 - Percent) / 100);

    private static byte[] Write(Account account, DateTimeOffset now)
    {
        string domain = account.Address[(account.Address.LastIndexOf('@') + 1)..];
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Date: {now.UtcDateTime:ddd, d MMM yyyy HH:mm:ss} +0000\r\n");
        text.Append(CultureInfo.InvariantCulture, $"From: Posthorn <postmaster@{domain}>\r\nTo: <{account.Address}>\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Message-ID: <{Guid.CreateVersion7(now):N}@{domain}>\r\n");
        text.Append("Subject: Your mailbox is nearly full\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
        text.Append("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
        text.Append(CultureInfo.InvariantCulture, $"Your mailbox has reached {Percent} % of what it may hold.\r\n\r\n");
        if (account.QuotaBytes is { } bytes)
        {
            text.Append(CultureInfo.InvariantCulture, $"Used: {account.UsedBytes / 1024:N0} of {bytes / 1024:N0} KiB\r\n");
        }

        if (account.QuotaMessages is { } messages)
        {
            text.Append(CultureInfo.InvariantCulture, $"Messages: {account.MessageCount:N0} of {messages:N0}\r\n");
        }

        text.Append("\r\nWhen it is full, new mail is sent back. Delete what you no longer need, and empty the folders Trash and Junk.\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
