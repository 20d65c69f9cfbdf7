using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Messages;
using Posthorn.Core.Undelete;

namespace Posthorn.Administration;

/// <param name="Mailbox">Only what was in this one, by the name it had.</param>
/// <param name="Since">Only what was removed then or later.</param>
internal sealed record UndeleteListRequest(string Account, string? Mailbox = null, DateTimeOffset? Since = null);

/// <param name="Ids">As the list gives them; empty: all that the other conditions select.</param>
/// <param name="To">Mailbox that takes the messages; null: each its own.</param>
internal sealed record UndeleteRestoreRequest(string Account, IReadOnlyList<string> Ids, string? Mailbox = null, DateTimeOffset? Since = null, string? To = null);

internal sealed record RemovedMessageInfo(string Id, string Mailbox, long Size, DateTimeOffset Received, DateTimeOffset Removed, string Preview);

internal sealed record RemovedAccountInfo(string Address, DateTimeOffset Removed, long Messages, long UsedBytes);

internal sealed record UndeleteCount(int Messages);

/// <summary><c>undelete list|restore</c>, <c>account restore|removed</c>.</summary>
internal static class UndeleteOperations
{
    public static readonly Operation<UndeleteListRequest, IReadOnlyList<RemovedMessageInfo>> List = new("undelete.list", static async (context, request, cancel) =>
        (await AccountAsync(context, request.Account, cancel)).TryGet(out Account? account, out Refusal? refusal)
            ? (await Undelete(context).ListAsync(context.Actor, account.Id, Selection(request.Mailbox, request.Since), cancel))
                .Map<IReadOnlyList<RemovedMessageInfo>>(messages => [.. messages.Select(Info)])
            : refusal)
    { LeavesStoreAsItIs = true };

    public static readonly Operation<UndeleteRestoreRequest, UndeleteCount> Restore = new("undelete.restore", RestoreAsync);

    public static readonly Operation<AccountListRequest, IReadOnlyList<RemovedAccountInfo>> Accounts = new("account.removed", static async (context, _, cancel) =>
        (await Undelete(context).ListAccountsAsync(context.Actor, cancel)).Map<IReadOnlyList<RemovedAccountInfo>>(accounts =>
            [.. accounts.Select(account => new RemovedAccountInfo(account.Address, account.Removed, account.MessageCount, account.UsedBytes))]))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<AccountRequest, RemovedAccountInfo> RestoreAccount = new("account.restore", static async (context, request, cancel) =>
        (await Undelete(context).RestoreAccountAsync(context.Actor, request.Address, cancel)).Map(account =>
            new RemovedAccountInfo(account.Address, account.Created, account.MessageCount, account.UsedBytes)));

    public static readonly Operation[] All = [List, Restore, Accounts, RestoreAccount];

    private static async ValueTask<Result<UndeleteCount>> RestoreAsync(OperationContext context, UndeleteRestoreRequest request, CancellationToken cancel)
    {
        if (!(await AccountAsync(context, request.Account, cancel)).TryGet(out Account? account, out Refusal? refusal))
        {
            return refusal;
        }

        var selections = new List<RemovedSelection>();
        foreach (string id in request.Ids)
        {
            if (!RemovedId.TryParse(id, out RemovedId parsed))
            {
                return new Refusal.Invalid($"\"{id}\" is no id of a removed message. Copy it from: posthorn undelete list {request.Account}");
            }

            selections.Add(Selection(request.Mailbox, request.Since) with { Id = parsed });
        }

        int restored = 0;
        foreach (RemovedSelection selection in selections.Count > 0 ? selections : [Selection(request.Mailbox, request.Since)])
        {
            Result<int> step = await Undelete(context).RestoreAsync(context.Actor, account.Id, selection, request.To, cancel);
            if (!step.TryGet(out int messages, out refusal))
            {
                return refusal;
            }

            restored += messages;
        }

        return new UndeleteCount(restored);
    }

    private static RemovedSelection Selection(string? mailbox, DateTimeOffset? since) =>
        new() { Mailbox = mailbox, Since = since ?? DateTimeOffset.UnixEpoch };

    private static RemovedMessageInfo Info(RemovedMessage message) => new(
        message.Id.ToString(), message.MailboxName, message.SizeBytes, message.InternalDate, message.Removed, message.Preview);

    private static Undelete Undelete(OperationContext context) => context.Services.GetRequiredService<Undelete>();

    private static ValueTask<Result<Account>> AccountAsync(OperationContext context, string address, CancellationToken cancel) =>
        context.Services.GetRequiredService<Accounts>().GetAsync(context.Actor, address, cancel);
}
