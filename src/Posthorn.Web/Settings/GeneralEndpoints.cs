using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core.Accounts;
using Posthorn.Web.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Settings;

/// <summary>Name, language, time zone, region.</summary>
internal static class GeneralEndpoints
{
    public const string Address = "/settings";

    public static void Map(RouteGroupBuilder settings)
    {
        settings.MapGet("/", IResult (HttpContext http) =>
        {
            WebSession session = http.Session();
            GeneralSettings now = session.Settings.General;
            return Page(http, new GeneralForm(session.Account.Name ?? "", now.Language ?? "", now.Zone ?? "", now.Region ?? ""), null);
        });
        settings.MapPost("/", SaveAsync).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> SaveAsync(HttpContext http, Accounts accounts, SavedSettings saved, CancellationToken cancel)
    {
        IFormCollection sent = await http.Request.ReadFormAsync(cancel);
        var form = new GeneralForm(sent.Line("name"), sent.Line("language"), sent.Line("zone"), sent.Line("region"));
        if (form.Objection() is { } problem)
        {
            return SecurityEndpoints.Refused(http, Page(http, form, problem));
        }

        WebSession session = http.Session();
        if ((await accounts.SetOwnNameAsync(session.Actor, form.Name, cancel)).Refusal is not null)
        {
            return SecurityEndpoints.Refused(http, Page(http, form, new FormProblem("name", T["A name has at most {0} characters, all of them visible.", Accounts.MaxNameLength])));
        }

        return (await saved.SaveAsync(session, form.Settings, cancel)).Refusal is { } refusal
            ? SecurityEndpoints.Refused(http, Page(http, form, new FormProblem("language", refusal.Text)))
            : Results.LocalRedirect(Address + "?done=saved");
    }

    private static RazorComponentResult<GeneralPage> Page(HttpContext http, GeneralForm form, FormProblem? problem) => new(new
    {
        Viewer = Viewer.Of(http),
        Form = form,
        Problem = problem,
        Done = problem is null ? SettingsEndpoints.Done(http) : null,
    });
}

/// <summary>What the form has; an empty field leaves it to the browser.</summary>
public sealed record GeneralForm(string Name, string Language, string Zone, string Region)
{
    internal GeneralSettings Settings => new() { Language = Chosen(Language), Zone = Chosen(Zone), Region = Chosen(Region) };

    /// <summary>Null: there is nothing wrong with it.</summary>
    internal FormProblem? Objection() =>
        Language.Length > 0 && !Texts.Language.Known.Contains(Language) ? new("language", T["Choose a language of the list."])
        : Zone.Length > 0 && !Zones.IsKnown(Zone) ? new("zone", T["Choose a time zone of the list."])
        : Region.Length > 0 && !Regions.IsKnown(Region) ? new("region", T["Choose a region of the list."])
        : null;

    private static string? Chosen(string value) => value.Length == 0 ? null : value;
}
