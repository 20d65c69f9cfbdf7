using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Posthorn.Web.Mail.Reading;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Settings;

/// <summary>How mail is listed and read; senders whose pictures are loaded.</summary>
internal static class ReadingEndpoints
{
    public const string Address = "/settings/reading";

    public const string TrustedAddress = Address + "/trusted";

    public static void Map(RouteGroupBuilder settings)
    {
        settings.MapGet("/reading", PageAsync);
        settings.MapPost("/reading", async Task<IResult> (HttpContext http, SavedSettings saved, Talks talks, CancellationToken cancel) =>
        {
            ReadingForm form = ReadingForm.Of(await http.Request.ReadFormAsync(cancel));
            await talks.ShowAsync(http.Session(), form.ByTalk, cancel);
            await saved.SaveAsync(http.Session(), form.Settings, cancel);
            return Results.LocalRedirect(Address + "?done=saved");
        }).AddEndpointFilter(Guards.OwnForm);
        settings.MapPost("/reading/trusted", async Task<IResult> (HttpContext http, SenderPictures senders, CancellationToken cancel) =>
        {
            await senders.DistrustAsync(http.Session(), (await http.Request.ReadFormAsync(cancel)).Line("address"), cancel);
            return Results.LocalRedirect(Address + "?done=removed");
        }).AddEndpointFilter(Guards.OwnForm);
    }

    private static async Task<IResult> PageAsync(HttpContext http, Talks talks, SenderPictures senders, string? done, CancellationToken cancel)
    {
        WebSession session = http.Session();
        return new RazorComponentResult<ReadingPage>(new
        {
            Viewer = Viewer.Of(http),
            Form = new ReadingForm(session.Settings.Reading, await talks.AreShownAsync(session, cancel)),
            Trusted = await senders.TrustedAsync(session, cancel),
            Done = done == "removed" ? T["Pictures of this sender are loaded no more without asking."] : SettingsEndpoints.Done(http),
        });
    }
}

/// <summary>What the form has: choices of lists only, so that whatever else is sent counts as what the program has.</summary>
/// <param name="ByTalk">The list shows conversations.</param>
public sealed record ReadingForm(ReadingSettings Settings, bool ByTalk)
{
    internal static ReadingForm Of(IFormCollection form) => new(
        new ReadingSettings
        {
            Pictures = form.Choice<RemotePictures>("pictures"),
            AsText = form.IsTicked("text"),
            MarkRead = form.Choice<ReadAfter>("read"),
            ShowsPreview = form.IsTicked("preview"),
            Density = form.Choice<Density>("density"),
        },
        form.IsTicked("conversations"));
}
