using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core.Watching;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Help.Settings;

/// <summary>"Test my settings": what the server sees of the person's app, and a message round the loop.</summary>
internal static class TestEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, Func<MailAppSettings> settings)
    {
        routes.MapGet("/help/test", IResult (HttpContext http, ConnectionWatch watch) =>
        {
            http.Response.Headers.CacheControl = "no-cache, no-store";
            return http.VisitorsSession() is { } session
                ? Page(http, session, watch, settings(), null)
                : new RazorComponentResult<TestPage>(new { Settings = settings() });
        });
        RouteGroupBuilder own = routes.MapGroup("/help/test");
        own.AddEndpointFilter(Guards.SignedIn);
        own.MapGet("/events", (HttpContext http, SeenEvents events) => events.StreamAsync(http, settings()));
        own.MapPost("/clear", (HttpContext http, ConnectionWatch watch) =>
        {
            Mine(http, http.Session(), watch).Clear();
            return Results.LocalRedirect("/help/test");
        }).AddEndpointFilter(Guards.OwnForm);
        own.MapPost("/loop", async Task<IResult> (HttpContext http, ConnectionWatch watch, LoopTest loop, CancellationToken cancel) =>
        {
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            IReadOnlyList<LoopStep>? steps = await loop.RunAsync(http.Session().Account, form["password"].ToString(), settings(), cancel);
            if (steps is null)
            {
                return Results.Text(T["A message of yours is on its way round already. Try again in a moment."], statusCode: StatusCodes.Status429TooManyRequests);
            }

            return Page(http, http.Session(), watch, settings(), steps);
        }).AddEndpointFilter(Guards.OwnForm);
    }

    private static RazorComponentResult<TestPage> Page(HttpContext http, WebSession session, ConnectionWatch watch, MailAppSettings settings, IReadOnlyList<LoopStep>? steps) => new(new
    {
        Settings = settings,
        Viewer = Viewer.Of(http, session),
        Remote = Shown(http.Connection.RemoteIpAddress),
        Seen = Mine(http, session, watch).After(0),
        Steps = steps,
    });

    private static SettingsWatch Mine(HttpContext http, WebSession session, ConnectionWatch watch) =>
        watch.Watch(session.Account.Id, session.Account.Address, http.Connection.RemoteIpAddress);

    /// <summary>IPv4 as IPv4 also on a listener for both.</summary>
    private static IPAddress? Shown(IPAddress? remote) => remote is { IsIPv4MappedToIPv6: true } ? remote.MapToIPv4() : remote;
}
