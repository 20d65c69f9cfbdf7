using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Core.Storage;

namespace Posthorn.Core.Undelete;

/// <summary>Files removed messages again, all of them or none, within one transaction.</summary>
internal sealed class Restoration(IWriteSession session, AccountId account, int maxMailboxes, DateTimeOffset now)
{
    /// <summary>Null: done. A refusal comes before anything is filed, but mailboxes may have been made.</summary>
    public async ValueTask<Refusal?> RunAsync(IReadOnlyList<RemovedMessage> messages, string? to)
    {
        Account? owner = await session.Directory.AccountAsync(account);
        if (owner?.ObjectTo(messages.Sum(message => message.SizeBytes), messages.Count) is { } refusal)
        {
            return refusal;
        }

        var places = new List<(Mailbox Mailbox, RemovedMessage[] Messages, Keywords Keywords)>();
        foreach (IGrouping<string, RemovedMessage> group in await ByMailboxAsync(messages, to))
        {
            Result<Mailbox> target = await TargetAsync(group.Key);
            if (!target.TryGet(out Mailbox? mailbox, out refusal))
            {
                return refusal;
            }

            Result<Keywords> names = await Keywords.NameAsync(session, account, mailbox, Fitting(mailbox, group.SelectMany(message => message.Keywords)));
            if (!names.TryGet(out Keywords? keywords, out refusal))
            {
                return refusal;
            }

            places.Add((mailbox, [.. group], keywords));
        }

        foreach ((Mailbox mailbox, RemovedMessage[] group, Keywords keywords) in places)
        {
            await FileAsync(mailbox, group, keywords);
        }

        await session.Messages.ForgetAsync(account, messages);
        return null;
    }

    /// <summary>Each message with the name of the mailbox that takes it: the one it came from, under the name that it has now.</summary>
    private async ValueTask<IEnumerable<IGrouping<string, RemovedMessage>>> ByMailboxAsync(IReadOnlyList<RemovedMessage> messages, string? to)
    {
        if (to is not null)
        {
            return messages.GroupBy(_ => to);
        }

        Dictionary<MailboxId, string> names = (await session.Mailboxes.ListAsync(account)).ToDictionary(mailbox => mailbox.Id, mailbox => mailbox.Name);
        return messages.GroupBy(message => names.GetValueOrDefault(message.Id.Mailbox, message.MailboxName));
    }

    private async ValueTask<Result<Mailbox>> TargetAsync(string name) => await session.Mailboxes.FindAsync(account, name) is { IsContainer: false } mailbox
        ? mailbox
        : await MailboxTree.CreateAsync(session, account, name, SpecialUse.None, maxMailboxes);

    /// <summary>Keywords that the mailbox has no room for are left behind, as with COPY.</summary>
    private static IEnumerable<string> Fitting(Mailbox mailbox, IEnumerable<string> keywords)
    {
        string[] wanted = [.. keywords.Distinct(StringComparer.OrdinalIgnoreCase).Except(mailbox.Keywords, StringComparer.OrdinalIgnoreCase)];
        return wanted.Take(KeywordBits.Most - mailbox.Keywords.Count);
    }

    private async ValueTask FileAsync(Mailbox mailbox, RemovedMessage[] messages, Keywords keywords)
    {
        FiledMessage[] filed = [.. messages.Select(message => new FiledMessage(message.Id.Uid, message.Email, message.Flags, message.SizeBytes))];
        var held = new HashSet<EmailId>(await session.Messages.HeldAsync(account, mailbox.Id, filed));
        var filing = new Filing(session, account, mailbox, await session.ModSeqAsync(account), now);
        foreach (RemovedMessage message in messages)
        {
            // A mailbox holds a message once: a second one there is a message of its own.
            EmailId email = held.Add(message.Email) ? message.Email : await session.Messages.DuplicateEmailAsync(account, message.Email, Uidl.New());
            await filing.PlaceAsync(email, (message.Flags & ~MessageFlags.Deleted) | keywords.Mask(message.Keywords), message.SizeBytes);
        }

        await filing.FinishAsync();
    }
}
