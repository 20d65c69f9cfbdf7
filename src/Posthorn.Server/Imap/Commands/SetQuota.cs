using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Server.Imap.Listing;

namespace Posthorn.Server.Imap.Commands;

/// <summary>SETQUOTA: for administrators. Limits that are not named are taken away.</summary>
/// <remarks>RFC 9208 §4.1.3.</remarks>
/// <param name="Root">An account's address.</param>
/// <param name="Storage">In units of 1024 octets; null: no limit.</param>
/// <param name="Messages">Null: no limit.</param>
/// <param name="KnowsAll">False: a resource was named that is not limited here.</param>
internal sealed record SetQuota(string Root, long? Storage, long? Messages, bool KnowsAll) : IImapCommand<SetQuota>
{
    /// <summary>What can be told in octets.</summary>
    private const long MaxStorage = long.MaxValue / 1024;

    // setquota = "SETQUOTA" SP quota-root-name SP setquota-list     RFC 9208 §7
    public static SetQuota Parse(ref ImapReader reader)
    {
        reader.Space();
        string root = reader.Text();
        reader.Space();
        reader.Expect((byte)'(');
        long? storage = null, messages = null;
        bool knowsAll = true;
        if (!reader.IsNext((byte)')'))
        {
            do
            {
                // setquota-resource = resource-name SP resource-limit
                bool isStorage = reader.TryKeyword("STORAGE"u8), isMessages = !isStorage && reader.TryKeyword("MESSAGE"u8);
                if (!isStorage && !isMessages)
                {
                    reader.Atom();
                    knowsAll = false;
                }

                reader.Space();
                long limit = reader.Number64();
                (storage, messages) = (isStorage ? limit : storage, isMessages ? limit : messages);
            }
            while (reader.TrySpace());
        }

        reader.Expect((byte)')');
        return new SetQuota(root, storage, messages, knowsAll);
    }

    public async ValueTask<ImapResult> RunAsync(ImapSession session, CancellationToken cancel)
    {
        if (!session.Actor!.IsAdministrator)
        {
            return ImapResult.No(ResponseCode.NoPermission, "Quotas are set by administrators");
        }

        if (!KnowsAll)
        {
            return ImapResult.No(ResponseCode.Cannot, "STORAGE and MESSAGE can be limited");
        }

        Result<Account> set = await session.Services.Quotas.SetAsync(
            session.Actor, Root, Storage is { } units ? Math.Min(units, MaxStorage) * 1024 : null, Messages, cancel);
        if (!set.TryGet(out Account? account, out Refusal? refusal))
        {
            return ResponseCode.Refuse(refusal, ResponseCode.Nonexistent);
        }

        QuotaResponse.Write(session.Writer, account);
        return ImapResult.Completed;
    }
}
