using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Feedback;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Help.Answers;

/// <summary>What readers say, for administrators.</summary>
internal static class AnswersEndpoints
{
    /// <summary>Comments that one page shows.</summary>
    private const int MaxShown = 200;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(
        "/admin/help-answers",
        async Task<IResult> (string? article, HttpContext http, HelpAnswers answers, HelpCentre help, TimeProvider time, CancellationToken cancel) =>
        {
            WebSession session = http.Session();
            Actor actor = session.Actor with { IsAdministrator = session.Account.IsAdministrator };
            if (!(await answers.ListAsync(actor, cancel)).TryGet(out IReadOnlyList<HelpAnswer>? all, out Refusal? refusal))
            {
                return Results.Text(refusal.Text, statusCode: StatusCodes.Status403Forbidden);
            }

            string? shown = help.Find(article ?? "")?.Slug;
            return new RazorComponentResult<AnswersPage>(new
            {
                Viewer = Viewer.Of(http),
                Trends = AnswerTrend.Of(all, time.GetUtcNow()),
                Comments = all.Where(answer => answer.Comment.Length > 0 && (shown is null || answer.Article == shown)).Take(MaxShown).ToList(),
                Article = shown,
                Titles = help.Articles.ToDictionary(static known => known.Slug, static known => known.Title),
            });
        }).AddEndpointFilter(Guards.SignedIn);
}
