namespace Posthorn.Core.Mailboxes;

/// <summary>Looks for the first message of a mailbox that is not seen, which every SELECT of IMAP4rev1 tells (RFC 3501 §6.3.1).</summary>
/// <remarks>
/// Most often either all that is unseen is new, or nothing was ever read. So it looks from both ends in turn, a chunk at a time: from the oldest on it ends at the first one; from the newest on it ends
/// when all were met that the mailbox counts.
/// </remarks>
internal static class Unseen
{
    /// <param name="chunks">Messages in UID order.</param>
    /// <param name="starts">Position of the first message of each chunk.</param>
    /// <param name="count">Of the mailbox.</param>
    /// <param name="areAll">Before the first chunk there are no messages.</param>
    /// <returns>Its position from 0. Null: there is none, or it is before the first chunk.</returns>
    public static int? First(MessageEntry[][] chunks, int[] starts, int count, bool areAll)
    {
        int? first = null;
        for (int low = 0, high = chunks.Length - 1; low <= high && count > 0; high--)
        {
            if (areAll)
            {
                int at = Array.FindIndex(chunks[low], static message => !IsSeen(message));
                if (at >= 0)
                {
                    return starts[low] + at;
                }

                low++;
            }

            for (int at = chunks[high].Length - 1; at >= 0 && count > 0; at--)
            {
                if (!IsSeen(chunks[high][at]))
                {
                    (first, count) = (starts[high] + at, count - 1);
                }
            }
        }

        // From both ends to the middle nothing was missed; from the newest on, what was not met is older.
        return areAll || count == 0 ? first : null;
    }

    /// <summary>Not HasFlag: it boxes until the method is compiled again, and this is asked of each message of a mailbox.</summary>
    private static bool IsSeen(MessageEntry message) => (message.Flags & Messages.MessageFlags.Seen) != 0;
}
