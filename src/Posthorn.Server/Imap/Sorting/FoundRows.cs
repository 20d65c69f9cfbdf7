using System.Runtime.CompilerServices;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Sorting;

/// <summary>Reads the rows of what a search found, in pages; no octets of a message are opened.</summary>
internal static class FoundRows
{
    /// <summary>In the order of the mailbox. Messages that another session removed are passed over, as is all where the right to read is gone.</summary>
    public static async IAsyncEnumerable<(int Position, Message Row)> ReadAsync(
        ImapSession session, IReadOnlyList<int> positions, MessageFields fields, [EnumeratorCancellation] CancellationToken cancel)
    {
        MailboxSnapshot view = session.Selected!.View;
        for (int start = 0; start < positions.Count; start += Messages.ReadAtMost)
        {
            int end = Math.Min(start + Messages.ReadAtMost, positions.Count);
            Result<IReadOnlyList<Message>> read = await session.Services.Messages.ReadAsync(
                session.Actor!, view.Mailbox.Account, view.Mailbox.Id, Page(view, positions, start, end), fields, cancel);
            if (!read.TryGet(out IReadOnlyList<Message>? rows, out _))
            {
                yield break;
            }

            foreach (Message row in rows)
            {
                yield return (view.IndexOf(row.Uid), row);
            }
        }
    }

    // Neighbours are one range, also over UIDs that are gone.
    private static UidSet Page(MailboxSnapshot view, IReadOnlyList<int> positions, int start, int end)
    {
        var uids = new UidSet.Builder();
        for (int i = start; i < end; i++)
        {
            uint uid = view[positions[i]].Uid;
            uids.Add(i > start && positions[i] == positions[i - 1] + 1 ? view[positions[i - 1]].Uid : uid, uid);
        }

        return uids.Build();
    }
}
