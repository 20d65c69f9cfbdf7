using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Web.Mail;
using Posthorn.Web.Texts;

namespace Posthorn.Web.Sessions;

/// <summary>What stands before pages: the headers of every answer, the sign-in, and the check that a form came from a page of ours.</summary>
internal static class Guards
{
    /// <summary>Octets of a form without files.</summary>
    public const int MaxFormBytes = 64 * 1024;

    /// <summary>Octets of a form with ticks: <see cref="MailActions.MaxTicked"/> of the longest, and as many again, which are told that they are too many.</summary>
    public const int MaxTicksBytes = 512 * 1024;

    /// <summary>Fields of a form without ticks.</summary>
    private const int MaxFields = 1_024;

    /// <summary>Characters of one field of a form: a text with its pictures in it.</summary>
    public const int MaxFieldLength = 24 * 1024 * 1024;

    /// <summary>Octets that a form with files has besides them.</summary>
    private const int FormWithFilesExtra = 1024 * 1024;

    // Nothing but files of this host: no inline script or style, no other host. HTML of messages has a policy of its own.
    private const string Policy =
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private const string SessionItem = "posthorn.session", VisitorItem = "posthorn.visitor";

    /// <summary>The session that <see cref="SignedIn"/> found.</summary>
    public static WebSession Session(this HttpContext http) =>
        http.Items[SessionItem] as WebSession ?? throw new InvalidOperationException("This page is not behind the sign-in.");

    /// <summary>The session of whoever asks, on pages that everybody may see; null: nobody is signed in.</summary>
    public static WebSession? VisitorsSession(this HttpContext http) => http.Items[VisitorItem] as WebSession;

    /// <summary>A policy for the browser that allows as little as the pages need.</summary>
    public static ValueTask<object?> Headers(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        IHeaderDictionary headers = invocation.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return next(invocation);
    }

    /// <summary>The page speaks the browser's language, or the one that who is signed in chose.</summary>
    public static async ValueTask<object?> Visitor(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        HttpContext http = invocation.HttpContext;
        Language.UseBrowsers(http.Request);
        WebSession? session = await WebSession.OfAsync(http, http.RequestAborted);
        http.Items[VisitorItem] = session;
        session?.Settings.General.Apply();
        object? answer = await next(invocation);
        // Written here: behind this method the language is the browser's again.
        if (answer is not IResult page)
        {
            return answer;
        }

        await page.ExecuteAsync(http);
        return Results.Empty;
    }

    /// <summary>Behind <see cref="Visitor"/>: whoever is not signed in goes to the sign-in and comes back from there. Nothing behind it is kept by a cache.</summary>
    public static ValueTask<object?> SignedIn(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        HttpContext http = invocation.HttpContext;
        (http.Response.Headers.CacheControl, http.Response.Headers.Pragma) = ("no-cache, no-store", "no-cache");
        if (http.VisitorsSession() is not { } session)
        {
            string back = HttpMethods.IsGet(http.Request.Method) ? http.Request.Path + http.Request.QueryString : "/mail";
            return ValueTask.FromResult<object?>(Results.LocalRedirect($"/signin?to={Uri.EscapeDataString(back)}"));
        }

        http.Items[SessionItem] = session;
        return next(invocation);
    }

    /// <summary>Behind <see cref="SignedIn"/>: to everybody else these pages do not exist.</summary>
    public static ValueTask<object?> Administrator(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next) =>
        invocation.HttpContext.Session().Account.IsAdministrator ? next(invocation) : ValueTask.FromResult<object?>(Results.NotFound());

    /// <summary>A form that no page of ours made is refused, and one that is too large.</summary>
    public static ValueTask<object?> OwnForm(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next) => OwnForm(invocation, next, MaxFormBytes, MaxFields);

    /// <summary>The same with a field for each message that is ticked.</summary>
    public static ValueTask<object?> OwnFormWithTicks(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next) =>
        OwnForm(invocation, next, MaxTicksBytes, MaxFields + 2 * MailActions.MaxTicked);

    /// <summary>The same with files up to the largest message.</summary>
    public static ValueTask<object?> OwnFormWithFiles(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next) =>
        OwnForm(invocation, next, invocation.HttpContext.RequestServices.GetRequiredService<StoreOptions>().MaxMessageBytes + FormWithFilesExtra, MaxFields);

    private static async ValueTask<object?> OwnForm(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next, long most, int fields)
    {
        HttpContext http = invocation.HttpContext;
        bool isTooMuch = http.Request.ContentLength > most;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // What is too much is read away for the seconds that Kestrel gives it: a browser hears an answer only when it has sent its question.
            size.MaxRequestBodySize = isTooMuch ? null : most;
        }

        if (!http.Request.HasFormContentType)
        {
            return Results.Text("This address takes a form.", statusCode: StatusCodes.Status415UnsupportedMediaType);
        }

        if (isTooMuch)
        {
            return Results.Text($"That is too much for one form: {most / 1024} KB are taken.", statusCode: StatusCodes.Status413PayloadTooLarge);
        }

        http.Features.Set<IFormFeature>(new FormFeature(http.Request, new FormOptions { MultipartBodyLengthLimit = most, ValueLengthLimit = MaxFieldLength, ValueCountLimit = fields }));
        if (await UnreadableAsync(http) is { } status)
        {
            return Results.Text("This form did not come whole. Go back, load the page again and try once more.", statusCode: status);
        }

        return await http.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(http)
            ? await next(invocation)
            : Results.Text("This form is too old, or did not come from here. Go back, load the page again and try once more.", statusCode: StatusCodes.Status400BadRequest);
    }

    /// <summary>Reads the form. One that is broken, or whose browser went away meanwhile (an upload that is cancelled), is no fault of this program.</summary>
    /// <returns>The status of the refusal; null: it is there.</returns>
    private static async Task<int?> UnreadableAsync(HttpContext http)
    {
        try
        {
            await http.Request.ReadFormAsync(http.RequestAborted);
            return null;
        }
        catch (BadHttpRequestException refused)
        {
            return refused.StatusCode;
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException || (failure is OperationCanceledException && http.RequestAborted.IsCancellationRequested))
        {
            return StatusCodes.Status400BadRequest;
        }
    }

    /// <summary>What a form of this answer must carry.</summary>
    public static string FormToken(HttpContext http) =>
        http.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(http).RequestToken ?? throw new InvalidOperationException("No token was made.");
}
