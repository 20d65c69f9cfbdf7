using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Commands;

/// <summary>COPY and UID COPY.</summary>
/// <remarks>RFC 9051 §6.4.7; COPYUID: §7.1.</remarks>
internal sealed record Copy(SequenceSet Messages, string Mailbox) : IImapCommand<Copy>
{
    // copy = "COPY" SP sequence-set SP mailbox     RFC 9051 §9
    public static Copy Parse(ref ImapReader reader)
    {
        reader.Space();
        SequenceSet messages = reader.SequenceSet();
        reader.Space();
        return new Copy(messages, reader.Mailbox());
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        (Copied? copied, ImapResult refused) = await TransferAsync(session, move: false, cancel);
        return copied is null ? refused : copied.Source.IsEmpty ? ImapResult.Completed : ImapResult.Ok(ResponseCode.CopyUid(copied));
    }

    /// <summary>Null: not done, and why.</summary>
    public async ValueTask<(Copied? Copied, ImapResult Refused)> TransferAsync(ImapSession session, bool move, CancellationToken cancel)
    {
        SelectedMailbox selected = session.Selected!;
        Mailboxes mailboxes = session.Services.Mailboxes;
        if (!Messages.TryResolve(selected.View, selected.SavedSearch, out IReadOnlyList<PositionRange> positions))
        {
            return (null, ImapResult.Bad("There is no message with such a number"));
        }

        Result<Mailbox> found = await mailboxes.ResolveAsync(session.Actor!, Mailbox, cancel);
        if (!found.TryGet(out Mailbox? target, out Refusal? refusal))
        {
            return (null, ResponseCode.Refuse(refusal, ResponseCode.TryCreate));
        }

        UidSet uids = SequenceSet.Uids(selected.View, positions);
        if (uids.IsEmpty)
        {
            return (new Copied(target.UidValidity, UidSet.Empty, UidSet.Empty), default);
        }

        Core.Messages.Messages store = session.Services.Messages;
        Result<Copied> result = await store.TransferAsync(session.Actor!, selected.Account, selected.Id, uids, target.Account, target.Id, move, cancel);
        if (!result.TryGet(out Copied? copied, out refusal))
        {
            return (null, ResponseCode.RefuseFiling(refusal, target, session.Account!.Id));
        }

        session.Created(target.Account, target.Id, copied.Destination);
        return (copied, default);
    }
}
