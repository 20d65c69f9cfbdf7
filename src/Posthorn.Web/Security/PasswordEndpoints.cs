using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Security;

/// <summary>Password security. A new password counts at once for every protocol, and ends every other session.</summary>
internal static class PasswordEndpoints
{
    public static void Map(RouteGroupBuilder account)
    {
        account.MapGet("/security/password", IResult (HttpContext http) => Page(http, null));
        account.MapPost("/security/password", ChangeAsync).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> ChangeAsync(HttpContext http, Accounts accounts, WebSessions browsers, CancellationToken cancel)
    {
        WebSession session = http.Session();
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        string current = form["current"].ToString(), wanted = form["new"].ToString();
        // Refusals that need no password come first: none of them tells anything about it.
        FormProblem? problem = wanted != form["again"].ToString() ? new("again", T["The two new passwords differ. Write the same one twice."])
            : wanted == current ? new("new", T["That is the password you have. Choose another."])
            : Objection(wanted, session.Account.Address) is { } objection ? new("new", objection)
            : await SecurityEndpoints.ObjectToPasswordAsync(http, form);
        if (problem is not null)
        {
            return SecurityEndpoints.Refused(http, Page(http, problem));
        }

        if (!(await accounts.SetOwnPasswordAsync(session.Actor, wanted, cancel)).TryGet(out Account? account, out Refusal? refusal))
        {
            return SecurityEndpoints.Refused(http, Page(http, new FormProblem("new", refusal.Text)));
        }

        // This session goes on as a new one; every other cookie names the old version, and its row is gone.
        await browsers.EndAllAsync(session.Actor, account.Id, cancel);
        await WebSession.BeginAsync(http, new SignIn.Accepted(account));
        return Results.LocalRedirect("/account/security?done=password");
    }

    private static string? Objection(string password, string address) => PasswordStrength.Object(password, address) switch
    {
        PasswordLevel.TooShort => T["A password has at least {0} characters.", PasswordStrength.MinLength],
        PasswordLevel.Common => T["This password is one of those that everybody tries first: it was found in many breaches. Choose another."],
        PasswordLevel.Own => T["A password made of your own address is the first thing that is tried. Choose another."],
        PasswordLevel.Weak => T["This password is too easy to guess. Make it longer, or mix letters that do not follow each other."],
        _ => null,
    };

    private static RazorComponentResult<PasswordPage> Page(HttpContext http, FormProblem? problem) => new(new { Viewer = Viewer.Of(http), Problem = problem });
}
