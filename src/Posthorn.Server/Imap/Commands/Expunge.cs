using Posthorn.Core;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Commands;

/// <summary>EXPUNGE and UID EXPUNGE: removes the messages marked \Deleted; the loop tells which went.</summary>
/// <remarks>RFC 9051 §6.4.3, §6.4.9 (UID EXPUNGE).</remarks>
internal sealed record Expunge(SequenceSet? Messages) : IImapCommand<Expunge>
{
    // uid-expunge = "EXPUNGE" SP sequence-set     RFC 9051 §9
    public static Expunge Parse(ref ImapReader reader)
    {
        if (!reader.ByUid)
        {
            return new Expunge(Messages: null);
        }

        reader.Space();
        return new Expunge(reader.SequenceSet());
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        SelectedMailbox selected = session.Selected!;
        UidSet uids = selected.KnownUids;
        if (Messages is not null)
        {
            Messages.TryResolve(selected.View, selected.SavedSearch, out IReadOnlyList<PositionRange> positions);
            uids = SequenceSet.Uids(selected.View, positions);
        }

        if (uids.IsEmpty)
        {
            return ImapResult.Completed;
        }

        Result<UidSet> removed = await session.Services.Messages.ExpungeAsync(session.Actor!, selected.Account, selected.Id, uids, cancel);
        if (!removed.TryGet(out UidSet? gone, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        session.Removed(gone);
        return ImapResult.Completed;
    }
}
