using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Access;
using Posthorn.Core.Accounts;
using Posthorn.Core.Security;
using Posthorn.Web.Settings;

namespace Posthorn.Web.Sessions;

/// <summary>
/// Who looks at a page. A signed cookie names a session that the server keeps (<see cref="WebSessions"/>) and the version of the credentials: a new password, disabling,
/// removal and a sign-out from another browser end it at the next request.
/// </summary>
/// <param name="Account">As it is at this request.</param>
/// <param name="Actor">For every operation of Core.</param>
/// <param name="Id">Of the session.</param>
internal sealed record WebSession(Account Account, Actor Actor, Guid Id)
{
    public const string Protocol = "web";

    /// <summary>What the account's owner chose.</summary>
    public PersonalSettings Settings { get; init; } = new();

    private const string VersionClaim = "version";
    private const string SessionClaim = "session";

    /// <summary>For operations of administration; Core refuses whoever is none.</summary>
    public Actor Administrator => Actor with { IsAdministrator = Account.IsAdministrator };

    /// <summary>__Host-: only ever sent to this host, over TLS: browsers hold a cookie of this prefix to it.</summary>
    private const string CookieName = "__Host-posthorn";

    public static void AddTo(IServiceCollection services) => services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options =>
    {
        options.Cookie.Name = CookieName;
        options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.HttpOnly = true;
        options.Cookie.Path = "/";
        options.ExpireTimeSpan = WebSessions.Lifetime;
        options.SlidingExpiration = true;
    });

    /// <summary>Begins anew: nothing of an earlier cookie goes on, and the session's id was known to nobody.</summary>
    public static async Task BeginAsync(HttpContext http, SignIn.Accepted signIn)
    {
        (Account account, string? agent, string? remote) = (signIn.Account, http.Request.Headers.UserAgent.ToString(), http.Connection.RemoteIpAddress?.ToString());
        DateTimeOffset now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        http.RequestServices.GetRequiredService<SignInHistory>().Post(account.Id, new SignInRecord(Protocol, UserAgent.Name(agent), remote, signIn.By, now, now));
        Guid id = await http.RequestServices.GetRequiredService<WebSessions>().BeginAsync(account.Id, http.Connection.RemoteIpAddress, agent, http.RequestAborted);
        await http.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity(
            [
                new Claim(ClaimTypes.NameIdentifier, account.Id.Value.ToString(CultureInfo.InvariantCulture)),
                new Claim(VersionClaim, account.CredentialVersion.ToString(CultureInfo.InvariantCulture)),
                new Claim(SessionClaim, id.ToString("N")),
            ],
            CookieAuthenticationDefaults.AuthenticationScheme)));
    }

    public static async Task EndAsync(HttpContext http)
    {
        if (await OfAsync(http, http.RequestAborted) is { } session)
        {
            await http.RequestServices.GetRequiredService<WebSessions>().EndAsync(session.Actor, session.Account.Id, session.Id, http.RequestAborted);
        }

        await http.SignOutAsync();
    }

    /// <summary>Null: nobody is signed in, or what the cookie says counts no more.</summary>
    public static async ValueTask<WebSession?> OfAsync(HttpContext http, CancellationToken cancel)
    {
        AuthenticateResult result = await http.AuthenticateAsync();
        if (!long.TryParse(result.Principal?.FindFirstValue(ClaimTypes.NameIdentifier), CultureInfo.InvariantCulture, out long id)
            || !long.TryParse(result.Principal.FindFirstValue(VersionClaim), CultureInfo.InvariantCulture, out long version)
            || !Guid.TryParseExact(result.Principal.FindFirstValue(SessionClaim), "N", out Guid session))
        {
            return null;
        }

        var actor = new Actor(new AccountId(id), Protocol, http.Connection.Id, http.Connection.RemoteIpAddress);
        return await http.RequestServices.GetRequiredService<WebSessions>().ResumeAsync(actor.Principal, session, version, actor.Remote, cancel) is { } account
            ? new WebSession(account, actor, session) { Settings = await http.RequestServices.GetRequiredService<SavedSettings>().LoadAsync(actor, account.Id, cancel) }
            : null;
    }
}
