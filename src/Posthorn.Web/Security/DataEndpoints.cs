using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Security;

/// <summary>All of a person's data in one file, and the end of the account.</summary>
internal static class DataEndpoints
{
    public static void Map(RouteGroupBuilder account)
    {
        account.MapGet("/download", IResult (HttpContext http) => new RazorComponentResult<DownloadPage>(new { Viewer = Viewer.Of(http), http.Session().Account }));
        account.MapPost("/download", (HttpContext http, DataArchive archive) =>
        {
            http.Response.ContentType = "application/zip";
            http.Response.Headers.ContentDisposition = $"attachment; filename=\"posthorn-{FileName(http.Session().Account.Address)}.zip\"";
            return archive.WriteAsync(http.Session().Actor, http.Session().Account, http.Response.Body, http.RequestAborted);
        }).AddEndpointFilter(Guards.OwnForm);
        account.MapGet("/close", IResult (HttpContext http) => ClosePage(http, null));
        account.MapPost("/close", CloseAsync).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> CloseAsync(HttpContext http, Accounts accounts, CancellationToken cancel)
    {
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        WebSession session = http.Session();
        FormProblem? problem = !string.Equals(form["address"].ToString().Trim(), session.Account.Address, StringComparison.OrdinalIgnoreCase)
            ? new("address", T["Write the address of this account, to be sure that it is the right one."])
            : await SecurityEndpoints.ObjectToPasswordAsync(http, form);
        if (problem is null && !(await accounts.CloseOwnAsync(session.Actor, cancel)).TryGet(out _, out Refusal? refusal))
        {
            problem = new("address", refusal is Refusal.Invalid
                ? T["This is the only account that administers the server. Make another administrator first."]
                : refusal.Text);
        }

        if (problem is not null)
        {
            return SecurityEndpoints.Refused(http, ClosePage(http, problem));
        }

        await WebSession.EndAsync(http);
        return Results.LocalRedirect("/signin?closed=true");
    }

    private static RazorComponentResult<ClosePage> ClosePage(HttpContext http, FormProblem? problem) => new(new
    {
        Viewer = Viewer.Of(http),
        Days = (int)http.RequestServices.GetRequiredService<StoreOptions>().UndeleteFor.TotalDays,
        Problem = problem,
    });

    private static string FileName(string address) => string.Concat(address.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' ? letter : '-'));
}
