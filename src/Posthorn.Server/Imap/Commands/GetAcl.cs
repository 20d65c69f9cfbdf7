using System.Text;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Commands;

/// <summary>GETACL: who may do what with a mailbox.</summary>
/// <remarks>RFC 4314 §3.3.</remarks>
internal sealed record GetAcl(string Mailbox) : IImapCommand<GetAcl>
{
    // getacl = "GETACL" SP mailbox     RFC 4314 §7
    public static GetAcl Parse(ref ImapReader reader)
    {
        reader.Space();
        return new GetAcl(reader.Mailbox());
    }

    // acl-data = "ACL" SP mailbox *(SP identifier SP rights)     RFC 4314 §7
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

        ImapResponseWriter writer = session.Writer;
        writer.Write("* ACL "u8);
        writer.Mailbox(mailbox.Name);
        foreach (AccessEntry entry in entries)
        {
            writer.Space();
            writer.String(Encoding.UTF8.GetBytes(entry.Identifier));
            writer.Space();
            writer.Text(entry.Rights.ToString());
        }

        writer.EndLine();
        return ImapResult.Completed;
    }
}
