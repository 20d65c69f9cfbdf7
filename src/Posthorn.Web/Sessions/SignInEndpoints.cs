using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;

namespace Posthorn.Web.Sessions;

/// <summary>
/// Signing in and out: password, second step, passkey. All of it is checked, counted and slowed down by the services of Core, passwords as for every protocol.
/// </summary>
internal static class SignInEndpoints
{
    private const string Start = "/mail";

    public static void Map(IEndpointRouteBuilder routes, Func<MailAppSettings> settings)
    {
        routes.MapGet("/signin", IResult (HttpContext http, string? to, bool? closed) => Page(http, settings(), "", null, to, closed == true));
        routes.MapPost("/signin", async Task<IResult> (HttpContext http, Credentials credentials, CancellationToken cancel) =>
        {
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            string address = form["address"].ToString().Trim(), to = form["to"].ToString();
            switch (await credentials.CheckPasswordAsync(address, form["password"].ToString(), WebSession.Protocol, UserAgent.OriginOf(http), cancel))
            {
                case SignIn.Accepted accepted:
                    await WebSession.BeginAsync(http, accepted);
                    return Results.LocalRedirect(Local(to));
                case SignIn.SecondStep step:
                    PendingSignIn.Begin(http, step.Account, Local(to));
                    return Results.LocalRedirect("/signin/code");
                case SignIn.TryLater later:
                    http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                    return Page(http, settings(), address, TooMany(later), to);
                default:
                    http.Response.StatusCode = StatusCodes.Status401Unauthorized;
                    return Page(
                        http, settings(), address, T["That address and password do not belong together. Write your full address, such as you@example.org."], to);
            }
        }).AddEndpointFilter(Guards.OwnForm);
        routes.MapGet("/signin/code", IResult (HttpContext http) => PendingSignIn.Of(http) is null ? Results.LocalRedirect("/signin") : CodePage(http, settings(), null));
        routes.MapPost("/signin/code", async Task<IResult> (HttpContext http, TwoStep twoStep, CancellationToken cancel) =>
        {
            if (PendingSignIn.Of(http) is not { } pending)
            {
                return Results.LocalRedirect("/signin");
            }

            string code = (await http.Request.ReadFormAsync(cancel))["code"].ToString();
            switch (await twoStep.CompleteAsync(pending.Account, pending.Version, code, WebSession.Protocol, UserAgent.OriginOf(http), cancel))
            {
                case SignIn.Accepted accepted:
                    PendingSignIn.End(http);
                    await WebSession.BeginAsync(http, accepted);
                    return Results.LocalRedirect(Local(pending.To));
                case SignIn.TryLater later:
                    http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                    return CodePage(http, settings(), T["Too many wrong codes. Try again in {0}.", InWords(later.After)]);
                default:
                    http.Response.StatusCode = StatusCodes.Status401Unauthorized;
                    return CodePage(http, settings(), T["That code is wrong, or was used already. Wait for the next one."]);
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

    internal static string TooMany(SignIn.TryLater later) => T["Too many wrong passwords came from your network. Try again in {0}.", InWords(later.After)];

    internal static RazorComponentResult<SignInPage> Page(HttpContext http, MailAppSettings settings, string address, string? problem, string? to, bool isClosed = false)
    {
        KeepNowhere(http);
        return new RazorComponentResult<SignInPage>(new
        {
            Host = settings.HostName,
            Token = Guards.FormToken(http),
            Address = address,
            Problem = problem,
            To = Local(to),
            IsClosed = isClosed,
        });
    }

    private static RazorComponentResult<SecondStepPage> CodePage(HttpContext http, MailAppSettings settings, string? problem)
    {
        KeepNowhere(http);
        return new RazorComponentResult<SecondStepPage>(new { Host = settings.HostName, Token = Guards.FormToken(http), Problem = problem });
    }

    private static void KeepNowhere(HttpContext http) => (http.Response.Headers.CacheControl, http.Response.Headers.Pragma) = ("no-cache, no-store", "no-cache");

    private static string InWords(TimeSpan wait) => wait.TotalSeconds <= 60 ? T["a minute"] : T["{0} minutes", Math.Ceiling(wait.TotalMinutes)];
}
