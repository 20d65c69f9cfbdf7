using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Security;

/// <summary>Account security: the password. A new one counts at once for every protocol, and ends every other session of the web.</summary>
internal static class SecurityEndpoints
{
    public static void Map(RouteGroupBuilder account)
    {
        account.MapGet("/security", (HttpContext http, bool? changed) => Page(http, isChanged: changed == true));
        account.MapPost("/security/password", async Task<IResult> (HttpContext http, Credentials credentials, Accounts accounts, CancellationToken cancel) =>
        {
            WebSession session = http.Session();
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            string current = form["current"].ToString(), wanted = form["new"].ToString();
            // Refusals that need no password come first: none of them tells anything about it.
            if (wanted != form["again"].ToString())
            {
                return Refused(http, "again", "The two new passwords differ. Write the same one twice.");
            }

            if (wanted == current)
            {
                return Refused(http, "new", "That is the password you have. Choose another.");
            }

            switch (await credentials.CheckPasswordAsync(session.Account.Address, current, "web", http.Connection.RemoteIpAddress, cancel))
            {
                case SignIn.TryLater:
                    return Refused(http, "current", "Too many wrong passwords. Wait some minutes, then try again.");
                case not SignIn.Accepted:
                    return Refused(http, "current", "That is not your present password.");
            }

            if (!(await accounts.SetOwnPasswordAsync(session.Actor, wanted, cancel)).TryGet(out Account? account, out Refusal? refusal))
            {
                return Refused(http, "new", refusal.Text);
            }

            // This session goes on with the new version; every other cookie names the old one.
            await WebSession.BeginAsync(http, account);
            return Results.LocalRedirect("/account/security?changed=true");
        }).AddEndpointFilter(Guards.OwnForm);
    }

    private static RazorComponentResult<SecurityPage> Refused(HttpContext http, string field, string problem)
    {
        http.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page(http, field: field, problem: problem);
    }

    private static RazorComponentResult<SecurityPage> Page(HttpContext http, bool isChanged = false, string? field = null, string? problem = null) =>
        new(new
        {
            Viewer = Viewer.Of(http),
            IsChanged = isChanged,
            Field = field,
            Problem = problem,
        });
}
