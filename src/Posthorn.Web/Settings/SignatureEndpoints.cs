using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Core;
using Posthorn.Web.Mail;
using Posthorn.Web.Mail.Writing;
using Posthorn.Web.Security;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Settings;

/// <summary>Signatures: what stands under one's mail, for each address.</summary>
internal static class SignatureEndpoints
{
    public const string Address = "/settings/signatures";

    public const string ViewAddress = Address + "/view";

    public static void Map(RouteGroupBuilder settings)
    {
        settings.MapGet("/signatures", async Task<IResult> (HttpContext http, Composing composing, Signatures signatures, CancellationToken cancel) => await PageAsync(http, composing, signatures, null, null, cancel));
        settings.MapGet("/signatures/view", ViewAsync);
        settings.MapPost("/signatures", SaveAsync).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> SaveAsync(HttpContext http, Composing composing, Signatures signatures, CancellationToken cancel)
    {
        WebSession session = http.Session();
        IFormCollection form = await http.Request.ReadFormAsync(cancel);
        string address = form.Line("address");
        if (!(await composing.SendersAsync(session, cancel)).Contains(address))
        {
            return Results.BadRequest();
        }

        string html = Looks.AreIn(form) ? RichText.Of(form["html"].ToString()).Html : "";
        string text = html.Length > 0 ? MessageText.OfHtml(html) : form["text"].ToString();
        var signature = new Signature(text) { Html = text.Length > 0 ? html : "", InNew = form.IsTicked("new"), InAnswers = form.IsTicked("answers") };
        return (await signatures.SetAsync(session, address, signature, cancel)).Refusal is { } refusal
            ? SecurityEndpoints.Refused(http, await PageAsync(http, composing, signatures, address, new SignatureForm(signature, Objection(refusal)), cancel))
            : Results.LocalRedirect(Address + "?done=saved");
    }

    private static string Objection(Refusal refusal) => refusal is Refusal.Limit limit ? T["A signature has at most {0} characters.", limit.Value] : refusal.Text;

    /// <summary>A signature as a message shows it, in a frame of its own: it may have been made by pasting.</summary>
    private static async Task<IResult> ViewAsync(string? address, HttpContext http, Signatures signatures, CancellationToken cancel)
    {
        if (!(await signatures.AllAsync(http.Session(), cancel)).TryGetValue(address ?? "", out Signature? signature))
        {
            return Results.NotFound();
        }

        http.Response.Headers.ContentSecurityPolicy = HtmlDocument.Policy(withPictures: false);
        return Results.Text(HtmlDocument.Around(T["Signatures"], signature.AsHtml()), "text/html; charset=utf-8");
    }

    private static async Task<RazorComponentResult<SignaturesPage>> PageAsync(
        HttpContext http, Composing composing, Signatures signatures, string? refusedFor, SignatureForm? refused, CancellationToken cancel)
    {
        WebSession session = http.Session();
        IReadOnlyList<string> senders = await composing.SendersAsync(session, cancel);
        IReadOnlyDictionary<string, Signature> all = await signatures.AllAsync(session, cancel);
        return new RazorComponentResult<SignaturesPage>(new
        {
            Viewer = Viewer.Of(http),
            Senders = senders,
            Forms = senders.ToDictionary(
                static address => address,
                address => refused is not null && address == refusedFor ? refused
                    : all.TryGetValue(address, out Signature? kept) ? new SignatureForm(kept, null) { IsKept = true }
                    : new SignatureForm(new Signature(""), null)),
            Done = refused is null ? SettingsEndpoints.Done(http) : null,
        });
    }
}

/// <summary>What the form of one address has.</summary>
public sealed record SignatureForm(Signature Signature, string? Problem)
{
    /// <summary>It is what stands under mail now.</summary>
    public bool IsKept { get; init; }

    /// <summary>It was written as plain text, and the editor does not change that.</summary>
    public bool IsPlain => Signature.Html.Length == 0 && !Signature.IsEmpty;
}
