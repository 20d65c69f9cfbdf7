using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Security;

/// <summary>Devices that are signed in, and the history of sign-ins; each can be signed out.</summary>
internal static class SignedInEndpoints
{
    private const string Address = "/account/security/devices";

    public static void Map(RouteGroupBuilder account)
    {
        account.MapGet("/security/devices", PageAsync);
        account.MapPost("/security/devices/browser", async Task<IResult> (HttpContext http, WebSessions browsers, CancellationToken cancel) =>
        {
            if (Guid.TryParseExact((await http.Request.ReadFormAsync(cancel))["id"].ToString(), "N", out Guid id))
            {
                await browsers.EndAsync(http.Session().Actor, http.Session().Account.Id, id, cancel);
            }

            return Results.LocalRedirect(Address + "?done=browser");
        }).AddEndpointFilter(Guards.OwnForm);
        account.MapPost("/security/devices/app", async Task<IResult> (HttpContext http, ConnectedApps apps, CancellationToken cancel) =>
        {
            if (Guid.TryParseExact((await http.Request.ReadFormAsync(cancel))["id"].ToString(), "N", out Guid id))
            {
                await apps.EndAsync(http.Session().Actor, http.Session().Account.Id, id, cancel);
            }

            return Results.LocalRedirect(Address + "?done=app");
        }).AddEndpointFilter(Guards.OwnForm);
        account.MapPost("/security/devices/all", async Task<IResult> (HttpContext http, WebSessions browsers, ConnectedApps apps, CancellationToken cancel) =>
        {
            WebSession session = http.Session();
            foreach (WebSessionRow other in (await browsers.ListAsync(session.Actor, session.Account.Id, cancel)).Value.Where(row => row.Id != session.Id))
            {
                await browsers.EndAsync(session.Actor, session.Account.Id, other.Id, cancel);
            }

            await apps.EndAllAsync(session.Actor, session.Account.Id, cancel);
            return Results.LocalRedirect(Address + "?done=all");
        }).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> PageAsync(
        HttpContext http, WebSessions browsers, ConnectedApps apps, SignInHistory history, string? done, CancellationToken cancel)
    {
        WebSession session = http.Session();
        return new RazorComponentResult<DevicesPage>(new
        {
            Viewer = Viewer.Of(http),
            Browsers = (await browsers.ListAsync(session.Actor, session.Account.Id, cancel)).Value,
            Own = session.Id,
            Apps = (await apps.ListAsync(session.Actor, session.Account.Id, cancel)).Value,
            History = (await history.ListAsync(session.Actor, session.Account.Id, cancel)).Value,
            Done = done switch
            {
                "browser" => T["The browser is signed out."],
                "app" => T["The app is signed out. If it knows your password it comes back by itself: change the password, or remove its app password."],
                "all" => T["Every other browser and app is signed out."],
                _ => null,
            },
        });
    }
}
