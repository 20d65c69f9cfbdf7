using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Admin;

/// <summary>Sign-ins of all accounts, each refusal with its reason.</summary>
internal static class SignInLogEndpoints
{
    public const string Address = "/admin/sign-ins";

    public static void Map(RouteGroupBuilder admin) =>
        admin.MapGet("/sign-ins", async Task<IResult> (HttpContext http, string? account, string? refused, string? page, SignInLog log, CancellationToken cancel) =>
        {
            (bool refusedOnly, int number) = (refused == "true", int.TryParse(page, out int given) ? given : 0);
            return (await log.ListAsync(http.Session().Administrator, account ?? "", refusedOnly, number, cancel)).TryGet(out SignInLogPage? found, out Refusal? refusal)
                ? new RazorComponentResult<SignInsPage>(new { Viewer = Viewer.Of(http), Found = found, Account = account ?? "", RefusedOnly = refusedOnly })
                : Results.Text(refusal.Text, statusCode: StatusCodes.Status403Forbidden);
        });
}
