using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Web.Mail;
using Posthorn.Web.Pages;
using Posthorn.Web.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web;

/// <summary>The pages, and what goes with every one of them.</summary>
public static class WebPages
{
    private const string AYear = "public, max-age=31536000, immutable";

    private static readonly byte[] Style = ReadStyle();

    /// <summary>Its name changes with its content, so that a browser may keep it for ever.</summary>
    internal static string StyleSheet { get; } = $"/site.{Convert.ToHexStringLower(SHA256.HashData(Style))[..12]}.css";

    public static IServiceCollection AddWebPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.AddAntiforgery(static options =>
        {
            options.Cookie.Name = "__Host-posthorn-form";
            options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.Path = "/";
            // The pages' own policy says who may frame them.
            options.SuppressXFrameOptionsHeader = true;
        });
        WebSession.AddTo(services);
        services.AddSingleton<MailReading>();
        return services;
    }

    /// <param name="routes">Where they are served.</param>
    /// <param name="settings">Asked for each request: ports are known only once the server has started.</param>
    public static void MapWebPages(this IEndpointRouteBuilder routes, Func<MailAppSettings> settings)
    {
        RouteGroupBuilder pages = routes.MapGroup("");
        pages.AddEndpointFilter(Guards.Headers);
        pages.MapGet("/", () => new RazorComponentResult<SettingsPage>(new { Settings = settings() }));
        pages.MapGet(StyleSheet, (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = AYear;
            return Results.Bytes(Style, "text/css; charset=utf-8");
        });
        SignInEndpoints.Map(pages, settings);
        RouteGroupBuilder mail = pages.MapGroup("/mail");
        mail.AddEndpointFilter(Guards.SignedIn);
        MailEndpoints.Map(mail);
        MailActions.Map(mail);
        RouteGroupBuilder account = pages.MapGroup("/account");
        account.AddEndpointFilter(Guards.SignedIn);
        SecurityEndpoints.Map(account);
    }

    private static byte[] ReadStyle()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("site.css")
            ?? throw new InvalidOperationException("The style sheet is missing in the build.");
        var octets = new byte[stream.Length];
        stream.ReadExactly(octets);
        return octets;
    }
}
