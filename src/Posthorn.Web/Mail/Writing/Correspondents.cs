using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Standards.Mime;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail.Writing;

/// <summary>Whom the person wrote to lately, and who wrote to them: what an address field offers.</summary>
public sealed class Correspondents(MailReading reading, Mailboxes mailboxes, Messages messages)
{
    /// <summary>Addresses that are offered at a time.</summary>
    public const int MaxOffered = 8;

    /// <summary>Characters of what was typed that are looked at.</summary>
    public const int MaxTyped = 100;

    /// <summary>Messages of each folder that are looked through, the newest.</summary>
    private const int MaxMessages = 300;

    /// <summary>Those whose name or address has a word that begins so; whom one wrote to comes before who wrote, often before seldom.</summary>
    internal async ValueTask<IReadOnlyList<Correspondent>> FindAsync(WebSession session, string typed, CancellationToken cancel)
    {
        string wanted = typed.Trim();
        if (wanted.Length is 0 or > MaxTyped)
        {
            return [];
        }

        IReadOnlyList<Mailbox> folders = await reading.FoldersAsync(session, cancel);
        IReadOnlyList<EnvelopeAddress> sent = await AddressesAsync(session, folders.FirstOrDefault(static folder => folder.Use == SpecialUse.Sent), static envelope => envelope.To, cancel);
        IReadOnlyList<EnvelopeAddress> came = await AddressesAsync(session, folders.FirstOrDefault(static folder => folder.Name == Mailbox.Inbox), static envelope => envelope.From, cancel);
        return
        [
            .. sent.Select(static address => (Address: address, Weight: MaxMessages)).Concat(came.Select(static address => (Address: address, Weight: 1)))
                .Where(pair => pair.Address.Address.Contains('@', StringComparison.Ordinal) && Begins(pair.Address, wanted))
                .GroupBy(static pair => pair.Address.Address, StringComparer.OrdinalIgnoreCase)
                .OrderByDescending(static group => group.Sum(static pair => pair.Weight)).ThenBy(static group => group.Key, StringComparer.OrdinalIgnoreCase)
                .Take(MaxOffered)
                .Select(static group => new Correspondent(group.Select(static pair => pair.Address.Name).FirstOrDefault(static name => name.Length > 0) ?? "", group.Key)),
        ];
    }

    private async ValueTask<IReadOnlyList<EnvelopeAddress>> AddressesAsync(
        WebSession session, Mailbox? folder, Func<EnvelopeSummary, IReadOnlyList<EnvelopeAddress>> which, CancellationToken cancel)
    {
        if (folder is null || !(await mailboxes.SnapshotAsync(session.Actor, session.Account.Id, folder.Id, cancel)).TryGet(out MailboxSnapshot? snapshot, out _) || snapshot.Count == 0)
        {
            return [];
        }

        int first = Math.Max(0, snapshot.Count - MaxMessages);
        await snapshot.LoadAsync(first, cancel);
        UidSet newest = UidSet.Of(snapshot[first].Uid, snapshot[snapshot.Count - 1].Uid);
        Result<IReadOnlyList<Message>> rows = await messages.ReadAsync(session.Actor, session.Account.Id, folder.Id, newest, MessageFields.Envelope, cancel);
        return rows.TryGet(out IReadOnlyList<Message>? found, out _) ? [.. found.SelectMany(row => which(EnvelopeSummary.Read(row.Envelope)))] : [];
    }

    private static bool Begins(EnvelopeAddress address, string wanted) =>
        address.Address.StartsWith(wanted, StringComparison.OrdinalIgnoreCase)
        || address.Name.StartsWith(wanted, StringComparison.OrdinalIgnoreCase)
        || address.Name.Contains(" " + wanted, StringComparison.OrdinalIgnoreCase);
}

/// <param name="Name">Empty: none is known.</param>
internal sealed record Correspondent(string Name, string Address);
