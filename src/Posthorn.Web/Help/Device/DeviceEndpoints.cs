using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Web.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Help.Device;

/// <summary>"Set up this device": a profile for who is signed in, or for the device that follows their link.</summary>
internal static class DeviceEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, Func<MailAppSettings> settings)
    {
        routes.MapGet("/help/device", IResult (HttpContext http) => Page(settings(), HelpEndpoints.ViewerOf(http)));
        RouteGroupBuilder forms = routes.MapGroup("/help/device");
        forms.AddEndpointFilter(Guards.SignedIn).AddEndpointFilter(Guards.OwnForm);
        forms.MapPost("/profile", async Task<IResult> (HttpContext http, DeviceProfiles profiles, CancellationToken cancel) =>
            AppleProfile.IsPossible(settings()) && await ObjectionAsync(http, settings(), cancel) is { } refused
                ? refused
                : await ProfileAsync(profiles, http.Session().Actor, http.Session().Account, settings(), cancel));
        forms.MapPost("/link", async Task<IResult> (HttpContext http, DeviceLinks links, CancellationToken cancel) =>
            await ObjectionAsync(http, settings(), cancel) is { } refused ? refused
            : (await links.CreateAsync(http.Session().Actor, cancel)).TryGet(out string? token, out Refusal? refusal)
                ? Page(settings(), Viewer.Of(http), link: $"https://{http.Request.Host}/device/{token}")
                : Results.Text(refusal.Text, statusCode: StatusCodes.Status409Conflict));
        routes.MapGet("/device/{token}", async Task<IResult> (string token, HttpContext http, DeviceLinks links, CancellationToken cancel) =>
        {
            NeverKeep(http);
            return LinkPage(http, settings(), token, await links.FindAsync(token, cancel));
        });
        routes.MapGet("/device/{token}/profile", async Task<IResult> (string token, HttpContext http, DeviceLinks links, DeviceProfiles profiles, CancellationToken cancel) =>
        {
            NeverKeep(http);
            return await links.TakeAsync(token, cancel) is { } account
                ? await ProfileAsync(profiles, new Actor(account.Id, "web", http.Connection.Id, http.Connection.RemoteIpAddress), account, settings(), cancel)
                : LinkPage(http, settings(), token, null);
        });
    }

    /// <summary>The page once more where the form has not the present password: a profile opens the mailbox for as long as nobody takes it back. Null: it has.</summary>
    private static async ValueTask<IResult?> ObjectionAsync(HttpContext http, MailAppSettings settings, CancellationToken cancel) =>
        await SecurityEndpoints.ObjectToPasswordAsync(http, await http.Request.ReadFormAsync(cancel)) is { } problem
            ? SecurityEndpoints.Refused(http, Page(settings, Viewer.Of(http), problem: problem))
            : null;

    private static async Task<IResult> ProfileAsync(DeviceProfiles profiles, Actor actor, Account account, MailAppSettings settings, CancellationToken cancel)
    {
        if (!AppleProfile.IsPossible(settings))
        {
            return Results.Text(T["This server does not offer it."], statusCode: StatusCodes.Status404NotFound);
        }

        return (await profiles.MakeAsync(actor, account, settings, cancel)).TryGet(out byte[]? profile, out Refusal? refusal)
            ? Results.Bytes(profile, AppleProfile.ContentType, $"{account.Address}.mobileconfig")
            : Results.Text(refusal.Text, statusCode: StatusCodes.Status409Conflict);
    }

    private static RazorComponentResult<DevicePage> Page(MailAppSettings settings, Viewer? viewer, string? link = null, FormProblem? problem = null) =>
        new(new { Settings = settings, Viewer = viewer, Link = link, Problem = problem });

    private static RazorComponentResult<DeviceLinkPage> LinkPage(HttpContext http, MailAppSettings settings, string token, Account? account)
    {
        http.Response.StatusCode = account is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK;
        return new(new { Host = settings.HostName, Token = token, account?.Address });
    }

    private static void NeverKeep(HttpContext http) => http.Response.Headers.CacheControl = "no-cache, no-store";
}
