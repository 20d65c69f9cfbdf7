using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Forwarding;
using Posthorn.Core.Replies;
using Posthorn.Core.Security;
using Posthorn.Core.Undelete;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Admin;

/// <summary>Accounts: add, quota, new password, disable, remove and bring back.</summary>
internal static class AccountEndpoints
{
    public static void Map(RouteGroupBuilder admin)
    {
        admin.MapGet("/accounts", (HttpContext http, string? q, string? did, Accounts accounts, Undelete undelete, CancellationToken cancel) =>
            ListAsync(http, accounts, undelete, q ?? "", did, null, new NewAccount("", "", false), cancel));
        admin.MapPost("/accounts", AddAsync).AddEndpointFilter(Guards.OwnForm);
        admin.MapPost("/accounts/restore", async Task<IResult> (HttpContext http, Accounts accounts, Undelete undelete, CancellationToken cancel) =>
        {
            string address = (await http.Request.ReadFormAsync(cancel))["address"].ToString();
            return (await undelete.RestoreAccountAsync(http.Session().Administrator, address, cancel)).TryGet(out Account? back, out Refusal? refusal)
                ? Results.LocalRedirect($"/admin/accounts/{Uri.EscapeDataString(back.Address)}?did=restore")
                : await ListAsync(http, accounts, undelete, "", null, refusal, new NewAccount("", "", false), cancel);
        }).AddEndpointFilter(Guards.OwnForm);
        admin.MapGet("/accounts/{address}", (string address, string? did, HttpContext http, Accounts accounts, CancellationToken cancel) =>
            PageAsync(http, accounts, address, did, null, null, cancel));
        Act(admin, "name", SetNameAsync);
        Act(admin, "quota", SetQuotaAsync);
        Act(admin, "password", SetPasswordAsync);
        Act(admin, "disable", static (accounts, actor, address, _, cancel) => DisableAsync(accounts, actor, address, true, cancel));
        Act(admin, "enable", static (accounts, actor, address, _, cancel) => DisableAsync(accounts, actor, address, false, cancel));
        Act(admin, "two-step-off", TwoStepOffAsync);
        Act(admin, "vacation-off", VacationOffAsync);
        Act(admin, "forwarding-off", static (services, actor, address, _, cancel) => BarForwardingAsync(services, actor, address, true, cancel));
        Act(admin, "forwarding-allow", static (services, actor, address, _, cancel) => BarForwardingAsync(services, actor, address, false, cancel));
        admin.MapPost("/accounts/{address}/remove", async Task<IResult> (string address, HttpContext http, Accounts accounts, CancellationToken cancel) =>
        {
            Refusal? refusal = IsOwn(http.Session(), address) ? Own() : (await accounts.RemoveAsync(http.Session().Administrator, address, cancel)).Refusal;
            return refusal is null ? Results.LocalRedirect("/admin/accounts?did=remove") : await PageAsync(http, accounts, address, null, refusal, "remove", cancel);
        }).AddEndpointFilter(Guards.OwnForm);
    }

    /// <summary>A form of an account's page: done, it shows the page with what was done; refused, with why.</summary>
    private static void Act(RouteGroupBuilder admin, string act, Func<AdminServices, Actor, string, IFormCollection, CancellationToken, ValueTask<Refusal?>> run) =>
        admin.MapPost($"/accounts/{{address}}/{act}", async Task<IResult> (
            string address, HttpContext http, Accounts accounts, Quotas quotas, Vacations vacations, Forwards forwards, TwoStep twoStep, CancellationToken cancel) =>
        {
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            Refusal? refusal = act == "disable" && IsOwn(http.Session(), address)
                ? Own()
                : await run(new AdminServices(accounts, quotas, vacations, forwards, twoStep), http.Session().Administrator, address, form, cancel);
            return refusal is null
                ? Results.LocalRedirect($"/admin/accounts/{Uri.EscapeDataString(address)}?did={act}")
                : await PageAsync(http, accounts, address, null, refusal, act, cancel, form["name"]);
        }).AddEndpointFilter(Guards.OwnForm);

    private static async ValueTask<Refusal?> SetNameAsync(AdminServices services, Actor actor, string address, IFormCollection form, CancellationToken cancel) =>
        (await services.Accounts.SetNameAsync(actor, address, form["name"].ToString(), cancel)).Refusal is { } refusal
            ? refusal is Refusal.Invalid ? new Refusal.Invalid(T["A name has at most {0} characters, all of them visible.", Accounts.MaxNameLength]) : refusal
            : null;

    private static async ValueTask<Refusal?> SetQuotaAsync(AdminServices services, Actor actor, string address, IFormCollection form, CancellationToken cancel)
    {
        string messages = form["messages"].ToString().Trim();
        long count = 0;
        if (!Amounts.TryMegabytes(form["megabytes"].ToString(), out long? octets) || (messages.Length > 0 && !long.TryParse(messages, out count)))
        {
            return new Refusal.Invalid(T["Write a number, or nothing for no limit."]);
        }

        return (await services.Quotas.SetAsync(actor, address, octets, messages.Length > 0 ? count : null, cancel)).Refusal;
    }

    private static async ValueTask<Refusal?> SetPasswordAsync(AdminServices services, Actor actor, string address, IFormCollection form, CancellationToken cancel) =>
        (await services.Accounts.SetPasswordAsync(actor, address, form["password"].ToString(), cancel)).Refusal;

    private static async ValueTask<Refusal?> DisableAsync(AdminServices services, Actor actor, string address, bool isDisabled, CancellationToken cancel) =>
        (await services.Accounts.SetDisabledAsync(actor, address, isDisabled, cancel)).Refusal;

