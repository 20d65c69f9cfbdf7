using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Messages;
using Posthorn.Core.Undelete;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Security;

/// <summary>Messages that were deleted for good, and the way back for them.</summary>
internal static class UndeleteEndpoints
{
    public static void Map(RouteGroupBuilder account)
    {
        account.MapGet("/undelete", async Task<IResult> (HttpContext http, int? done) => await PageAsync(http, null, done));
        account.MapPost("/undelete", RestoreAsync).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> RestoreAsync(HttpContext http, Undelete undelete, CancellationToken cancel)
    {
        WebSession session = http.Session();
        int restored = 0;
        foreach (string? text in (await http.Request.ReadFormAsync(cancel))["id"])
        {
            if (!RemovedId.TryParse(text ?? "", out RemovedId id))
            {
                continue;
            }

            Result<int> back = await undelete.RestoreAsync(session.Actor, session.Account.Id, RemovedSelection.All with { Id = id }, null, cancel);
            if (!back.TryGet(out int messages, out Refusal? refusal))
            {
                string why = refusal is Refusal.OverQuota or Refusal.OverMessageQuota ? T["There is no room for more: delete other mail first."] : refusal.Text;
                return SecurityEndpoints.Refused(http, await PageAsync(http, why, restored));
            }

            restored += messages;
        }

        return Results.LocalRedirect(FormattableString.Invariant($"/account/undelete?done={restored}"));
    }

    private static async Task<RazorComponentResult<UndeletePage>> PageAsync(HttpContext http, string? problem, int? restored)
    {
        WebSession session = http.Session();
        IReadOnlyList<RemovedMessage> removed = (await http.RequestServices.GetRequiredService<Undelete>()
            .LatestAsync(session.Actor, session.Account.Id, RemovedSelection.All, http.RequestAborted)).Value;
        return new RazorComponentResult<UndeletePage>(new
        {
            Viewer = Viewer.Of(http),
            Removed = removed,
            Days = (int)http.RequestServices.GetRequiredService<StoreOptions>().UndeleteFor.TotalDays,
            Problem = problem,
            Done = restored is null ? null : restored == 1 ? T["One message is back in its folder."] : T["{0} messages are back in their folders.", restored],
        });
    }
}
