using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;

namespace Posthorn.Administration;

/// <param name="Scopes">imap, pop3, smtp.</param>
/// <param name="Expires">Null: it stays until it is removed.</param>
internal sealed record AppPasswordAddRequest(string Account, string Name, IReadOnlyList<string> Scopes, DateTimeOffset? Expires = null);

internal sealed record AppPasswordRequest(string Account, string Name);

internal sealed record AppPasswordInfo(string Name, IReadOnlyList<string> Scopes, DateTimeOffset Created, DateTimeOffset? Expires, DateTimeOffset? Used, string? UsedAddress);

/// <param name="Secret">Shown once.</param>
internal sealed record AppPasswordSecret(string Name, string Secret)
{
    public override string ToString() => Name;
}

/// <param name="Account">Part of an address; empty: all accounts.</param>
/// <param name="Page">From one.</param>
internal sealed record SignInsRequest(string Account = "", bool RefusedOnly = false, int Page = 1);

/// <param name="Account">Empty: what was given is no address.</param>
/// <param name="Outcome">“signed in”, or why not.</param>
/// <param name="Times">Tries that were alike.</param>
internal sealed record SignInInfo(
    DateTimeOffset First, DateTimeOffset Last, string Account, string Protocol, string Address, string Client, string Credential, bool Refused, string Outcome, long Times);

/// <param name="More">The next page has older ones.</param>
internal sealed record SignInsInfo(int Page, bool More, IReadOnlyList<SignInInfo> Lines);

/// <summary><c>account app-password add|list|remove</c>, <c>account two-step off</c>, <c>account sign-ins</c>.</summary>
internal static class SecurityOperations
{
    private static readonly (string Name, AppScopes Scope)[] Names = [("imap", AppScopes.Imap), ("pop3", AppScopes.Pop3), ("smtp", AppScopes.Smtp)];

    public static readonly Operation<AppPasswordAddRequest, AppPasswordSecret> AddAppPassword = new("account.app-password.add", static (context, request, cancel) =>
        OnAsync(context, request.Account, async account =>
        {
            var scopes = AppScopes.None;
            foreach (string name in request.Scopes)
            {
                if (Names.FirstOrDefault(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { Name: not null } known)
                {
                    return new Refusal.Invalid($"\"{name}\" is no scope. Scopes are imap, pop3 and smtp.");
                }

                scopes |= known.Scope;
            }

            return (await context.Services.GetRequiredService<AppPasswords>().AddAsync(context.Actor, account.Id, request.Name, scopes, request.Expires, cancel))
                .Map(made => new AppPasswordSecret(made.Password.Name, made.Secret));
        }, cancel));

    public static readonly Operation<AccountRequest, IReadOnlyList<AppPasswordInfo>> ListAppPasswords = new("account.app-password.list", static (context, request, cancel) =>
        OnAsync(context, request.Address, async account =>
            (await context.Services.GetRequiredService<AppPasswords>().ListAsync(context.Actor, account.Id, cancel))
                .Map<IReadOnlyList<AppPasswordInfo>>(all => [.. all.Select(Info)]), cancel))
    { LeavesStoreAsItIs = true };

    public static readonly Operation<AppPasswordRequest, AppPasswordInfo> RemoveAppPassword = new("account.app-password.remove", static (context, request, cancel) =>
        OnAsync(context, request.Account, async account =>
            (await context.Services.GetRequiredService<AppPasswords>().RemoveAsync(
                context.Actor, account.Id, password => password.Name.Equals(request.Name, StringComparison.OrdinalIgnoreCase), cancel)).Map(Info), cancel));

    public static readonly Operation<AccountRequest, Done> TwoStepOff = new("account.two-step.off", static (context, request, cancel) =>
        OnAsync(context, request.Address, account => context.Services.GetRequiredService<TwoStep>().TurnOffAsync(context.Actor, account.Id, cancel), cancel));

    public static readonly Operation<SignInsRequest, SignInsInfo> SignIns = new("account.sign-ins", static async (context, request, cancel) =>
        request.Page < 1
            ? new Refusal.Invalid("Pages are counted from 1.")
            : (await context.Services.GetRequiredService<SignInLog>().ListAsync(context.Actor, request.Account, request.RefusedOnly, request.Page - 1, cancel))
                .Map(static page => new SignInsInfo(page.Page + 1, page.HasMore, [.. page.Lines.Select(Info)])))
    { LeavesStoreAsItIs = true };

    public static readonly Operation[] All = [AddAppPassword, ListAppPasswords, RemoveAppPassword, TwoStepOff, SignIns];

    private static async ValueTask<Result<T>> OnAsync<T>(OperationContext context, string address, Func<Account, ValueTask<Result<T>>> run, CancellationToken cancel) =>
        (await context.Services.GetRequiredService<Accounts>().GetAsync(context.Actor, address, cancel)).TryGet(out Account? account, out Refusal? refusal)
            ? await run(account)
            : refusal;

    private static SignInInfo Info(SignInEvent line) => new(
        line.First, line.Last, line.User, line.Protocol, line.Address, line.Client, line.Credential, line.IsRefused, line.Outcome.Words(line.Credential), line.Times);

    private static AppPasswordInfo Info(AppPassword password) => new(
        password.Name, [.. Names.Where(known => password.Scopes.HasFlag(known.Scope)).Select(known => known.Name)], password.Created, password.Expires, password.Used,
        password.UsedAddress);
}
