using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Mailboxes;

namespace Posthorn.Administration;

internal sealed record AccountAddRequest(string Address, string Password, string? Name = null, bool Administrator = false, long? Quota = null, bool Shared = false)
{
    public override string ToString() => $"account.add {Address}";
}

internal sealed record AccountRequest(string Address);

/// <param name="Name">Empty: none.</param>
internal sealed record AccountNameRequest(string Address, string Name);

internal sealed record AccountPasswordRequest(string Address, string Password)
{
    public override string ToString() => $"account.password {Address}";
}

/// <param name="Bytes">Octets allowed; null takes the limit away.</param>
/// <param name="Messages">Messages allowed; null takes the limit away.</param>
/// <param name="KeepsMessages">The limit of messages stays as it is.</param>
internal sealed record AccountQuotaRequest(string Address, long? Bytes, long? Messages = null, bool KeepsMessages = true);

internal sealed record AccountListRequest;

internal sealed record AccountInfo(
    string Address, string? Name, bool Administrator, bool Disabled, long? QuotaBytes, long UsedBytes, long Messages, DateTimeOffset Created, long? QuotaMessages = null);

/// <summary><c>account add|list|show|password|name|quota|disable|enable|remove</c>.</summary>
internal static class AccountOperations
{
    public static readonly Operation<AccountAddRequest, AccountInfo> Add = new("account.add", static async (context, request, cancel) =>
    {
        if (request.Quota < 0)
        {
            // Before the account is made: half of what was asked for is not left behind.
            return new Refusal.Invalid("A quota is 0 or more.");
        }

        Result<Account> added = await Accounts(context).AddAsync(
            context.Actor, request.Address, request.Password, request.Name, request.Administrator, cancel);
        if (added.IsOk && request.Quota is { } quota)
        {
            added = await context.Services.GetRequiredService<Quotas>().SetAsync(context.Actor, added.Value.Address, quota, added.Value.QuotaMessages, cancel);
        }

        return added.IsOk && request.Shared && await ShareAsync(context, added.Value, cancel) is { } refusal ? refusal : added.Map(Info);
    });

    /// <summary>Everybody who signs in finds the inbox below Shared and may read it; further rights are given as on any mailbox.</summary>
    private static async ValueTask<Refusal?> ShareAsync(OperationContext context, Account account, CancellationToken cancel)
    {
        if ((await Accounts(context).SetSharedAsync(context.Actor, account.Address, true, cancel)).Refusal is { } denied)
        {
            return denied;
        }

        Result<Mailbox> inbox = await context.Services.GetRequiredService<Mailboxes>().FindAsync(Actor.System("control"), account.Id, Mailbox.Inbox, cancel);
        return inbox.TryGet(out Mailbox? found, out Refusal? refusal)
            ? (await context.Services.GetRequiredService<Grants>().SetAsync(
                context.Actor, account.Id, found.Id, Grants.Anyone, GrantChange.Replace, RightSet.Reading, cancel)).Refusal
            : refusal;
    }

    public static readonly Operation<AccountListRequest, IReadOnlyList<AccountInfo>> List = new("account.list", static async (context, _, cancel) =>
        (await Accounts(context).ListAsync(context.Actor, cancel)).Map<IReadOnlyList<AccountInfo>>(accounts => [.. accounts.Select(Info)]))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<AccountRequest, AccountInfo> Show = new("account.show", static async (context, request, cancel) =>
        (await Accounts(context).GetAsync(context.Actor, request.Address, cancel)).Map(Info))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<AccountPasswordRequest, Done> Password = new("account.password", static (context, request, cancel) =>
        Accounts(context).SetPasswordAsync(context.Actor, request.Address, request.Password, cancel));

    public static readonly Operation<AccountNameRequest, Done> Name = new("account.name", static (context, request, cancel) =>
        Accounts(context).SetNameAsync(context.Actor, request.Address, request.Name, cancel));

    public static readonly Operation<AccountQuotaRequest, AccountInfo> Quota = new("account.quota", static async (context, request, cancel) =>
        (await Accounts(context).GetAsync(context.Actor, request.Address, cancel)).TryGet(out Account? account, out Refusal? refusal)
            ? (await context.Services.GetRequiredService<Quotas>().SetAsync(
                context.Actor, account.Address, request.Bytes, request.KeepsMessages ? account.QuotaMessages : request.Messages, cancel)).Map(Info)
            : refusal);

    public static readonly Operation<AccountRequest, Done> Disable = new("account.disable", static (context, request, cancel) =>
        Accounts(context).SetDisabledAsync(context.Actor, request.Address, true, cancel));

    public static readonly Operation<AccountRequest, Done> Enable = new("account.enable", static (context, request, cancel) =>
        Accounts(context).SetDisabledAsync(context.Actor, request.Address, false, cancel));

    public static readonly Operation<AccountRequest, Done> Remove = new("account.remove", static (context, request, cancel) =>
        Accounts(context).RemoveAsync(context.Actor, request.Address, cancel));

    public static readonly Operation[] All = [Add, List, Show, Password, Name, Quota, Disable, Enable, Remove];

    private static Accounts Accounts(OperationContext context) => context.Services.GetRequiredService<Accounts>();

    private static AccountInfo Info(Account account) => new(
        account.Address, account.Name, account.IsAdministrator, account.IsDisabled, account.QuotaBytes, account.UsedBytes, account.MessageCount, account.Created,
        account.QuotaMessages);
}
