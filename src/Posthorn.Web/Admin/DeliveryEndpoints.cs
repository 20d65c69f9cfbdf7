using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Delivery;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Admin;

/// <summary>Recent deliveries, each refusal with its reason.</summary>
internal static class DeliveryEndpoints
{
    public static void Map(RouteGroupBuilder admin) =>
        admin.MapGet("/deliveries", async Task<IResult> (HttpContext http, string? address, bool? trouble, DeliveryLog log, CancellationToken cancel) =>
            (await log.ListAsync(http.Session().Administrator, address ?? "", trouble == true, cancel)).TryGet(out IReadOnlyList<DeliveryEvent>? events, out Refusal? refusal)
                ? new RazorComponentResult<DeliveriesPage>(new { Viewer = Viewer.Of(http), Events = events, Address = address ?? "", IsTrouble = trouble == true })
                : Results.Text(refusal.Text, statusCode: StatusCodes.Status403Forbidden));
}
