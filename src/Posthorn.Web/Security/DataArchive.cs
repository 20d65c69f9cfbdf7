using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Bodies;
using Posthorn.Core.Forwarding;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Replies;
using Posthorn.Core.Security;
using Posthorn.Standards.Mbox;

namespace Posthorn.Web.Security;

/// <summary>Writes all that an account holds as one ZIP, message by message: never more of it is in memory than one piece of one message.</summary>
internal sealed class DataArchive(
    Mailboxes mailboxes, Messages messages, AppPasswords appPasswords, Passkeys passkeys, SignInHistory history, Vacations vacations, Forwards forwards)
{
    /// <summary>Characters of a name inside the archive.</summary>
    private const int MaxName = 200;

    private static readonly MessageFlags[] SystemFlags = [MessageFlags.Seen, MessageFlags.Answered, MessageFlags.Flagged, MessageFlags.Deleted, MessageFlags.Draft];

    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public async Task WriteAsync(Actor actor, Account account, Stream target, CancellationToken cancel)
    {
        await using var writes = new HeldWrites(target);
        await using (ZipArchive zip = await ZipArchive.CreateAsync(writes, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancel))
        {
            await WriteSettingsAsync(actor, account, zip, cancel);
            var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            foreach (Mailbox mailbox in (await mailboxes.ListAsync(actor, account.Id, cancel)).Value.Where(mailbox => !mailbox.IsContainer))
            {
                ZipArchiveEntry entry = zip.CreateEntry($"mail/{NameOf(mailbox.Name, taken)}.mbox", CompressionLevel.Fastest);
                await using Stream content = await entry.OpenAsync(cancel);
                await WriteMailboxAsync(actor, account, mailbox, content, cancel);
            }
        }

        await writes.FlushAsync(cancel);
    }

    private async Task WriteSettingsAsync(Actor actor, Account account, ZipArchive zip, CancellationToken cancel)
    {
        await using Stream content = await zip.CreateEntry("account.json").OpenAsync(cancel);
        await JsonSerializer.SerializeAsync(
            content,
            new
            {
                account.Address,
                account.Name,
                account.Created,
                account.QuotaBytes,
                account.UsedBytes,
                Messages = account.MessageCount,
                Folders = (await mailboxes.ListAsync(actor, account.Id, cancel)).Value.Select(mailbox => mailbox.Name),
                AppPasswords = (await appPasswords.ListAsync(actor, account.Id, cancel)).Value.Select(
                    password => new { password.Name, Scopes = password.Scopes.ToString(), password.Created, password.Expires, password.Used }),
                Passkeys = (await passkeys.ListAsync(actor, account.Id, cancel)).Value.Select(passkey => new { passkey.Name, passkey.Created, passkey.Used }),
                SignIns = (await history.ListAsync(actor, account.Id, cancel)).Value,
                VacationReply = (await vacations.GetAsync(actor, account.Id, cancel)).Value,
                ForwardedTo = (await forwards.GetAsync(actor, account.Id, cancel)).Value.Addresses,
            },
            Readable, cancel);
    }

    private async Task WriteMailboxAsync(Actor actor, Account account, Mailbox mailbox, Stream target, CancellationToken cancel)
    {
        var mbox = new MboxWriter(target);
        uint after = 0;
        while (after < uint.MaxValue)
        {
            IReadOnlyList<Message> page = (await messages.ReadAsync(
                actor, account.Id, mailbox.Id, UidSet.Of(after + 1, uint.MaxValue), MessageFields.Content, cancel)).Value;
            foreach (Message message in page)
            {
                // Octets that are missing in the store are the concern of "posthorn check"; the rest goes on.
                await using MessageContent? content = await messages.OpenAsync(actor, account.Id, message, cancel);
                if (content is not null)
                {
                    await mbox.WriteAsync("", message.InternalDate, Flags(message.Flags), message.Uidl, content.OpenRead(), cancel);
                }
            }

            if (page.Count == 0)
            {
                return;
            }

            after = page[^1].Uid;
        }
    }

    private static List<string> Flags(MessageFlags flags) =>
        [.. SystemFlags.Where(flag => flags.HasFlag(flag)).Select(flag => $@"\{flag}")];

    /// <summary>A path inside the archive that leads nowhere else, and is the only one of its name.</summary>
    private static string NameOf(string mailbox, HashSet<string> taken)
    {
        string wanted = string.Join('/', mailbox.Split(Mailbox.Separator).Select(Level));
        string name = wanted;
        for (int number = 2; !taken.Add(name); number++)
        {
            name = FormattableString.Invariant($"{wanted} ({number})");
        }

        return name;
    }

    private static string Level(string level)
    {
        var safe = new StringBuilder(level.Length);
        foreach (Rune letter in level.EnumerateRunes())
        {
            safe.Append(Rune.IsControl(letter) || letter.Value is '/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' ? "_" : letter.ToString());
        }

        string name = safe.ToString().Trim();
        name = name.Length > MaxName ? name[..MaxName] : name;
        return name.Length == 0 || name.StartsWith('.') ? "_" + name : name;
    }
}
