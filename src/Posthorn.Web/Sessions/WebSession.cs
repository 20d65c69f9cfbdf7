using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;

namespace Posthorn.Web.Sessions;

/// <summary>Who looks at a page. Held in a signed cookie with the version of the credentials: a new password, disabling and removal end it at the next request.</summary>
/// <param name="Account">As it is at this request.</param>
/// <param name="Actor">For every operation of Core.</param>
internal sealed record WebSession(Account Account, Actor Actor)
{
    private const string Protocol = "web";
    private const string VersionClaim = "version";
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>__Host-: only ever sent to this host, over TLS: browsers hold a cookie of this prefix to it.</summary>
    private const string CookieName = "__Host-posthorn";

    public static void AddTo(IServiceCollection services) => services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options =>
    {
        options.Cookie.Name = CookieName;
        options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.HttpOnly = true;
        options.Cookie.Path = "/";
        options.ExpireTimeSpan = Lifetime;
        options.SlidingExpiration = true;
    });

    /// <summary>Begins anew: nothing of an earlier cookie goes on.</summary>
    public static Task BeginAsync(HttpContext http, Account account) => http.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity(
        [
            new Claim(ClaimTypes.NameIdentifier, account.Id.Value.ToString(CultureInfo.InvariantCulture)),
            new Claim(VersionClaim, account.CredentialVersion.ToString(CultureInfo.InvariantCulture)),
        ],
        CookieAuthenticationDefaults.AuthenticationScheme)));

    public static Task EndAsync(HttpContext http) => http.SignOutAsync();

    /// <summary>Null: nobody is signed in, or what the cookie says counts no more.</summary>
    public static async ValueTask<WebSession?> OfAsync(HttpContext http, Accounts accounts, CancellationToken cancel)
    {
        AuthenticateResult result = await http.AuthenticateAsync();
        if (!long.TryParse(result.Principal?.FindFirstValue(ClaimTypes.NameIdentifier), CultureInfo.InvariantCulture, out long id)
            || !long.TryParse(result.Principal.FindFirstValue(VersionClaim), CultureInfo.InvariantCulture, out long version))
        {
            return null;
        }

        var actor = new Actor(new AccountId(id), Protocol, http.Connection.Id, http.Connection.RemoteIpAddress);
        return (await accounts.OwnAsync(actor, cancel)).TryGet(out Account? account, out _) && account is { IsDisabled: false } && account.CredentialVersion == version
            ? new WebSession(account, actor)
            : null;
    }
}
