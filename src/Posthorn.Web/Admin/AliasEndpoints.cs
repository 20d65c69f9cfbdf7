using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Admin;

/// <summary>Other addresses, groups of recipients, catch-alls.</summary>
internal static class AliasEndpoints
{
    private static readonly char[] Separators = [',', ';', '\n', '\r', ' ', '\t'];

    public static void Map(RouteGroupBuilder admin)
    {
        admin.MapGet("/aliases", (HttpContext http, string? did, Aliases aliases, CancellationToken cancel) => PageAsync(http, aliases, did, null, "", "", cancel));
        admin.MapPost("/aliases", async Task<IResult> (HttpContext http, Aliases aliases, CancellationToken cancel) =>
        {
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            string address = form["address"].ToString().Trim(), targets = form["targets"].ToString();
            string[] split = targets.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
            return (await aliases.AddAsync(http.Session().Administrator, address, split, cancel)).TryGet(out _, out Refusal? refusal)
                ? Results.LocalRedirect("/admin/aliases?did=add")
                : await PageAsync(http, aliases, null, refusal, address, targets, cancel);
        }).AddEndpointFilter(Guards.OwnForm);
        admin.MapPost("/aliases/remove", async Task<IResult> (HttpContext http, Aliases aliases, CancellationToken cancel) =>
        {
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            Actor actor = http.Session().Administrator;
            string address = form["address"].ToString();
            Alias? removed = (await aliases.ListAsync(actor, cancel)).TryGet(out IReadOnlyList<Alias>? all, out _) ? all.FirstOrDefault(alias => alias.Address == address) : null;
            return (await aliases.RemoveAsync(actor, address, cancel)).TryGet(out _, out Refusal? refusal)
                ? await PageAsync(http, aliases, "remove", null, removed?.Address ?? "", string.Join('\n', removed?.Targets ?? []), cancel)
                : await PageAsync(http, aliases, null, refusal, "", "", cancel);
        }).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> PageAsync(
        HttpContext http, Aliases aliases, string? did, Refusal? problem, string address, string targets, CancellationToken cancel)
    {
        if (!(await aliases.ListAsync(http.Session().Administrator, cancel)).TryGet(out IReadOnlyList<Alias>? all, out Refusal? refusal))
        {
            return Results.Text(refusal.Text, statusCode: StatusCodes.Status403Forbidden);
        }

        return new RazorComponentResult<AliasesPage>(new
        {
            Viewer = Viewer.Of(http),
            Aliases = all,
            Address = address,
            Targets = targets,
            Problem = problem?.Text,
            Notice = did switch
            {
                "add" => T["The address is added and takes mail from now on."],
                "remove" => T["{0} is removed. What it was stands in the form below: add it again to undo.", address],
                _ => null,
            },
        })
        { StatusCode = problem is null ? null : StatusCodes.Status422UnprocessableEntity };
    }
}
