using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Commands;

/// <summary>GETQUOTA. An account is one quota root, named by its address.</summary>
/// <remarks>RFC 9208 §4.1.1.</remarks>
internal sealed record GetQuota(string Root) : IImapCommand<GetQuota>
{
    // getquota = "GETQUOTA" SP quota-root-name     RFC 9208 §7
    public static GetQuota Parse(ref ImapReader reader)
    {
        reader.Space();
        return new GetQuota(reader.Text());
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        Result<Account> found = await session.Services.Quotas.GetAsync(session.Actor!, Root, cancel);
        if (!found.TryGet(out Account? account, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        QuotaResponse.Write(session.Writer, account);
        return ImapResult.Completed;
    }
}
