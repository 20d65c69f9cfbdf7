using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Notifying;

namespace Posthorn.Server.Imap.Commands;

/// <summary>NOTIFY: what the client wants to hear of at any time, of the selected mailbox and of others.</summary>
/// <remarks>
/// RFC 5465 §3.1. Not implemented: RFC 5465 §6.6 mailboxes of other accounts, unless they are selected; who names one is refused, so that nobody waits for it.
/// </remarks>
/// <param name="Groups">Empty: NONE.</param>
/// <param name="TellsStatus">The other mailboxes' STATUS is told first.</param>
internal sealed record Notify(IReadOnlyList<EventGroup> Groups, bool TellsStatus) : IImapCommand<Notify>
{
    /// <summary>Groups of one command.</summary>
    private const int MaxGroups = 200;

    // notify = "NOTIFY" SP ("SET" [SP "STATUS"] SP event-group *(SP event-group) / "NONE")     RFC 5465 §8
    public static Notify Parse(ref ImapReader reader)
    {
        reader.Space();
        if (reader.TryKeyword("NONE"u8))
        {
            return new Notify([], TellsStatus: false);
        }

        reader.Keyword("SET"u8);
        reader.Space();
        bool tellsStatus = reader.TryKeyword("STATUS"u8);
        if (tellsStatus)
        {
            reader.Space();
        }

        var groups = new List<EventGroup>();
        do
        {
            groups.Add(groups.Count == MaxGroups ? throw new ImapSyntaxException("There are too many groups.") : EventGroup.Read(ref reader));
        }
        while (reader.TrySpace());
        return groups.Count(group => group.Filter is null) > 1
            ? throw new ImapSyntaxException("The selected mailbox is named once.")
            : new Notify(groups, tellsStatus);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (!Groups.All(group => group.IsKnown))
        {
            return ImapResult.No(ResponseCode.BadEvent, "Such an event is not told here");
        }

        if (Groups.Any(group => group.Filter is { } filter && filter.Names.Any(static name => Namespaces.TrySplit(name, out _, out _, out _))))
        {
            // RFC 5465 §3.1: as what would be too dear. That a mailbox exists is not told by it.
            return ImapResult.No(ResponseCode.NotificationOverflow, "A mailbox of another account is watched while it is selected, and not beside that");
        }

        EventGroup[] others = [.. Groups.Where(group => group.Filter is not null && group.Events != NotifyEvents.None)];
        MailboxWatch? watch = null;
        if (others.Length > 0)
        {
            Result<MailboxWatch> started = await MailboxWatch.StartAsync(session, others, cancel);
            if (!started.TryGet(out watch, out Refusal? refusal))
            {
                return refusal is Refusal.Limit ? ImapResult.No(ResponseCode.NotificationOverflow, refusal.Text) : ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
            }
        }

        // What was watched so far is told up to here; then, as NOOP does, all that is new in the selected mailbox (RFC 5465 §3.1).
        await session.TellUpdatesAsync(expunges: true, cancel);
        session.NotifyOf(null);
        await session.TellUpdatesAsync(expunges: true, cancel);
        if (session.Selected is not null)
        {
            await session.TellWithheldFlagsAsync(cancel);
        }

        if (session.End is not null)
        {
            watch?.Dispose();
            return ImapResult.Replied;
        }

        session.NotifyOf(new Notifications(Groups.FirstOrDefault(group => group.Filter is null), watch));
        if (TellsStatus && watch is not null)
        {
            await watch.TellStatusAsync(session, cancel);
        }

        return ImapResult.Completed;
    }
}
