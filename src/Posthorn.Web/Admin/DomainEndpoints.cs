using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Accounts;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Admin;

/// <summary>Domains, with the DNS records each needs and whether the DNS has them.</summary>
internal static class DomainEndpoints
{
    public static void Map(RouteGroupBuilder admin, Func<MailAppSettings> settings)
    {
        admin.MapGet("/domains", (HttpContext http, string? did, Domains domains, CancellationToken cancel) => PageAsync(http, domains, did, null, "", cancel));
        admin.MapPost("/domains", async Task<IResult> (HttpContext http, Domains domains, TimeProvider time, CancellationToken cancel) =>
        {
            string name = (await http.Request.ReadFormAsync(cancel))["name"].ToString().Trim();
            return (await domains.AddAsync(http.Session().Administrator, name, DomainKeys.Make(time.GetUtcNow()), cancel)).TryGet(out Domain? domain, out Refusal? refusal)
                ? Results.LocalRedirect($"/admin/domains/{Uri.EscapeDataString(domain.Name)}?did=add")
                : await PageAsync(http, domains, null, refusal, name, cancel);
        }).AddEndpointFilter(Guards.OwnForm);
        admin.MapPost("/domains/remove", async Task<IResult> (HttpContext http, Domains domains, CancellationToken cancel) =>
            (await domains.RemoveAsync(http.Session().Administrator, (await http.Request.ReadFormAsync(cancel))["name"].ToString(), cancel)).TryGet(out _, out Refusal? refusal)
                ? Results.LocalRedirect("/admin/domains?did=remove")
                : await PageAsync(http, domains, null, refusal, "", cancel)).AddEndpointFilter(Guards.OwnForm);
        admin.MapGet("/domains/{name}", (string name, string? did, HttpContext http, DomainRecordCheck check, CancellationToken cancel) =>
            OneAsync(http, settings(), check, name, did, null, null, cancel));
        admin.MapPost("/domains/{name}/quota", async Task<IResult> (string name, HttpContext http, Domains domains, DomainRecordCheck check, CancellationToken cancel) =>
        {
            string typed = (await http.Request.ReadFormAsync(cancel))["megabytes"].ToString();
            Refusal? refusal = Amounts.TryMegabytes(typed, out long? octets)
                ? (await domains.SetQuotaAsync(http.Session().Administrator, name, octets, cancel)).Refusal
                : new Refusal.Invalid(T["Write a number, or nothing for no limit."]);
            return refusal is null
                ? Results.LocalRedirect($"/admin/domains/{Uri.EscapeDataString(name)}?did=quota")
                : await OneAsync(http, settings(), check, name, null, refusal, typed, cancel);
        }).AddEndpointFilter(Guards.OwnForm);
    }

    /// <param name="typed">A quota that was refused.</param>
    private static async Task<IResult> OneAsync(
        HttpContext http, MailAppSettings settings, DomainRecordCheck check, string name, string? did, Refusal? problem, string? typed, CancellationToken cancel)
    {
        if (!(await http.RequestServices.GetRequiredService<Domains>().ListAsync(http.Session().Administrator, cancel)).TryGet(out IReadOnlyList<Domain>? all, out _)
            || all.FirstOrDefault(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } domain)
        {
            return Results.LocalRedirect("/admin/domains");
        }

        return new RazorComponentResult<DomainPage>(new
        {
            Viewer = Viewer.Of(http),
            Domain = domain,
            Groups = await check.CheckAsync(ZoneText.Groups(domain, settings), cancel),
            Zone = string.Join('\n', ZoneText.Of(domain, settings)),
            Typed = typed,
            Problem = problem?.Text,
            Notice = did switch
            {
                "add" => T["{0} is added. Now make these records in the DNS, where the domain was bought.", domain.Name],
                "quota" => T["The quota is set."],
                _ => null,
            },
        })
        { StatusCode = problem is null ? null : StatusCodes.Status422UnprocessableEntity };
    }

    private static async Task<IResult> PageAsync(HttpContext http, Domains domains, string? did, Refusal? problem, string name, CancellationToken cancel)
    {
        if (!(await domains.ListAsync(http.Session().Administrator, cancel)).TryGet(out IReadOnlyList<Domain>? all, out Refusal? refusal))
        {
            return Results.Text(refusal.Text, statusCode: StatusCodes.Status403Forbidden);
        }

        return new RazorComponentResult<DomainsPage>(new
        {
            Viewer = Viewer.Of(http),
            Domains = all,
            Name = name,
            Problem = problem?.Text,
            Notice = did == "remove" ? T["The domain is removed. Its records in the DNS are yours to take out."] : null,
        })
        { StatusCode = problem is null ? null : StatusCodes.Status422UnprocessableEntity };
    }
}
