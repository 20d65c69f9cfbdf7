using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Queue;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Admin;

/// <summary>Mail that waits to leave: why, try again, drop.</summary>
internal static class QueueEndpoints
{
    public static void Map(RouteGroupBuilder admin)
    {
        admin.MapGet("/queue", (HttpContext http, string? did, MailQueue queue, TimeProvider time, CancellationToken cancel) => PageAsync(http, queue, time, did, null, cancel));
        admin.MapPost("/queue/retry", async Task<IResult> (HttpContext http, MailQueue queue, TimeProvider time, CancellationToken cancel) =>
            (await queue.RetryAsync(http.Session().Administrator, null, cancel)).TryGet(out _, out Refusal? refusal)
                ? Results.LocalRedirect("/admin/queue?did=retry")
                : await PageAsync(http, queue, time, null, refusal, cancel)).AddEndpointFilter(Guards.OwnForm);
        admin.MapPost("/queue/{id:long}/retry", async Task<IResult> (long id, HttpContext http, MailQueue queue, TimeProvider time, CancellationToken cancel) =>
            (await queue.RetryAsync(http.Session().Administrator, new EnvelopeId(id), cancel)).TryGet(out _, out Refusal? refusal)
                ? Results.LocalRedirect("/admin/queue?did=retry")
                : await PageAsync(http, queue, time, null, refusal, cancel)).AddEndpointFilter(Guards.OwnForm);
        admin.MapPost("/queue/{id:long}/drop", async Task<IResult> (long id, HttpContext http, MailQueue queue, TimeProvider time, CancellationToken cancel) =>
            (await queue.DropAsync(http.Session().Administrator, new EnvelopeId(id), cancel)).TryGet(out _, out Refusal? refusal)
                ? Results.LocalRedirect("/admin/queue?did=drop")
                : await PageAsync(http, queue, time, null, refusal, cancel)).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> PageAsync(HttpContext http, MailQueue queue, TimeProvider time, string? did, Refusal? problem, CancellationToken cancel)
    {
        if (!(await queue.ListAsync(http.Session().Administrator, cancel)).TryGet(out IReadOnlyList<QueueEntry>? entries, out Refusal? refusal))
        {
            return Results.Text(refusal.Text, statusCode: StatusCodes.Status403Forbidden);
        }

        return new RazorComponentResult<QueuePage>(new
        {
            Viewer = Viewer.Of(http),
            Entries = entries,
            Now = time.GetUtcNow(),
            Problem = problem?.Text,
            Notice = did switch { "retry" => T["It is tried now."], "drop" => T["The message is dropped. Its sender is not told."], _ => null },
        })
        { StatusCode = problem is null ? null : StatusCodes.Status422UnprocessableEntity };
    }
}
