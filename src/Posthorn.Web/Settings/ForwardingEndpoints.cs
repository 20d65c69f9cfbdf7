using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Forwarding;
using Posthorn.Core.Messages;
using Posthorn.Web.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Settings;

/// <summary>Where one's mail goes on to. A link of the message to an address only fills in the form: what changes something is sent by the page.</summary>
internal static class ForwardingEndpoints
{
    public const string Address = "/settings/forwarding";

    public static void Map(RouteGroupBuilder settings)
    {
        settings.MapGet("/forwarding", async Task<IResult> (HttpContext http, string? address, string? code) => await PageAsync(http, new ForwardingForm("", address ?? "", code ?? ""), null));
        RouteGroupBuilder forms = settings.MapGroup("/forwarding");
        forms.AddEndpointFilter(Guards.OwnForm);
        forms.MapPost("/add", AddAsync);
        forms.MapPost("/again", AgainAsync);
        forms.MapPost("/confirm", ConfirmAsync);
        forms.MapPost("/remove", async (HttpContext http, Forwards forwards, CancellationToken cancel) =>
        {
            // One that is gone already is as removed as can be.
            await forwards.RemoveAsync(http.Session().Actor, http.Session().Account.Id, await FieldAsync(http, "address"), cancel);
            return Results.LocalRedirect(Address + "?done=removed");
        });
        forms.MapPost("/copy", async (HttpContext http, Forwards forwards, CancellationToken cancel) =>
        {
            _ = (await forwards.KeepCopyAsync(http.Session().Actor, http.Session().Account.Id, await FieldAsync(http, "copy") == "true", cancel)).Value;
            return Results.LocalRedirect(Address + "?done=saved");
        });
    }

    private static async Task<IResult> AddAsync(HttpContext http, Forwards forwards, CancellationToken cancel)
    {
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        string address = form.Line("new");
        // The password is asked for: forwarding is what somebody would set up who found the browser open.
        if (await SecurityEndpoints.ObjectToPasswordAsync(http, form) is { } problem)
        {
            return SecurityEndpoints.Refused(http, await PageAsync(http, new ForwardingForm(address, "", ""), problem));
        }

        return await SendAsync(http, forwards, address, cancel) is { } refusal
            ? SecurityEndpoints.Refused(http, await PageAsync(http, new ForwardingForm(address, "", ""), new FormProblem("new", Words(refusal))))
            : Results.LocalRedirect(Address + "?done=sent");
    }

    private static async Task<IResult> AgainAsync(HttpContext http, Forwards forwards, CancellationToken cancel)
    {
        string address = await FieldAsync(http, "address");
        ForwardingState state = (await forwards.GetAsync(http.Session().Actor, http.Session().Account.Id, cancel)).Value;
        // Only where the password was given for it.
        Refusal? refusal = state.Addresses.Any(waiting => !waiting.IsConfirmed && waiting.Address == address)
            ? await SendAsync(http, forwards, address, cancel)
            : new Refusal.NotFound("such address to confirm");
        return refusal is null
            ? Results.LocalRedirect(Address + "?done=sent")
            : SecurityEndpoints.Refused(http, await PageAsync(http, new ForwardingForm("", address, ""), new FormProblem("code", Words(refusal))));
    }

    private static async Task<IResult> ConfirmAsync(HttpContext http, Forwards forwards, CancellationToken cancel)
    {
        (string address, string code) = (await FieldAsync(http, "address"), await FieldAsync(http, "code"));
        Result<ForwardAddress> confirmed = await forwards.ConfirmAsync(
            http.Session().Actor, http.Session().Account.Id, address, code,
            target => new MessageWords(
                T["Your mail is forwarded to {0}", target],
                T["From now on your mail goes on to {0}.\n\nIf this was not you: end it at {1}, and change your password.\n", target, Here(http)]),
            cancel);
        return confirmed.Refusal is { } refusal
            ? SecurityEndpoints.Refused(http, await PageAsync(http, new ForwardingForm("", address, code), new FormProblem("code", Words(refusal))))
            : Results.LocalRedirect(Address + "?done=confirmed");
    }

    private static async ValueTask<Refusal?> SendAsync(HttpContext http, Forwards forwards, string address, CancellationToken cancel)
    {
        WebSession session = http.Session();
        return (await forwards.AddAsync(
            session.Actor, session.Account.Id, address,
            (target, code) => new MessageWords(
                T["Forwarding from {0}: confirm your address", session.Account.Address],
                T["{0} wants to forward mail to {1}, which is this address.\n\nThe code is\n\n    {2}\n\nIf you are {0}, open this link while you are signed in, or write the code under Settings, Forwarding:\n\n{3}\n\nIf somebody else is, and you agree, give them the code. It is good for {4} hours.\n\nIf you know nothing of this, do nothing: no mail comes to you.\n",
                    session.Account.Address, target, code, $"{Here(http)}?address={Uri.EscapeDataString(target)}&code={Uri.EscapeDataString(code)}", (int)Forwards.CodeLifetime.TotalHours]),
            cancel)).Refusal;
    }

    private static string Here(HttpContext http) => $"https://{http.Request.Host}{Address}";

    private static async ValueTask<string> FieldAsync(HttpContext http, string name) => (await http.Request.ReadFormAsync(http.RequestAborted)).Line(name);

    private static string Words(Refusal refusal) => refusal switch
    {
        Refusal.AlreadyExists => T["Mail goes there already."],
        Refusal.Limit { Name: Forwards.CodesADay } => T["No more codes are sent today. Try again tomorrow."],
        Refusal.Limit => T["Mail goes on to {0} addresses at the most.", Forwards.Most],
        Refusal.NotFound => T["There is nobody with this address here."],
        { Text: Forwards.CodeIsOver } => T["This code was used, is too old, or was tried too often. Have a new one sent."],
        { Text: Forwards.CodeIsWrong } => T["That is not the code that was sent to this address."],
        { Text: Forwards.IsBarred } => T["An administrator has turned forwarding off for this account."],
        { Text: Forwards.IsOwn } => T["That is an address of this account itself."],
        _ => T["Write a full address, such as {0}.", "you@example.org"],
    };

    private static async Task<RazorComponentResult<ForwardingPage>> PageAsync(HttpContext http, ForwardingForm form, FormProblem? problem)
    {
        WebSession session = http.Session();
        Forwards forwards = http.RequestServices.GetRequiredService<Forwards>();
        return new(new
        {
            Viewer = Viewer.Of(http),
            State = (await forwards.GetAsync(session.Actor, session.Account.Id, http.RequestAborted)).Value,
            Form = form,
            Problem = problem,
            Done = problem is not null ? null : http.Request.Query["done"].ToString() switch
            {
                "sent" => T["A code is on its way to the address. Nothing goes there before it was confirmed."],
                "confirmed" => T["Your mail goes on to this address from now on."],
                "removed" => T["No mail goes on to this address any more."],
                _ => SettingsEndpoints.Done(http),
            },
        });
    }
}

/// <summary>What was typed.</summary>
/// <param name="New">An address to add.</param>
/// <param name="Confirmed">The address whose code it is.</param>
public sealed record ForwardingForm(string New, string Confirmed, string Code);
