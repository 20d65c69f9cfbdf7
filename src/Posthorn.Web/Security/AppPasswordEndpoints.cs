using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Security;

/// <summary>App passwords: making, removing, and the switch that lets apps in by them alone.</summary>
internal static class AppPasswordEndpoints
{
    private const string Address = "/account/security/app-passwords";

    public static void Map(RouteGroupBuilder account)
    {
        account.MapGet("/security/app-passwords", async Task<IResult> (HttpContext http, string? done) => await PageAsync(http, new AppPasswordForm(), null, done));
        account.MapPost("/security/app-passwords", AddAsync).AddEndpointFilter(Guards.OwnForm);
        account.MapPost("/security/app-passwords/remove", RemoveAsync).AddEndpointFilter(Guards.OwnForm);
        account.MapPost("/security/app-passwords/only", RequireAsync).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> AddAsync(HttpContext http, AppPasswords appPasswords, TimeProvider time, CancellationToken cancel)
    {
        IFormCollection sent = await http.Request.ReadFormAsync(cancel);
        AppPasswordForm form = AppPasswordForm.Read(sent);
        if (await SecurityEndpoints.ObjectToPasswordAsync(http, sent) is { } problem)
        {
            return SecurityEndpoints.Refused(http, await PageAsync(http, form, problem, null));
        }

        WebSession session = http.Session();
        DateTimeOffset? expires = form.Days > 0 ? time.GetUtcNow().AddDays(form.Days) : null;
        return (await appPasswords.AddAsync(session.Actor, session.Account.Id, form.Name, form.Scopes, expires, cancel)).TryGet(out NewAppPassword? made, out Refusal? refusal)
            ? new RazorComponentResult<NewAppPasswordPage>(new { Viewer = Viewer.Of(http), Made = made })
            : SecurityEndpoints.Refused(http, await PageAsync(http, form, Objection(refusal, form), null));
    }

    private static async Task<IResult> RemoveAsync(HttpContext http, AppPasswords appPasswords, CancellationToken cancel)
    {
        if (Guid.TryParseExact((await http.Request.ReadFormAsync(cancel))["id"].ToString(), "N", out Guid id))
        {
            await appPasswords.RemoveAsync(http.Session().Actor, http.Session().Account.Id, password => password.Id == id, cancel);
        }

        return Results.LocalRedirect(Address + "?done=removed");
    }

    private static async Task<IResult> RequireAsync(HttpContext http, AppPasswords appPasswords, CancellationToken cancel)
    {
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        bool required = form["only"] == "on";
        if (!required && await SecurityEndpoints.ObjectToPasswordAsync(http, form, "only-current") is { } problem)
        {
            return SecurityEndpoints.Refused(http, await PageAsync(http, new AppPasswordForm(), problem, null));
        }

        await appPasswords.RequireAsync(http.Session().Actor, http.Session().Account.Id, required, cancel);
        return Results.LocalRedirect(Address + (required ? "?done=only" : "?done=all"));
    }

    private static FormProblem Objection(Refusal refusal, AppPasswordForm form) => refusal switch
    {
        Refusal.AlreadyExists => new("name", T["You have an app password of this name already."]),
        Refusal.Limit limit => new("name", T["An account has at most {0} app passwords. Remove one that you do not need.", limit.Value]),
        _ when form.Name.Trim().Length == 0 => new("name", T["Give it a name, such as the app or the device that will have it."]),
        _ when form.Scopes == AppScopes.None => new("scopes", T["Choose at least one of IMAP, POP3 and SMTP."]),
        _ => new("name", T["A name has at most {0} characters, all of them visible.", AppPasswords.MaxNameLength]),
    };

    private static async Task<RazorComponentResult<AppPasswordsPage>> PageAsync(HttpContext http, AppPasswordForm form, FormProblem? problem, string? done)
    {
        WebSession session = http.Session();
        var appPasswords = http.RequestServices.GetRequiredService<AppPasswords>();
        var account = session.Account.Id;
        return new RazorComponentResult<AppPasswordsPage>(new
        {
            Viewer = Viewer.Of(http),
            All = (await appPasswords.ListAsync(session.Actor, account, http.RequestAborted)).Value,
            IsOnly = (await appPasswords.AreRequiredAsync(session.Actor, account, http.RequestAborted)).Value,
            HasTwoStep = (await http.RequestServices.GetRequiredService<TwoStep>().StateAsync(session.Actor, account, http.RequestAborted)).Value.IsOn,
            Form = form,
            Problem = problem,
            Done = done switch
            {
                "removed" => T["The app password is removed, and the app that had it is signed out."],
                "only" => T["From now on mail apps get in by an app password only."],
                "all" => T["Mail apps get in by your password again."],
                _ => null,
            },
        });
    }
}

/// <summary>What was typed for a new app password.</summary>
/// <param name="Days">Until it is over; zero: never.</param>
public sealed record AppPasswordForm(string Name = "", AppScopes Scopes = AppScopes.Imap | AppScopes.Smtp, int Days = 0)
{
    /// <summary>Ten years are for ever for an app.</summary>
    private const int MaxDays = 3650;

    internal static AppPasswordForm Read(IFormCollection form) => new(
        form["name"].ToString(),
        form["scope"].Aggregate(AppScopes.None, static (all, scope) => all | scope switch
        {
            "imap" => AppScopes.Imap,
            "pop3" => AppScopes.Pop3,
            "smtp" => AppScopes.Smtp,
            _ => AppScopes.None,
        }),
        int.TryParse(form["days"], NumberStyles.None, CultureInfo.InvariantCulture, out int days) && days <= MaxDays ? days : 0);
}
