using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Commands;

/// <summary>MYRIGHTS: what one may do with a mailbox.</summary>
/// <remarks>RFC 4314 §3.5.</remarks>
internal sealed record MyRights(string Mailbox) : IImapCommand<MyRights>
{
    // myrights = "MYRIGHTS" SP mailbox     RFC 4314 §7
    public static MyRights Parse(ref ImapReader reader)
    {
        reader.Space();
        return new MyRights(reader.Mailbox());
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        Result<Mailbox> found = await session.Services.Mailboxes.ResolveAsync(session.Actor!, Mailbox, cancel);
        return !found.TryGet(out Mailbox? mailbox, out Refusal? refusal) || (refusal = await TellAsync(session, mailbox, cancel)) is not null
            ? ResponseCode.Refuse(refusal, ResponseCode.Nonexistent)
            : ImapResult.Completed;
    }

    // myrights-data = "MYRIGHTS" SP mailbox SP rights     RFC 4314 §7
    public static async ValueTask<Refusal?> TellAsync(ImapSession session, Mailbox mailbox, CancellationToken cancel)
    {
        Result<RightSet> mine = await session.Services.Grants.MineAsync(session.Actor!, mailbox.Account, mailbox.Id, cancel);
        if (!mine.TryGet(out RightSet rights, out Refusal? refusal))
        {
            return refusal;
        }

        session.Writer.Write("* MYRIGHTS "u8);
        session.Writer.Mailbox(mailbox.Name);
        session.Writer.Space();
        session.Writer.Text(rights.ToString());
        session.Writer.EndLine();
        return null;
    }
}
