using System.Text;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Commands;

/// <summary>LISTRIGHTS: which rights an identifier can be given; each by itself, the owner has all.</summary>
/// <remarks>RFC 4314 §3.4.</remarks>
internal sealed record ListRights(string Mailbox, string Identifier) : IImapCommand<ListRights>
{
    // listrights = "LISTRIGHTS" SP mailbox SP identifier     RFC 4314 §7
    public static ListRights Parse(ref ImapReader reader)
    {
        reader.Space();
        string mailbox = reader.Mailbox();
        reader.Space();
        return new ListRights(mailbox, SetAcl.ReadIdentifier(ref reader));
    }

    // listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights)     RFC 4314 §7
    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        Result<Mailbox> found = await session.Services.Mailboxes.ResolveAsync(session.Actor!, Mailbox, cancel);
        if (!found.TryGet(out Mailbox? mailbox, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        Result<IReadOnlyList<AccessEntry>> listed = await session.Services.Grants.ListAsync(session.Actor!, mailbox.Account, mailbox.Id, cancel);
        if (!listed.TryGet(out IReadOnlyList<AccessEntry>? entries, out refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        bool isOwner = entries[0].Identifier.Equals(Identifier, StringComparison.OrdinalIgnoreCase);
        ImapResponseWriter writer = session.Writer;
        writer.Write("* LISTRIGHTS "u8);
        writer.Mailbox(mailbox.Name);
        writer.Space();
        writer.String(Encoding.UTF8.GetBytes(Identifier));
        writer.Space();
        writer.Text(isOwner ? RightSet.All.ToString() : "\"\" " + string.Join(' ', RightSet.All.ToString().ToCharArray()));
        writer.EndLine();
        return ImapResult.Completed;
    }
}
