using Posthorn.Core;
using Posthorn.Core.Accounts;

namespace Posthorn.Administration;

internal sealed record AccountAddRequest(string Address, string Password, string? Name = null, bool Administrator = false, long? Quota = null)
{
    public override string ToString() => $"account.add {Address}";
}

internal sealed record AccountRequest(string Address);

internal sealed record AccountPasswordRequest(string Address, string Password)
{
    public override string ToString() => $"account.password {Address}";
}

internal sealed record AccountListRequest;

internal sealed record AccountInfo(
    string Address, string? Name, bool Administrator, bool Disabled, long? QuotaBytes, long UsedBytes, long Messages, DateTimeOffset Created);

/// <summary><c>account add|list|show|password|disable|enable|remove</c>.</summary>
internal static class AccountOperations
{
    public static readonly Operation<AccountAddRequest, AccountInfo> Add = new("account.add", static async (context, request, cancel) =>
    {
        Result<Account> added = await Accounts(context).AddAsync(
            context.Actor, request.Address, request.Password, request.Name, request.Administrator, cancel);
        if (added.IsOk && request.Quota is { } quota)
        {
            await Accounts(context).SetQuotaAsync(context.Actor, added.Value.Address, quota, cancel);
            added = await Accounts(context).GetAsync(context.Actor, added.Value.Address, cancel);
        }

        return added.Map(Info);
    });

    public static readonly Operation<AccountListRequest, IReadOnlyList<AccountInfo>> List = new("account.list", static async (context, _, cancel) =>
        (await Accounts(context).ListAsync(context.Actor, cancel)).Map<IReadOnlyList<AccountInfo>>(accounts => [.. accounts.Select(Info)]));

    public static readonly Operation<AccountRequest, AccountInfo> Show = new("account.show", static async (context, request, cancel) =>
        (await Accounts(context).GetAsync(context.Actor, request.Address, cancel)).Map(Info));

    public static readonly Operation<AccountPasswordRequest, Done> Password = new("account.password", static (context, request, cancel) =>
        Accounts(context).SetPasswordAsync(context.Actor, request.Address, request.Password, cancel));

    public static readonly Operation<AccountRequest, Done> Disable = new("account.disable", static (context, request, cancel) =>
        Accounts(context).SetDisabledAsync(context.Actor, request.Address, true, cancel));

    public static readonly Operation<AccountRequest, Done> Enable = new("account.enable", static (context, request, cancel) =>
        Accounts(context).SetDisabledAsync(context.Actor, request.Address, false, cancel));

    public static readonly Operation<AccountRequest, Done> Remove = new("account.remove", static (context, request, cancel) =>
        Accounts(context).RemoveAsync(context.Actor, request.Address, cancel));

    public static readonly Operation[] All = [Add, List, Show, Password, Disable, Enable, Remove];

    private static Accounts Accounts(OperationContext context) => context.Services.GetRequiredService<Accounts>();

    private static AccountInfo Info(Account account) => new(
        account.Address, account.Name, account.IsAdministrator, account.IsDisabled, account.QuotaBytes, account.UsedBytes, account.MessageCount, account.Created);
}
