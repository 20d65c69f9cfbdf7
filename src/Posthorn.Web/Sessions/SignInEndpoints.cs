using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core.Accounts;

namespace Posthorn.Web.Sessions;

/// <summary>Signing in and out. Passwords are checked, counted and slowed down by the one service of Core, as for every protocol.</summary>
internal static class SignInEndpoints
{
    private const string Start = "/mail";

    public static void Map(IEndpointRouteBuilder routes, Func<MailAppSettings> settings)
    {
        routes.MapGet("/signin", (HttpContext http, string? to) => Page(http, settings(), "", null, to));
        routes.MapPost("/signin", async Task<IResult> (HttpContext http, Credentials credentials, CancellationToken cancel) =>
        {
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            string address = form["address"].ToString().Trim(), to = form["to"].ToString();
            switch (await credentials.CheckPasswordAsync(address, form["password"].ToString(), "web", http.Connection.RemoteIpAddress, cancel))
            {
                case SignIn.Accepted accepted:
                    await WebSession.BeginAsync(http, accepted.Account);
                    return Results.LocalRedirect(Local(to));
                case SignIn.TryLater later:
                    http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                    return Page(http, settings(), address, $"Too many wrong passwords came from your network. Try again in {InWords(later.After)}.", to);
                default:
                    http.Response.StatusCode = StatusCodes.Status401Unauthorized;
                    return Page(http, settings(), address, "That address and password do not belong together. Write your full address, such as you@example.org.", to);
            }
        }).AddEndpointFilter(Guards.OwnForm);
        routes.MapPost("/signout", async (HttpContext http) =>
        {
            await WebSession.EndAsync(http);
            return Results.LocalRedirect("/signin");
        }).AddEndpointFilter(Guards.OwnForm);
    }

    /// <summary>A path of this server, never the address of another: "//host" and "/\host" are such.</summary>
    internal static string Local(string? path) =>
        path is ['/', ..] and not ['/', '/' or '\\', ..] && !path.Any(char.IsControl) ? path : Start;

    private static RazorComponentResult<SignInPage> Page(HttpContext http, MailAppSettings settings, string address, string? problem, string? to)
    {
        (http.Response.Headers.CacheControl, http.Response.Headers.Pragma) = ("no-cache, no-store", "no-cache");
        return new RazorComponentResult<SignInPage>(new
        {
            Host = settings.HostName,
            Token = Guards.FormToken(http),
            Address = address,
            Problem = problem,
            To = Local(to),
        });
    }

    private static string InWords(TimeSpan wait) => wait.TotalSeconds <= 60 ? "a minute" : FormattableString.Invariant($"{Math.Ceiling(wait.TotalMinutes)} minutes");
}
