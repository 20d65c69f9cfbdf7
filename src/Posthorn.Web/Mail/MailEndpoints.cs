using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Web.Mail.List;
using Posthorn.Web.Mail.Notices;
using Posthorn.Web.Mail.Reading;
using Posthorn.Web.Mail.Searching;
using Posthorn.Web.Sessions;

namespace Posthorn.Web.Mail;

/// <summary>The addresses of Mail: a folder, a message in it, and the parts of the page that its script asks for.</summary>
internal static class MailEndpoints
{
    public static void Map(RouteGroupBuilder mail)
    {
        mail.MapGet("/", async (HttpContext http, MailReading reading, CancellationToken cancel) =>
            Results.LocalRedirect($"/mail/{(await reading.FoldersAsync(http.Session(), cancel))[0].Id}{http.Request.QueryString}"));
        mail.MapGet("/events", (string? shown, HttpContext http, MailEvents events) => events.StreamAsync(http, shown));
        mail.MapGet("/{box:long}", (long box, int? page, HttpContext http, MailReading reading, Talks talks, CancellationToken cancel) =>
            FolderAsync(http, reading, talks, new MailboxId(box), page ?? 0, isWhole: true, cancel));
        mail.MapGet("/{box:long}/list", (long box, int? page, HttpContext http, MailReading reading, Talks talks, CancellationToken cancel) =>
            FolderAsync(http, reading, talks, new MailboxId(box), page ?? 0, isWhole: false, cancel));
        mail.MapGet("/{box:long}/rows", (long box, int? first, int? count, HttpContext http, MailReading reading, Talks talks, CancellationToken cancel) =>
            RowsAsync(http, reading, talks, new MailboxId(box), first ?? 0, count ?? MailReading.PageSize, cancel));
        mail.MapGet("/{box:long}/places", (long box, int? first, int? count, HttpContext http, MailReading reading, Talks talks, CancellationToken cancel) =>
            PlacesAsync(http, reading, talks, new MailboxId(box), first ?? 0, count ?? 0, cancel));
        mail.MapGet("/{box:long}/{uid:long}", (long box, uint uid, int? page, HttpContext http, MailReading reading, Talks talks, MessageOpening opening, CancellationToken cancel) =>
            MessageAsync(http, reading, talks, opening, new MessagePlace(new MailboxId(box), uid), page ?? 0, cancel));
        mail.MapGet("/{box:long}/{uid:long}/pane", (long box, uint uid, HttpContext http, MailReading reading, Talks talks, MessageOpening opening, CancellationToken cancel) =>
            PaneAsync(http, reading, talks, opening, new MessagePlace(new MailboxId(box), uid), cancel));
        RouteGroupBuilder forms = mail.MapGroup("");
        forms.AddEndpointFilter(Guards.OwnForm);
        forms.MapPost("/conversations", async (HttpContext http, Talks talks, CancellationToken cancel) =>
        {
            IFormCollection form = await http.Request.ReadFormAsync(cancel);
            await talks.ShowAsync(http.Session(), form["show"] == "true", cancel);
            return Results.LocalRedirect(MailActions.BackTo(form["next"]) ?? "/mail");
        });
    }

    /// <summary>A folder's page, or its list alone, for a page that has the rest.</summary>
    private static async Task<IResult> FolderAsync(HttpContext http, MailReading reading, Talks talks, MailboxId box, int page, bool isWhole, CancellationToken cancel)
    {
        WebSession session = http.Session();
        bool byTalk = await talks.AreShownAsync(session, cancel);
        IReadOnlyList<Mailbox> folders = await reading.FoldersAsync(session, cancel);
        if (!(await reading.ListAsync(session, box, FirstOf(page), MailReading.PageSize, byTalk, cancel)).TryGet(out MessageList? list, out _))
        {
            return Gone();
        }

        var shown = new
        {
            Viewer = Viewer.Of(http),
            Folders = folders,
            List = list,
            ByTalk = byTalk,
            Notice = MailNotice.Of(http, folders),
            Automatic = await AutomaticNotice.OfAsync(http),
        };
        return isWhole ? new RazorComponentResult<MailPage>(shown) : new RazorComponentResult<MessageListPane>(shown);
    }

    private static async Task<IResult> MessageAsync(
        HttpContext http, MailReading reading, Talks talks, MessageOpening opening, MessagePlace place, int page, CancellationToken cancel)
    {
        WebSession session = http.Session();
        bool byTalk = await talks.AreShownAsync(session, cancel);
        if (http.Request.Query["q"].ToString() is { Length: > 0 } query)
        {
            return await http.RequestServices.GetRequiredService<SearchPages>().MessageAsync(http, query, place, byTalk, cancel);
        }

        if (await opening.OpenAsync(http, place, await reading.FoldersAsync(session, cancel), byTalk, cancel) is not { } message)
        {
            return Gone();
        }

        // Again: opening it changed what is unread.
        IReadOnlyList<Mailbox> folders = await reading.FoldersAsync(session, cancel);
        if (!(await reading.ListAsync(session, place.Mailbox, FirstOf(page), MailReading.PageSize, byTalk, cancel)).TryGet(out MessageList? list, out _))
        {
            return Gone();
        }

        return new RazorComponentResult<MailPage>(new
        {
            Viewer = Viewer.Of(http),
            Folders = folders,
            List = list,
            ByTalk = byTalk,
            Place = place,
            Message = message,
            Notice = MailNotice.Of(http, folders),
            Automatic = await AutomaticNotice.OfAsync(http),
        });
    }

    private static async Task<IResult> PaneAsync(HttpContext http, MailReading reading, Talks talks, MessageOpening opening, MessagePlace place, CancellationToken cancel)
    {
        IReadOnlyList<Mailbox> folders = await reading.FoldersAsync(http.Session(), cancel);
        return folders.FirstOrDefault(folder => folder.Id == place.Mailbox) is { } box && await opening.OpenAsync(http, place, folders, await talks.AreShownAsync(http.Session(), cancel), cancel) is { } message
            ? new RazorComponentResult<MessagePane>(new { Viewer = Viewer.Of(http), Folders = folders, Mailbox = box, Opened = message })
            : Gone();
    }

    private static async Task<IResult> RowsAsync(HttpContext http, MailReading reading, Talks talks, MailboxId box, int first, int count, CancellationToken cancel) =>
        (await reading.ListAsync(http.Session(), box, first, count, await talks.AreShownAsync(http.Session(), cancel), cancel)).TryGet(out MessageList? list, out _)
            ? new RazorComponentResult<MessageRows>(new { Viewer = Viewer.Of(http), list.Rows, list.First, Total = list.Count })
            : Gone();

    private static async Task<IResult> PlacesAsync(HttpContext http, MailReading reading, Talks talks, MailboxId box, int first, int count, CancellationToken cancel) =>
        (await reading.UidsAsync(http.Session(), box, first, count, await talks.AreShownAsync(http.Session(), cancel), cancel)).TryGet(out IReadOnlyList<uint>? uids, out _)
            ? Results.Json(uids.Select(uid => new MessagePlace(box, uid).ToString()))
            : Gone();

    private static int FirstOf(int page) => Math.Clamp(page, 0, int.MaxValue / MailReading.PageSize) * MailReading.PageSize;

    internal static IResult Gone() => Results.Text(T["There is no such message or folder any more. Go back to /mail."], statusCode: StatusCodes.Status404NotFound);
}
