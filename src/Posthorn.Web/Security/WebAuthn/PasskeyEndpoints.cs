using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Security.WebAuthn;

/// <summary>Passkeys: making, naming, removing them, and signing in by one.</summary>
internal static class PasskeyEndpoints
{
    private const string Address = "/account/security/passkeys";

    /// <summary>Signing in, without an address.</summary>
    public static void MapSignIn(IEndpointRouteBuilder routes, Func<MailAppSettings> settings)
    {
        routes.MapPost("/signin/passkey/options", async (HttpContext http, PasskeyCeremonies ceremonies) =>
            Results.Content(await ceremonies.BeginSigningInAsync(http), "application/json")).AddEndpointFilter(Guards.OwnForm);
        routes.MapPost("/signin/passkey", async Task<IResult> (HttpContext http, PasskeyCeremonies ceremonies, Passkeys passkeys, CancellationToken cancel) =>
        {
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            string to = form["to"].ToString();
            if (await ceremonies.FinishSigningInAsync(http, form["credential"].ToString()) is { } answered
                && await passkeys.SignInAsync(answered.Account.Id, answered.Passkey, UserAgent.OriginOf(http), cancel) is SignIn.Accepted accepted)
            {
                await WebSession.BeginAsync(http, accepted);
                return Results.LocalRedirect(SignInEndpoints.Local(to));
            }

            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return SignInEndpoints.Page(http, settings(), "", T["The passkey could not be used. Try again, or sign in with your password."], to);
        }).AddEndpointFilter(Guards.OwnForm);
    }

    public static void Map(RouteGroupBuilder account)
    {
        account.MapGet("/security/passkeys", async Task<IResult> (HttpContext http, string? done) => await PageAsync(http, "", null, done));
        account.MapPost("/security/passkeys/options", BeginAsync).AddEndpointFilter(Guards.OwnForm);
        account.MapPost("/security/passkeys", AddAsync).AddEndpointFilter(Guards.OwnForm);
        account.MapPost("/security/passkeys/rename", RenameAsync).AddEndpointFilter(Guards.OwnForm);
        account.MapPost("/security/passkeys/remove", RemoveAsync).AddEndpointFilter(Guards.OwnForm);
    }

    /// <summary>The question for the browser, given only to who knows the password: without it no answer is taken.</summary>
    private static async Task<IResult> BeginAsync(HttpContext http, PasskeyCeremonies ceremonies)
    {
        IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted);
        FormProblem? problem = form["name"].ToString().Trim().Length == 0
            ? new("name", T["Give it a name, such as the device that has it."])
            : await SecurityEndpoints.ObjectToPasswordAsync(http, form);
        return problem is null
            ? Results.Content(await ceremonies.BeginMakingAsync(http, http.Session().Account), "application/json")
            : Results.Json(problem, statusCode: StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> AddAsync(HttpContext http, PasskeyCeremonies ceremonies, Passkeys passkeys, CancellationToken cancel)
    {
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        string name = form["name"].ToString().Trim();
        WebSession session = http.Session();
        if (await ceremonies.FinishMakingAsync(http, session.Account, name, form["credential"].ToString()) is not { } passkey)
        {
            return SecurityEndpoints.Refused(http, await PageAsync(http, name, new FormProblem("name", T["No passkey was made. Try once more."]), null));
        }

        return (await passkeys.AddAsync(session.Actor, session.Account.Id, passkey, cancel)).TryGet(out _, out Refusal? refusal)
            ? Results.LocalRedirect(Address + "?done=added")
            : SecurityEndpoints.Refused(http, await PageAsync(http, name, new FormProblem("name", Objection(refusal)), null));
    }

    private static async Task<IResult> RenameAsync(HttpContext http, Passkeys passkeys, CancellationToken cancel)
    {
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        WebSession session = http.Session();
        string id = form["id"].ToString();
        return (await passkeys.RenameAsync(session.Actor, session.Account.Id, IdOf(id), form["name"].ToString(), cancel)).TryGet(out _, out Refusal? refusal)
            ? Results.LocalRedirect(Address + "?done=renamed")
            : SecurityEndpoints.Refused(http, await PageAsync(http, "", new FormProblem($"{id}-name", Objection(refusal)), null));
    }

    private static async Task<IResult> RemoveAsync(HttpContext http, Passkeys passkeys, CancellationToken cancel)
    {
        WebSession session = http.Session();
        await passkeys.RemoveAsync(session.Actor, session.Account.Id, IdOf((await http.Request.ReadFormAsync(cancel))["id"].ToString()), cancel);
        return Results.LocalRedirect(Address + "?done=removed");
    }

    private static string Objection(Refusal refusal) => refusal switch
    {
        Refusal.AlreadyExists => T["You have a passkey of this name already."],
        Refusal.Limit limit => T["An account has at most {0} passkeys. Remove one that you do not need.", limit.Value],
        Refusal.NotFound => T["There is no such passkey any more."],
        _ => T["A name has at most {0} characters, all of them visible.", Passkeys.MaxNameLength],
    };

    /// <summary>As pages name it; what is none names no passkey.</summary>
    private static byte[] IdOf(string text) => text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : [];

    private static async Task<RazorComponentResult<PasskeysPage>> PageAsync(HttpContext http, string name, FormProblem? problem, string? done)
    {
        WebSession session = http.Session();
        return new RazorComponentResult<PasskeysPage>(new
        {
            Viewer = Viewer.Of(http),
            All = (await http.RequestServices.GetRequiredService<Passkeys>().ListAsync(session.Actor, session.Account.Id, http.RequestAborted)).Value,
            Name = name,
            Problem = problem,
            Done = done switch
            {
                "added" => T["The passkey is ready: the next time choose “Sign in with a passkey”."],
                "renamed" => T["The passkey has its new name."],
                "removed" => T["The passkey opens nothing here any more. Remove it from your device too."],
                _ => null,
            },
        });
    }
}