    private static async ValueTask<Refusal?> TwoStepOffAsync(AdminServices services, Actor actor, string address, IFormCollection form, CancellationToken cancel) =>
        (await services.Accounts.GetAsync(actor, address, cancel)).TryGet(out Account? account, out Refusal? refusal)
            ? (await services.TwoStep.TurnOffAsync(actor, account.Id, cancel)).Refusal
            : refusal;

    private static async ValueTask<Refusal?> VacationOffAsync(AdminServices services, Actor actor, string address, IFormCollection form, CancellationToken cancel) =>
        (await services.Accounts.GetAsync(actor, address, cancel)).TryGet(out Account? account, out Refusal? refusal)
            ? (await services.Vacations.TurnOffAsync(actor, account.Id, cancel)).Refusal
            : refusal;

    private static async ValueTask<Refusal?> BarForwardingAsync(AdminServices services, Actor actor, string address, bool bars, CancellationToken cancel) =>
        (await services.Accounts.GetAsync(actor, address, cancel)).TryGet(out Account? account, out Refusal? refusal)
            ? (await services.Forwards.BarAsync(actor, account.Id, bars, cancel)).Refusal
            : refusal;

    private static bool IsOwn(WebSession session, string address) => session.Account.Address.Equals(address, StringComparison.OrdinalIgnoreCase);

    private static Refusal.Invalid Own() => new(T["That is your own account. Another administrator can do this."]);

    private static async Task<IResult> AddAsync(HttpContext http, Accounts accounts, Undelete undelete, CancellationToken cancel)
    {
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        var wanted = new NewAccount(form["address"].ToString().Trim(), form["name"].ToString().Trim(), form["administrator"] == "true");
        return (await accounts.AddAsync(
            http.Session().Administrator, wanted.Address, form["password"].ToString(), wanted.Name.Length == 0 ? null : wanted.Name, wanted.IsAdministrator, cancel))
            .TryGet(out Account? added, out Refusal? refusal)
            ? Results.LocalRedirect($"/admin/accounts/{Uri.EscapeDataString(added.Address)}?did=add")
            : await ListAsync(http, accounts, undelete, "", null, refusal, wanted, cancel);
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, Accounts accounts, Undelete undelete, string query, string? did, Refusal? problem, NewAccount wanted, CancellationToken cancel)
    {
        Actor actor = http.Session().Administrator;
        if (!(await accounts.ListAsync(actor, cancel)).TryGet(out IReadOnlyList<Account>? all, out Refusal? refusal)
            || !(await undelete.ListAccountsAsync(actor, cancel)).TryGet(out IReadOnlyList<RemovedAccount>? removed, out refusal))
        {
            return Results.Text(refusal.Text, statusCode: StatusCodes.Status403Forbidden);
        }

        Account[] found = [.. all.Where(account => account.Address.Contains(query, StringComparison.OrdinalIgnoreCase)
            || account.Name?.Contains(query, StringComparison.CurrentCultureIgnoreCase) == true)];
        return new RazorComponentResult<AccountsPage>(new
        {
            Viewer = Viewer.Of(http),
            Accounts = found.Take(AccountsPage.MaxShown).ToArray(),
            Count = found.Length,
            Removed = removed,
            Query = query,
            Wanted = wanted,
            Problem = problem?.Text,
            Notice = did == "remove" ? T["The account is removed. It can be brought back below for some days."] : null,
        })
        { StatusCode = problem is null ? null : StatusCodes.Status422UnprocessableEntity };
    }

    private static async Task<IResult> PageAsync(
        HttpContext http, Accounts accounts, string address, string? did, Refusal? problem, string? act, CancellationToken cancel, string? typedName = null)
    {
        if (!(await accounts.GetAsync(http.Session().Administrator, address, cancel)).TryGet(out Account? account, out _))
        {
            return Results.LocalRedirect("/admin/accounts");
        }

        return new RazorComponentResult<AccountPage>(new
        {
            Viewer = Viewer.Of(http),
            Account = account,
            Vacation = (await http.RequestServices.GetRequiredService<Vacations>().GetAsync(http.Session().Administrator, account.Id, cancel)).Value,
            Forwarding = (await http.RequestServices.GetRequiredService<Forwards>().GetAsync(http.Session().Administrator, account.Id, cancel)).Value,
            HasTwoStep = (await http.RequestServices.GetRequiredService<TwoStep>().StateAsync(http.Session().Administrator, account.Id, cancel)).Value.IsOn,
            Problem = problem?.Text,
            Act = act,
            TypedName = act == "name" ? typedName : null,
            Notice = did switch
            {
                "add" => T["The account is there. Give its password to the person; they can change it under Account security."],
                "name" => T["The name is set."],
                "quota" => T["The quota is set."],
                "password" => T["The password is set. The old one stopped at once, everywhere."],
                "two-step-off" => T["Two-step sign-in is off: the password alone is enough again."],
                "vacation-off" => T["The vacation reply is off."],
                "forwarding-off" => T["No mail goes on from this account, and its owner cannot change that."],
                "forwarding-allow" => T["The account may forward again, to the addresses that are confirmed."],
                "disable" => T["The account is disabled: nobody signs in to it and it takes no mail. Nothing is removed."],
                "enable" => T["The account is enabled again."],
                "restore" => T["The account is back, as it was."],
                _ => null,
            },
        })
        { StatusCode = problem is null ? null : StatusCodes.Status422UnprocessableEntity };
    }

    private sealed record AdminServices(Accounts Accounts, Quotas Quotas, Vacations Vacations, Forwards Forwards, TwoStep TwoStep);
}

/// <summary>What was typed into the form, but for the password.</summary>
public sealed record NewAccount(string Address, string Name, bool IsAdministrator);
