using System.Text;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Commands;

/// <summary>GETQUOTAROOT: all mailboxes of an account have the one root, those that are not there yet too.</summary>
/// <remarks>RFC 9208 §4.1.2.</remarks>
internal sealed record GetQuotaRoot(string Mailbox) : IImapCommand<GetQuotaRoot>
{
    // getquotaroot = "GETQUOTAROOT" SP mailbox     RFC 9208 §7
    public static GetQuotaRoot Parse(ref ImapReader reader)
    {
        reader.Space();
        return new GetQuotaRoot(reader.Mailbox());
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (!(await session.Services.Mailboxes.PlaceAsync(session.Actor!, Mailbox, cancel)).TryGet(out MailboxPlace? place, out Refusal? absent))
        {
            return ResponseCode.Refuse(absent, ResponseCode.Nonexistent);
        }

        if (place.Owner is not null)
        {
            // Whoever may not know of the mailbox hears the same as where there is no such account.
            if ((await session.Services.Mailboxes.ResolveAsync(session.Actor!, Mailbox, cancel)).Refusal is { } hidden)
            {
                return ResponseCode.Refuse(hidden, ResponseCode.Nonexistent);
            }

            // What room another has is not told.
            session.Writer.Write("* QUOTAROOT "u8);
            session.Writer.Mailbox(Mailbox);
            session.Writer.EndLine();
            return ImapResult.Completed;
        }

        Result<Account> found = await session.Services.Quotas.GetAsync(session.Actor!, session.Account!.Address, cancel);
        if (!found.TryGet(out Account? account, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        session.Writer.Write("* QUOTAROOT "u8);
        session.Writer.Mailbox(Mailbox);
        session.Writer.Space();
        session.Writer.String(Encoding.UTF8.GetBytes(account.Address));
        session.Writer.EndLine();
        QuotaResponse.Write(session.Writer, account);
        return ImapResult.Completed;
    }
}
