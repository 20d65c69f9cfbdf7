using Posthorn.Core;
using Posthorn.Core.Changes;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Resync;

/// <summary>The QRESYNC parameter of SELECT: what the client knew of the mailbox, so that it is told only what is new.</summary>
/// <remarks>RFC 7162 §3.2.5.</remarks>
/// <param name="KnownUids">Null: all that the mailbox ever gave.</param>
/// <param name="Match">Null: there was none.</param>
internal sealed record QResync(UidValidity UidValidity, ModSeq Since, UidSet? KnownUids, SequenceMatch? Match)
{
    // select-param =/ "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"     RFC 7162 §7
    public static QResync Read(ref ImapReader reader)
    {
        reader.Space();
        reader.Expect((byte)'(');
        var validity = new UidValidity(reader.NzNumber());
        reader.Space();
        ModSeq since = reader.ModSeq();
        if (since.Value == 0)
        {
            throw new ImapSyntaxException("A modification sequence is above 0.");
        }

        UidSet? known = null;
        SequenceMatch? match = null;
        if (reader.TrySpace())
        {
            if (!reader.IsNext((byte)'('))
            {
                known = UidSet.From(reader.NumberRanges());
            }

            match = known is null || reader.TrySpace() ? SequenceMatch.Read(ref reader) : null;
        }

        reader.Expect((byte)')');
        return new QResync(validity, since, known, match);
    }

    /// <summary>Tells what vanished and what changed; the view is what SELECT told.</summary>
    /// <returns>False: the mailbox is another one by now, and nothing was told.</returns>
    public async ValueTask<bool> TellAsync(ImapSession session, MailboxSnapshot view, CancellationToken cancel)
    {
        if (view.Mailbox.UidValidity != UidValidity)
        {
            return false;
        }

        if (!(await session.Services.Mailboxes.ChangedSinceAsync(session.Actor!, view, Since, cancel)).TryGet(out ChangedUids? logged, out _))
        {
            return true;
        }

        UidSet known = KnownUids ?? UidSet.All, changed = logged?.Touched.Intersect(known) ?? known;
        await view.LoadAsync(changed, cancel);

        // What was not read yet is not read for the client's numbers: the log says all the same what went.
        UidSet open = view.IsWhole && Match?.Agreed(view) is > 0 and uint agreed && agreed < uint.MaxValue ? known.Intersect(UidSet.Of(agreed + 1, uint.MaxValue)) : known;
        await WriteAsync(session, view.Vanished(open, logged), cancel);
        foreach (PositionRange range in SequenceSet.PositionsOf(view, view.IsWhole ? known : changed))
        {
            for (int position = range.First; position <= range.Last; position++)
            {
                MessageEntry message = view[position];
                if (message.ModSeq > Since)
                {
                    session.TellFlags(position, message, view.Mailbox.Keywords);
                    await session.Writer.FlushIfLargeAsync(cancel);
                }
            }
        }

        return true;
    }

    /// <summary>VANISHED (EARLIER): what went from <paramref name="known"/> since a modseq; of messages in the view the client hears as they go.</summary>
    public static async ValueTask TellVanishedAsync(ImapSession session, MailboxSnapshot view, ModSeq since, UidSet known, CancellationToken cancel)
    {
        if ((await session.Services.Mailboxes.VanishedSinceAsync(session.Actor!, view, since, known, cancel)).TryGet(out UidSet? vanished, out _))
        {
            await WriteAsync(session, vanished, cancel);
        }
    }

    private static ValueTask WriteAsync(ImapSession session, UidSet vanished, CancellationToken cancel) =>
        vanished.IsEmpty ? ValueTask.CompletedTask : session.Writer.VanishedAsync(vanished, isEarlier: true, cancel);
}
