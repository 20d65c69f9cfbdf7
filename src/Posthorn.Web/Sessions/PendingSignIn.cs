using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Accounts;

namespace Posthorn.Web.Sessions;

/// <summary>A sign-in whose password was right, waiting for its second step: an encrypted cookie of some minutes, which opens no page but the one that asks for the code.</summary>
/// <param name="Version">Of the credentials: a new password meanwhile makes it worthless.</param>
/// <param name="To">Where the person wanted to go.</param>
internal sealed record PendingSignIn(AccountId Account, long Version, string To)
{
    private const string CookieName = "__Host-posthorn-step";
    private const string Purpose = "Posthorn.Web.Sessions.PendingSignIn";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public static void Begin(HttpContext http, Account account, string to)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{account.Id}\n{account.CredentialVersion}\n{Now(http).Add(Lifetime).ToUnixTimeSeconds()}\n{to}");
        http.Response.Cookies.Append(CookieName, Protector(http).Protect(text), Options(Lifetime));
    }

    /// <summary>Null: there is none, or it is too old.</summary>
    public static PendingSignIn? Of(HttpContext http)
    {
        try
        {
            return http.Request.Cookies[CookieName] is { } cookie && Protector(http).Unprotect(cookie).Split('\n', 4) is [var account, var version, var until, var to]
                && long.Parse(until, CultureInfo.InvariantCulture) > Now(http).ToUnixTimeSeconds()
                ? new PendingSignIn(new AccountId(long.Parse(account, CultureInfo.InvariantCulture)), long.Parse(version, CultureInfo.InvariantCulture), to)
                : null;
        }
        catch (CryptographicException)
        {
            // Not ours.
            return null;
        }
    }

    public static void End(HttpContext http) => http.Response.Cookies.Delete(CookieName, Options(TimeSpan.Zero));

    private static CookieOptions Options(TimeSpan age) =>
        new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = "/", MaxAge = age == TimeSpan.Zero ? null : age, IsEssential = true };

    private static IDataProtector Protector(HttpContext http) => http.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector(Purpose);

    private static DateTimeOffset Now(HttpContext http) => http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
}
