using Posthorn.Core;
using Posthorn.Core.Accounts;

namespace Posthorn.Administration;

internal sealed record AliasAddRequest(string Address, IReadOnlyList<string> Targets);

internal sealed record AliasRequest(string? Address = null);

/// <summary><c>alias add|list|remove</c>.</summary>
internal static class AliasOperations
{
    public static readonly Operation<AliasAddRequest, Alias> Add = new("alias.add", static (context, request, cancel) =>
        Aliases(context).AddAsync(context.Actor, request.Address, request.Targets, cancel));

    public static readonly Operation<AliasRequest, IReadOnlyList<Alias>> List = new("alias.list", static (context, _, cancel) =>
        Aliases(context).ListAsync(context.Actor, cancel))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<AliasRequest, Done> Remove = new("alias.remove", static (context, request, cancel) =>
        Aliases(context).RemoveAsync(context.Actor, request.Address ?? "", cancel));

    public static readonly Operation[] All = [Add, List, Remove];

    private static Aliases Aliases(OperationContext context) => context.Services.GetRequiredService<Aliases>();
}
