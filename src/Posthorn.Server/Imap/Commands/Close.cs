using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Messages;

namespace Posthorn.Server.Imap.Commands;

/// <summary>CLOSE: removes the messages marked \Deleted, tells nothing of it, and closes the mailbox.</summary>
/// <remarks>RFC 9051 §6.4.1. After EXAMINE, and without the right to expunge (RFC 4314 §4), it removes nothing.</remarks>
internal sealed record Close : IImapCommand<Close>
{
    private static readonly Close Instance = new();

    public static Close Parse(ref ImapReader reader) => Instance;

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        SelectedMailbox selected = session.Selected!;
        session.CloseMailbox();
        if (!selected.IsReadOnly && selected.Rights.Has(Right.Expunge) && selected.View.Count > 0)
        {
            Result<UidSet> removed = await session.Services.Messages.ExpungeAsync(
                session.Actor!, selected.Account, selected.Id, selected.KnownUids, cancel);
            if (removed.Refusal is { } refusal)
            {
                return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
            }
        }

        return ImapResult.Completed;
    }
}
