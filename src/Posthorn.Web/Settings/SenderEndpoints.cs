using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;
using Posthorn.Web.Mail.Writing;
using Posthorn.Web.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Settings;

/// <summary>Addresses that one may send from: which is usual, and the name of each.</summary>
internal static class SenderEndpoints
{
    public const string Address = "/settings/addresses";

    public static void Map(RouteGroupBuilder settings)
    {
        settings.MapGet("/addresses", async Task<IResult> (HttpContext http, Composing composing, CancellationToken cancel) =>
        {
            SenderSettings now = http.Session().Settings.Senders;
            return await PageAsync(http, now with { Usual = now.UsualAmong(await composing.SendersAsync(http.Session(), cancel)) }, null);
        });
        settings.MapPost("/addresses", SaveAsync).AddEndpointFilter(Guards.OwnForm);
    }

    /// <summary>The field with the name of an address.</summary>
    public static string FieldOf(string address) => "name-" + address;

    private static async Task<IResult> SaveAsync(HttpContext http, Composing composing, SavedSettings saved, CancellationToken cancel)
    {
        WebSession session = http.Session();
        IFormCollection sent = await http.Request.ReadFormAsync(cancel);
        IReadOnlyList<string> senders = await composing.SendersAsync(session, cancel);
        var form = new SenderSettings
        {
            Usual = sent.Line("usual"),
            Names = senders.Select(address => (Address: address, Name: sent.Line(FieldOf(address)))).Where(static pair => pair.Name.Length > 0).ToDictionary(),
        };
        FormProblem? problem = !senders.Contains(form.Usual) ? new FormProblem("usual", T["Mark one of your addresses."])
            : form.Names.FirstOrDefault(static pair => pair.Value.Length > Accounts.MaxNameLength || pair.Value.Any(char.IsControl)) is { Key: { } address }
                ? new FormProblem(FieldOf(address), T["A name has at most {0} characters, all of them visible.", Accounts.MaxNameLength])
                : null;
        if (problem is not null)
        {
            return SecurityEndpoints.Refused(http, await PageAsync(http, form, problem));
        }

        await saved.SaveAsync(session, form.Usual == session.Account.Address ? form with { Usual = null } : form, cancel);
        return Results.LocalRedirect(Address + "?done=saved");
    }

    private static async Task<RazorComponentResult<SendersPage>> PageAsync(HttpContext http, SenderSettings form, FormProblem? problem) => new(new
    {
        Viewer = Viewer.Of(http),
        Senders = await http.RequestServices.GetRequiredService<Composing>().SendersAsync(http.Session(), http.RequestAborted),
        Form = form,
        OwnName = http.Session().Account.Name,
        Problem = problem,
        Done = problem is null ? SettingsEndpoints.Done(http) : null,
    });
}
