using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;
using Posthorn.Web.Security.WebAuthn;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Security;

/// <summary>Account security: the overview, and the pages behind it.</summary>
internal static class SecurityEndpoints
{
    /// <summary>Name of the field with the present password, which is asked for before what must not be done by who only found the browser open.</summary>
    public const string Current = "current";

    public static void Map(RouteGroupBuilder account)
    {
        account.MapGet("/security", OverviewAsync);
        PasswordEndpoints.Map(account);
        TwoStepEndpoints.Map(account);
        PasskeyEndpoints.Map(account);
        AppPasswordEndpoints.Map(account);
        SignedInEndpoints.Map(account);
        UndeleteEndpoints.Map(account);
        DataEndpoints.Map(account);
    }

    /// <summary>Null when the form holds the present password, else the objection. Wrong ones count as anywhere.</summary>
    public static async ValueTask<FormProblem?> ObjectToPasswordAsync(HttpContext http, IFormCollection form, string field = Current)
    {
        Credentials credentials = http.RequestServices.GetRequiredService<Credentials>();
        return await credentials.ConfirmAsync(
            http.Session().Account, form[Current].ToString(), WebSession.Protocol, UserAgent.OriginOf(http), http.RequestAborted) switch
        {
            SignIn.Accepted => null,
            SignIn.TryLater => new FormProblem(field, T["Too many wrong passwords. Wait some minutes, then try again."]),
            _ => new FormProblem(field, T["That is not your present password."]),
        };
    }

    /// <summary>The page that a refused form comes back as.</summary>
    public static RazorComponentResult<TPage> Refused<TPage>(HttpContext http, RazorComponentResult<TPage> page)
        where TPage : Microsoft.AspNetCore.Components.IComponent
    {
        http.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return page;
    }

    private static async Task<IResult> OverviewAsync(
        HttpContext http, TwoStep twoStep, Passkeys passkeys, AppPasswords appPasswords, WebSessions browsers, ConnectedApps apps, string? done, CancellationToken cancel)
    {
        WebSession session = http.Session();
        var account = session.Account.Id;
        return new RazorComponentResult<SecurityPage>(new
        {
            Viewer = Viewer.Of(http),
            State = new SecurityState(
                (await twoStep.StateAsync(session.Actor, account, cancel)).Value,
                (await passkeys.ListAsync(session.Actor, account, cancel)).Value.Count,
                (await appPasswords.ListAsync(session.Actor, account, cancel)).Value.Count,
                (await appPasswords.AreRequiredAsync(session.Actor, account, cancel)).Value,
                (await browsers.ListAsync(session.Actor, account, cancel)).Value.Count,
                (await apps.ListAsync(session.Actor, account, cancel)).Value.Count),
            Done = done == "password"
                ? T["Your password is changed. Write the new one into your phone and your other mail apps: they ask for it at their next connection."]
                : null,
        });
    }
}
