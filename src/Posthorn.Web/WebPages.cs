using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Web.Pages;

namespace Posthorn.Web;

/// <summary>The pages, and what goes with every one of them.</summary>
public static class WebPages
{
    // Nothing but our own style sheet: no script, no frame, no form, no other host.
    private const string Policy =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string AYear = "public, max-age=31536000, immutable";

    private static readonly byte[] Style = ReadStyle();

    /// <summary>Its name changes with its content, so that a browser may keep it for ever.</summary>
    internal static string StyleSheet { get; } = $"/site.{Convert.ToHexStringLower(SHA256.HashData(Style))[..12]}.css";

    public static IServiceCollection AddWebPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        return services;
    }

    /// <param name="routes">Where they are served.</param>
    /// <param name="settings">Asked for each request: ports are known only once the server has started.</param>
    public static void MapWebPages(this IEndpointRouteBuilder routes, Func<MailAppSettings> settings)
    {
        routes.MapGet("/", () => new RazorComponentResult<SettingsPage>(new { Settings = settings() })).AddEndpointFilter(Guarded);
        routes.MapGet(StyleSheet, (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = AYear;
            return Results.Bytes(Style, "text/css; charset=utf-8");
        }).AddEndpointFilter(Guarded);
    }

    private static ValueTask<object?> Guarded(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        IHeaderDictionary headers = invocation.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return next(invocation);
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
