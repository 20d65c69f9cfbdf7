using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core.Accounts;

namespace Posthorn.Web.Sessions;

/// <summary>What stands before pages: the headers of every answer, the sign-in, and the check that a form came from a page of ours.</summary>
internal static class Guards
{
    /// <summary>Octets of a form without files.</summary>
    public const int MaxFormBytes = 64 * 1024;

    // Nothing but our own style sheet, forms and frames: no script, no other host.
    private const string Policy =
        "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private const string SessionItem = "posthorn.session";

    /// <summary>The session that <see cref="SignedIn"/> found.</summary>
    public static WebSession Session(this HttpContext http) =>
        http.Items[SessionItem] as WebSession ?? throw new InvalidOperationException("This page is not behind the sign-in.");

    /// <summary>A policy for the browser that allows as little as the pages need.</summary>
    public static ValueTask<object?> Headers(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        IHeaderDictionary headers = invocation.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return next(invocation);
    }

    /// <summary>Whoever is not signed in goes to the sign-in and comes back from there. Nothing behind it is kept by a cache.</summary>
    public static async ValueTask<object?> SignedIn(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        HttpContext http = invocation.HttpContext;
        (http.Response.Headers.CacheControl, http.Response.Headers.Pragma) = ("no-cache, no-store", "no-cache");
        if (await WebSession.OfAsync(http, http.RequestServices.GetRequiredService<Accounts>(), http.RequestAborted) is not { } session)
        {
            string back = HttpMethods.IsGet(http.Request.Method) ? http.Request.Path + http.Request.QueryString : "/mail";
            return Results.LocalRedirect($"/signin?to={Uri.EscapeDataString(back)}");
        }

        http.Items[SessionItem] = session;
        return await next(invocation);
    }

    /// <summary>A form that no page of ours made is refused, and one that is too large.</summary>
    public static async ValueTask<object?> OwnForm(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        HttpContext http = invocation.HttpContext;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = MaxFormBytes;
        }

        if (!http.Request.HasFormContentType)
        {
            return Results.Text("This address takes a form.", statusCode: StatusCodes.Status415UnsupportedMediaType);
        }

        return await http.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(http)
            ? await next(invocation)
            : Results.Text("This form is too old, or did not come from here. Go back, load the page again and try once more.", statusCode: StatusCodes.Status400BadRequest);
    }

    /// <summary>What a form of this answer must carry.</summary>
    public static string FormToken(HttpContext http) =>
        http.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(http).RequestToken ?? throw new InvalidOperationException("No token was made.");
}
