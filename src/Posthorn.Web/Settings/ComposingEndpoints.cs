using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Web.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Settings;

/// <summary>How mail is written and sent.</summary>
internal static class ComposingEndpoints
{
    public const string Address = "/settings/composing";

    public static void Map(RouteGroupBuilder settings)
    {
        settings.MapGet("/composing", IResult (HttpContext http) => Page(http, http.Session().Settings.Composing, null));
        settings.MapPost("/composing", async Task<IResult> (HttpContext http, SavedSettings saved, CancellationToken cancel) =>
        {
            ComposingSettings form = Read(await http.Request.ReadFormAsync(cancel));
            if (form.Bounded != form)
            {
                return SecurityEndpoints.Refused(http, Page(http, form, new FormProblem("undo", T["Choose a time of the list."])));
            }

            await saved.SaveAsync(http.Session(), form, cancel);
            return Results.LocalRedirect(Address + "?done=saved");
        }).AddEndpointFilter(Guards.OwnForm);
    }

    private static ComposingSettings Read(IFormCollection form) => new()
    {
        StartsPlain = form["format"] == "plain",
        UndoSeconds = int.TryParse(form["undo"], NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) ? seconds : -1,
        AnswersAll = form["answers"] == "all",
        WarnsOfMissingFile = form.IsTicked("warn"),
        SignaturePlace = form.Choice<SignaturePlace>("signature"),
    };

    private static RazorComponentResult<ComposingPage> Page(HttpContext http, ComposingSettings form, FormProblem? problem) => new(new
    {
        Viewer = Viewer.Of(http),
        Form = form,
        Problem = problem,
        Done = problem is null ? SettingsEndpoints.Done(http) : null,
    });
}
