using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Commands;

/// <summary>MOVE and UID MOVE: in one transaction.</summary>
/// <remarks>RFC 9051 §6.4.8, RFC 6851.</remarks>
internal sealed record Move(Copy Copy) : IImapCommand<Move>
{
    public SequenceSet Messages => Copy.Messages;

    // move = "MOVE" SP sequence-set SP mailbox     RFC 9051 §9
    public static Move Parse(ref ImapReader reader) => new(Copy.Parse(ref reader));

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        (Copied? moved, ImapResult refused) = await Copy.TransferAsync(session, move: true, cancel);
        if (moved is null)
        {
            return refused;
        }

        session.Removed(moved.Source);
        if (!moved.Source.IsEmpty)
        {
            // RFC 6851 §4.3: before the EXPUNGEs, or the client could not tell what went where.
            session.Writer.Status("OK"u8, ResponseCode.CopyUid(moved), "Moved");
        }

        return ImapResult.Completed;
    }
}
