using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Core.Feedback;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Help;

/// <summary>The help centre: readable by everybody; who is signed in finds their own address in it.</summary>
internal static class HelpEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, Func<MailAppSettings> settings)
    {
        routes.MapGet("/help", IResult (string? q, HttpContext http, HelpCentre help) => new RazorComponentResult<HelpPage>(new
        {
            Settings = settings(),
            Viewer = ViewerOf(http),
            Query = q ?? "",
            help.Articles,
            Found = string.IsNullOrWhiteSpace(q) ? null : help.Search(q),
        }));
        routes.MapGet("/help/{slug}", IResult (string slug, HttpContext http, HelpCentre help) =>
        {
            if (help.Find(slug) is not { } article)
            {
                return Results.Text(T["There is no such article. All of them: /help"], statusCode: StatusCodes.Status404NotFound);
            }

            Viewer? viewer = ViewerOf(http);
            MailAppSettings now = settings();
            return new RazorComponentResult<HelpArticlePage>(new
            {
                Host = now.HostName,
                Viewer = viewer,
                Article = article,
                Content = (MarkupString)LiveValues.Fill(article, now, viewer?.Address),
                Token = Guards.FormToken(http),
                IsAnswered = http.Request.Query["thanks"] == "true",
                Others = help.Articles.Where(other => other.Group == article.Group && other != article).ToList(),
            });
        });
        routes.MapPost("/help/{slug}/answer", AnswerAsync).AddEndpointFilter(Guards.OwnForm);
    }

    /// <summary>Who reads; null: nobody that is known. The page differs by it, and no cache keeps it.</summary>
    public static Viewer? ViewerOf(HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-cache, no-store";
        return http.VisitorsSession() is { } session ? Viewer.Of(http, session) : null;
    }

    private static async Task<IResult> AnswerAsync(string slug, HttpContext http, HelpCentre help, HelpAnswers answers, CancellationToken cancel)
    {
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        if (help.Find(slug) is null || form["helpful"].ToString() is not ("yes" or "no"))
        {
            return Results.BadRequest();
        }

        Result<Done> kept = await answers.AddAsync(slug, form["helpful"] == "yes", form["comment"].ToString(), http.Connection.RemoteIpAddress, cancel);
        return kept.TryGet(out _, out _)
            ? Results.LocalRedirect($"/help/{slug}?thanks=true")
            : Results.Text(T["Thank you: many answers came from your network already. Try again in an hour."], statusCode: StatusCodes.Status429TooManyRequests);
    }
}
