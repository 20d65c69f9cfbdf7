using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Web.Mail.List;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail.Reading;

/// <summary>Whether its reader wishes to see mail by conversations, and the conversation of a message.</summary>
internal sealed class Talks(Preferences preferences, Conversations conversations, Messages messages)
{
    private const string Key = "mail.conversations";

    public async ValueTask<bool> AreShownAsync(WebSession session, CancellationToken cancel) =>
        (await preferences.GetAsync(session.Actor, session.Account.Id, Key, cancel)).TryGet(out string? value, out _) && value == "true";

    public async ValueTask ShowAsync(WebSession session, bool areShown, CancellationToken cancel) =>
        await preferences.SetAsync(session.Actor, session.Account.Id, Key, areShown ? "true" : null, cancel);

    /// <summary>Its messages in all folders, the oldest first; a copy of one that is listed already is left out.</summary>
    public async ValueTask<IReadOnlyList<TalkMessage>> OfAsync(WebSession session, ThreadId thread, IReadOnlyList<Mailbox> folders, CancellationToken cancel)
    {
        if (!(await conversations.FindAsync(session.Actor, session.Account.Id, thread, cancel)).TryGet(out IReadOnlyList<(MailboxId Mailbox, uint Uid)>? places, out _))
        {
            return [];
        }

        var rows = new Dictionary<(MailboxId, uint), (Message Row, Mailbox Folder)>();
        foreach (IGrouping<MailboxId, uint> group in places.GroupBy(static place => place.Mailbox, static place => place.Uid))
        {
            if (folders.FirstOrDefault(folder => folder.Id == group.Key) is { } folder
                && (await messages.ReadAsync(
                    session.Actor, session.Account.Id, group.Key, UidSet.From(group), MessageFields.Envelope | MessageFields.Preview, cancel)).TryGet(out IReadOnlyList<Message>? read, out _))
            {
                foreach (Message row in read)
                {
                    rows[(group.Key, row.Uid)] = (row, folder);
                }
            }
        }

        return
        [
            .. places.Where(rows.ContainsKey).Select(place => rows[place]).DistinctBy(static pair => pair.Row.Email)
                .Select(static pair => new TalkMessage(MessageRow.Of(pair.Folder, pair.Row, MessageFlags.None, null), pair.Folder)),
        ];
    }
}

/// <summary>One message of a conversation.</summary>
public sealed record TalkMessage(MessageRow Row, Mailbox Folder)
{
    public string Address => Folder.Use == SpecialUse.Drafts ? Row.Place.Address + "/edit" : Row.Place.Address;
}
