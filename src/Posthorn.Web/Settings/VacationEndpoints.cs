using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core.Replies;
using Posthorn.Web.Mail;
using Posthorn.Web.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Settings;

/// <summary>The reply that is sent while one is away.</summary>
internal static class VacationEndpoints
{
    public const string Address = "/settings/vacation";

    public static void Map(RouteGroupBuilder settings)
    {
        settings.MapGet("/vacation", async Task<IResult> (HttpContext http, Vacations vacations, CancellationToken cancel) =>
        {
            WebSession session = http.Session();
            Vacation now = (await vacations.GetAsync(session.Actor, session.Account.Id, cancel)).Value;
            return Page(http, VacationForm.Of(now), now, null);
        });
        settings.MapPost("/vacation", SaveAsync).AddEndpointFilter(Guards.OwnForm);
        settings.MapPost("/vacation/off", async Task<IResult> (HttpContext http, Vacations vacations, CancellationToken cancel) =>
        {
            WebSession session = http.Session();
            _ = (await vacations.TurnOffAsync(session.Actor, session.Account.Id, cancel)).Value;
            return Results.LocalRedirect(MailActions.BackTo((await http.Request.ReadFormAsync(cancel))["next"]) ?? Address + "?done=off");
        }).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> SaveAsync(HttpContext http, Vacations vacations, CancellationToken cancel)
    {
        WebSession session = http.Session();
        VacationForm form = VacationForm.Of(await http.Request.ReadFormAsync(cancel));
        Vacation before = (await vacations.GetAsync(session.Actor, session.Account.Id, cancel)).Value;
        if (form.Read(Viewer.Of(http).Zone, out Vacation? wanted) is { } problem)
        {
            return SecurityEndpoints.Refused(http, Page(http, form, before, problem));
        }

        return (await vacations.SetAsync(session.Actor, session.Account.Id, wanted!, cancel)).Refusal is { } refusal
            ? SecurityEndpoints.Refused(http, Page(http, form, before, new FormProblem("text", refusal.Text)))
            : Results.LocalRedirect(Address + "?done=saved");
    }

    private static RazorComponentResult<VacationPage> Page(HttpContext http, VacationForm form, Vacation now, FormProblem? problem) => new(new
    {
        Viewer = Viewer.Of(http),
        Form = form,
        Vacation = now,
        Problem = problem,
        Done = problem is not null ? null : http.Request.Query["done"] == "off" ? T["Your vacation reply is off."] : SettingsEndpoints.Done(http),
    });
}
