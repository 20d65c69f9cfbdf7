using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Security;

/// <summary>Two-step sign-in: setting it up, its recovery codes, turning it off.</summary>
/// <remarks>The secret that is being set up travels with the form, encrypted and bound to the account: nothing is kept until the app has shown a code of it.</remarks>
internal static class TwoStepEndpoints
{
    private const string Purpose = "Posthorn.Web.Security.TwoStepEndpoints";

    public static void Map(RouteGroupBuilder account)
    {
        account.MapGet("/security/two-step", async Task<IResult> (HttpContext http, string? done) => await PageAsync(http, null, done));
        account.MapGet("/security/two-step/set-up", IResult (HttpContext http) => SetUpPage(http, TotpCode.NewSecret(), null));
        account.MapPost("/security/two-step/on", TurnOnAsync).AddEndpointFilter(Guards.OwnForm);
        account.MapPost("/security/two-step/codes", RenewCodesAsync).AddEndpointFilter(Guards.OwnForm);
        account.MapPost("/security/two-step/off", TurnOffAsync).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> TurnOnAsync(HttpContext http, TwoStep twoStep, CancellationToken cancel)
    {
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        if (ReadSecret(http, form["secret"].ToString()) is not { } secret)
        {
            return Results.LocalRedirect("/account/security/two-step/set-up");
        }

        if (await SecurityEndpoints.ObjectToPasswordAsync(http, form) is { } problem)
        {
            return SecurityEndpoints.Refused(http, SetUpPage(http, secret, problem));
        }

        return (await twoStep.TurnOnAsync(http.Session().Actor, secret, form["code"].ToString(), cancel)).TryGet(out IReadOnlyList<string>? codes, out _)
            ? CodesPage(http, codes, isNew: true)
            : SecurityEndpoints.Refused(http, SetUpPage(http, secret, new FormProblem(
                "code", T["That is not the code that your app shows now. Look at the clock of the device, and type the next code."])));
    }

    private static async Task<IResult> RenewCodesAsync(HttpContext http, TwoStep twoStep, CancellationToken cancel)
    {
        if (await SecurityEndpoints.ObjectToPasswordAsync(http, await http.Request.ReadFormAsync(cancel), "codes-current") is { } problem)
        {
            return SecurityEndpoints.Refused(http, await PageAsync(http, problem, null));
        }

        return (await twoStep.RenewRecoveryCodesAsync(http.Session().Actor, cancel)).TryGet(out IReadOnlyList<string>? codes, out _)
            ? CodesPage(http, codes, isNew: false)
            : Results.LocalRedirect("/account/security/two-step");
    }

    private static async Task<IResult> TurnOffAsync(HttpContext http, TwoStep twoStep, CancellationToken cancel)
    {
        if (await SecurityEndpoints.ObjectToPasswordAsync(http, await http.Request.ReadFormAsync(cancel), "off-current") is { } problem)
        {
            return SecurityEndpoints.Refused(http, await PageAsync(http, problem, null));
        }

        await twoStep.TurnOffAsync(http.Session().Actor, http.Session().Account.Id, cancel);
        return Results.LocalRedirect("/account/security/two-step?done=off");
    }

    private static async Task<RazorComponentResult<TwoStepPage>> PageAsync(HttpContext http, FormProblem? problem, string? done)
    {
        WebSession session = http.Session();
        return new RazorComponentResult<TwoStepPage>(new
        {
            Viewer = Viewer.Of(http),
            State = (await http.RequestServices.GetRequiredService<TwoStep>().StateAsync(session.Actor, session.Account.Id, http.RequestAborted)).Value,
            Problem = problem,
            Done = done == "off" ? T["Two-step sign-in is off: your password alone is enough."] : null,
        });
    }

    private static RazorComponentResult<TwoStepSetUpPage> SetUpPage(HttpContext http, byte[] secret, FormProblem? problem) => new(new
    {
        Viewer = Viewer.Of(http),
        Secret = TotpCode.Text(secret),
        Address = TotpCode.Uri(secret, http.Request.Host.Host, http.Session().Account.Address),
        Sealed = Seal(http, secret),
        Problem = problem,
    });

    private static RazorComponentResult<RecoveryCodesPage> CodesPage(HttpContext http, IReadOnlyList<string> codes, bool isNew) =>
        new(new { Viewer = Viewer.Of(http), Codes = codes, IsNew = isNew });

    private static string Seal(HttpContext http, byte[] secret) => Protector(http).Protect(Convert.ToHexString(secret));

    /// <summary>Null: it is not what a page of this person held.</summary>
    private static byte[]? ReadSecret(HttpContext http, string text)
    {
        try
        {
            return Convert.FromHexString(Protector(http).Unprotect(text));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static IDataProtector Protector(HttpContext http) => http.RequestServices.GetRequiredService<IDataProtectionProvider>()
        .CreateProtector(Purpose, http.Session().Account.Id.Value.ToString(CultureInfo.InvariantCulture));
}
