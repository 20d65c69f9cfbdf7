using Posthorn.Core;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Appending;

namespace Posthorn.Server.Imap.Commands;

/// <summary>REPLACE: files a message and expunges another of the selected mailbox, as one.</summary>
/// <remarks>RFC 8508 §3.</remarks>
/// <param name="Number">Sequence number or UID of the one that goes.</param>
internal sealed record Replace(uint Number, bool ByUid, Append Message) : IImapCommand<Replace>
{
    // replace = "REPLACE" SP seq-number SP mailbox append-message     RFC 8508 §5
    public static Replace Parse(ref ImapReader reader)
    {
        reader.Space();
        return new Replace(reader.NzNumber(), reader.ByUid, Append.Parse(ref reader));
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        SelectedMailbox selected = session.Selected!;
        await (ByUid ? selected.View.LoadAsync(UidSet.Of(Number), cancel) : selected.View.LoadAsync((int)Math.Min(Number, int.MaxValue) - 1, cancel));
        if (ByUid ? selected.View.IndexOf(Number) < 0 : Number > selected.View.Count)
        {
            return ByUid ? ImapResult.No(default, "There is no such message any more") : ImapResult.Bad("There is no such message.");
        }

        // Numbers are those of now, whatever happens while the new message comes.
        uint uid = ByUid ? Number : selected.View[(int)Number - 1].Uid;
        Result<IReadOnlyList<Core.Messages.Message>> read =
            await session.Services.Messages.ReadAsync(session.Actor!, selected.Account, selected.Id, UidSet.Of(uid), MessageFields.None, cancel);
        bool isRead = read.TryGet(out IReadOnlyList<Core.Messages.Message>? rows, out _);
        if (isRead && rows!.Count == 0)
        {
            // Another session's expunge that may not be told before the reply. No octets are asked for: they would be lost.
            return ResponseCode.Refuse(new Refusal.Expunged(), default);
        }

        long size = isRead ? rows![0].SizeBytes : 0;
        return await Message.TakeAsync(
            session,
            new ReplacedMessage(selected.Account, size),
            async (mailbox, messages) =>
            {
                Result<Appended> result = await session.Services.Messages.ReplaceAsync(session.Actor!, selected.Account, selected.Id, uid, mailbox.Id, messages[0], cancel);
                if (!result.TryGet(out Appended? appended, out Refusal? refusal))
                {
                    return ResponseCode.RefuseFiling(refusal, mailbox, session.Account!.Id);
                }

                session.Created(mailbox.Account, mailbox.Id, appended.Uids);
                session.Removed(UidSet.Of(uid));
                session.Writer.Status("OK"u8, ResponseCode.AppendUid(appended.UidValidity, appended.Uids), "The new message is here");
                return ImapResult.Completed;
            },
            cancel);
    }
}
